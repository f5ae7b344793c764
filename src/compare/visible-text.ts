// Names out of models, made safe to show: in a terminal some characters are commands, on a page some turn text around.

/** Control characters, those that show nothing or turn the direction of text around, and halves of pairs. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** Longest text that is shown. */
const maxText = 400;

/** The text with what cannot be seen written as its code (\u202e), and cut where it has no end. */
export function visibleText(text: string): string {
  const short = text.length > maxText ? `${text.slice(0, maxText)}...` : text;
  return short.replace(unseen, (c) => `\\u${c.codePointAt(0)?.toString(16).padStart(4, '0')}`);
}

// Text from the user's model inside C comments and string literals. It is hostile: it must not end the comment, splice
// lines, form trigraphs, or reorder what a reader sees.

/** Most characters of a user's text that a comment repeats. */
const maxLength = 200;

/** A user's text for a comment: harmless, and not too long. */
export function commentText(text: string): string {
  return harmless(text.length > maxLength ? `${text.slice(0, maxLength)}...` : text);
}

/** One line of printable ASCII that cannot end a comment, begin one, splice lines or form a trigraph. */
function harmless(text: string): string {
  return (
    text
      .replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
      // Each sign is parted from the next, so that pairs cannot overlap: in */* both are.
      .replace(/[*](?=[/])|[/](?=[*])|[?](?=[?])/g, '$& ')
      .replace(/[*\\]$/, '$& ')
  );
}

/** A comment of one or more lines, wrapped at words. */
export function comment(paragraphs: readonly string[], indent = ''): string {
  const width = 112 - indent.length;
  const lines = paragraphs.flatMap((p) => wrapWords(harmless(p), width));
  if (lines.length <= 1) return `${indent}/* ${lines[0] ?? ''} */`;
  return [`${indent}/*`, ...lines.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`].join('\n');
}

function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  // A line that ends in a backslash would swallow the next one.
  return [...lines, line].map((l) => (l.endsWith('\\') ? `${l} .` : l));
}

/** A C string literal of the text's UTF-8 bytes. Everything unusual is a three-digit octal escape, which cannot run on. */
export function stringLiteral(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const plain = (b: number) => b >= 0x20 && b < 0x7f && b !== 0x22 && b !== 0x5c && b !== 0x3f;
  const octal = (b: number) => `\\${b.toString(8).padStart(3, '0')}`;
  return `"${Array.from(bytes, (b) => (plain(b) ? String.fromCharCode(b) : octal(b))).join('')}"`;
}

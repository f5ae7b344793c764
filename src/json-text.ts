// JSON for people and programs: indented, with arrays of numbers on one line.

/** The text of a value, ending in a newline. */
export function jsonText(value: unknown): string {
  // Strings in JSON hold no line breaks, so a bracket before one is an array's.
  const lists = /\[\n\s+([^[\]{}"]*?)\n\s*\]/g;
  const text = JSON.stringify(value, undefined, 2);
  return `${text.replace(lists, (_, items: string) => `[${items.replace(/,\s+/g, ', ')}]`)}\n`;
}

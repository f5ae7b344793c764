// What the command prints, and in which colours: none where the stream is no terminal or NO_COLOR is set.
import { styleText } from 'node:util';
import { jsonText } from '../json-text.ts';

export type Style = 'bold' | 'red' | 'yellow' | 'cyan';

/** Results: to stdout. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A result as JSON: to stdout. */
export function printJson(value: unknown): void {
  process.stdout.write(jsonText(value));
}

/** What is said beside the results: to stderr. */
export function printAside(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Text in a style where the stream shows it. */
export function styled(style: Style, text: string, stream: NodeJS.WriteStream): string {
  return styleText(style, text, { stream });
}

/** A whole number with its thousands apart: `1,234,567`. */
export function grouped(x: number): string {
  return String(x).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Rows as lines of aligned columns, two spaces between them; columns named in `right` are aligned to the right. */
export function columns(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, c) => {
      widths[c] = Math.max(widths[c] ?? 0, cell.length);
    });
  }
  const align = (cell: string, c: number) =>
    right.includes(c) ? cell.padStart(widths[c] ?? 0) : cell.padEnd(widths[c] ?? 0);
  return rows.map((row) => row.map(align).join('  ').trimEnd());
}

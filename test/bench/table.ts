// Prints rows as a table whose columns line up: text to the left, numbers to the right.

export function printTable(
  title: string,
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): void {
  const cell = (x: string | number) => (typeof x === 'number' ? x.toLocaleString('en-US') : x);
  const text = [head, ...rows].map((row) => row.map(cell));
  const widths = head.map((_, c) => Math.max(...text.map((row) => row[c]?.length ?? 0)));
  const isNumber = head.map((_, c) => rows.every((row) => typeof row[c] !== 'string' || row[c] === ''));
  const line = (row: readonly string[]) =>
    row
      .map((x, c) => (isNumber[c] ? x.padStart(widths[c]!) : x.padEnd(widths[c]!)))
      .join('  ')
      .trimEnd();
  console.log(`\n${title}\n\n${text.map(line).join('\n')}\n`);
}

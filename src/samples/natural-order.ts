// The order of sample files: natural (img2 before img10), and the same on every machine, which Intl.Collator is not.

/** Runs of digits, and of what is between them. */
const runs = /\d+|\D+/g;

const isNumber = (run: string) => /^\d/.test(run);

/** Numbers of any length: without leading zeros, the longer one is larger. */
function compareNumbers(a: string, b: string): number {
  const [x, y] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return x.length - y.length || compareText(x, y);
}

/** By UTF-16 code units, as JavaScript compares. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareNames(a: string, b: string): number {
  const [x, y] = [a.match(runs) ?? [], b.match(runs) ?? []];
  for (const [i, run] of x.entries()) {
    const other = y[i];
    if (other === undefined) return 1;
    const order = isNumber(run) && isNumber(other) ? compareNumbers(run, other) : compareText(run, other);
    if (order !== 0) return order;
  }
  return x.length - y.length;
}

/** Compares paths folder by folder, numbers in names by their value; equal only for equal paths. */
export function compareNaturally(a: string, b: string): number {
  const [x, y] = [a.split('/'), b.split('/')];
  for (const [i, name] of x.entries()) {
    const other = y[i];
    if (other === undefined) return 1;
    const order = compareNames(name, other);
    if (order !== 0) return order;
  }
  return x.length - y.length || compareText(a, b);
}

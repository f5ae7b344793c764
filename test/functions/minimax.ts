// Least maximal error by Remez exchange: how the coefficients in ir/functions were found.

export interface Approximation {
  /** From the constant term up. */
  readonly coefficients: readonly number[];
  /** The greatest weighted error on the interval. */
  readonly error: number;
}

/** sum of coefficients[k] * x^k */
export function evaluate(coefficients: readonly number[], x: number): number {
  return coefficients.reduceRight((sum, c) => sum * x + c, 0);
}

/** The polynomial of this degree that has the least greatest weight(x) * |f(x) - p(x)| on [low, high]. */
export function minimax(
  f: (x: number) => number,
  weight: (x: number) => number,
  degree: number,
  [low, high]: readonly [number, number],
): Approximation {
  let points = chebyshev(degree + 1, low, high);
  for (let round = 0; round < 40; round++) {
    const rows = points.map((x, i) => [
      ...Array.from({ length: degree + 1 }, (_, k) => x ** k),
      (i % 2 === 0 ? 1 : -1) / weight(x),
      f(x),
    ]);
    const coefficients = solve(rows).slice(0, degree + 1);
    const error = (x: number) => weight(x) * (f(x) - evaluate(coefficients, x));
    const extrema = alternation(error, degree + 2, low, high);
    const sizes = extrema.map((x) => Math.abs(error(x)));
    const greatest = Math.max(...sizes);
    if (greatest <= 1.001 * Math.min(...sizes)) return { coefficients, error: greatest };
    points = extrema;
  }
  throw new Error('the exchange does not converge');
}

/** n + 1 points, dense towards the ends. */
function chebyshev(n: number, low: number, high: number): number[] {
  return Array.from({ length: n + 1 }, (_, i) => (low + high) / 2 - ((high - low) / 2) * Math.cos((Math.PI * i) / n));
}

/** The places of the greatest errors between changes of sign, at most `count`. */
function alternation(error: (x: number) => number, count: number, low: number, high: number): number[] {
  const best: { x: number; e: number }[] = [];
  for (const x of chebyshev(4000, low, high)) {
    const e = error(x);
    const last = best.at(-1);
    if (last === undefined || Math.sign(last.e) !== Math.sign(e)) best.push({ x, e });
    else if (Math.abs(e) > Math.abs(last.e)) best[best.length - 1] = { x, e };
  }
  while (best.length > count) {
    if (Math.abs(best[0]!.e) < Math.abs(best.at(-1)!.e)) best.shift();
    else best.pop();
  }
  return best.map((b) => b.x);
}

/** Gauss-Jordan elimination with row exchanges; each row ends with its right-hand side. */
function solve(rows: number[][]): number[] {
  const n = rows.length;
  for (let i = 0; i < n; i++) {
    const pivot = rows.slice(i).reduce((best, r, k) => (Math.abs(r[i]!) > Math.abs(rows[best]![i]!) ? i + k : best), i);
    [rows[i], rows[pivot]] = [rows[pivot]!, rows[i]!];
    for (const [r, row] of rows.entries()) {
      if (r === i) continue;
      const factor = row[i]! / rows[i]![i]!;
      for (let k = i; k <= n; k++) row[k]! -= factor * rows[i]![k]!;
    }
  }
  return rows.map((row, i) => row[n]! / row[i]!);
}

// The error function in double precision: JavaScript has none.

/** erf(x) by its power series below 2.5, by the continued fraction of its complement above. */
export function erfOfDouble(x: number): number {
  if (x < 0) return -erfOfDouble(-x);
  if (x < 2.5) {
    let sum = 0;
    let term = x;
    for (let n = 0; Math.abs(term) > 1e-19 * Math.abs(sum); n++) {
      sum += term / (2 * n + 1);
      term *= (-x * x) / (n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let k = 150; k >= 1; k--) fraction = k / 2 / (x + fraction);
  return 1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}

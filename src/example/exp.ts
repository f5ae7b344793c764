// The exponential function in operations that every engine rounds alike. Math.exp is left to the engine by the
// ECMAScript specification, and a training run repeats a difference in the last bit until it shows.

/** Terms of the Taylor series: 0.625^15 / 15! is below one part in 2^53. */
const terms = 15;

/** e to the power x, for x <= 0; about 1e-14 relative error down to -40, where the result is taken for 0. */
export function expOfNonPositive(x: number): number {
  if (x < -40) return 0;
  const small = x / 64;
  let sum = 1;
  for (let n = terms; n > 0; n--) sum = 1 + (sum * small) / n;
  for (let squaring = 0; squaring < 6; squaring++) sum *= sum;
  return sum;
}

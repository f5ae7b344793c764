// sin and cos in f32: within 2 units in the last place up to |x| = 12867 (2^13 quarter turns). Beyond, the reduction
// loses about one bit per doubling of x; the results stay in [-1, 1].
import { type FloatArithmetic, polynomial } from './arithmetic.ts';

/** (sin(r) / r - 1) / r^2 as a polynomial in r^2 on |r| <= pi/4 (Remez exchange; test/functions/minimax.ts). */
export const sinCoefficients = [-0.16666655, 0.0083321603, -0.00019515218];

/** (cos(r) - 1 + r^2 / 2) / r^4 as a polynomial in r^2 on |r| <= pi/4 (Remez exchange; test/functions/minimax.ts). */
export const cosCoefficients = [0.041666646, -0.0013887315, 0.000024433082];

/**
 * pi/2 as a sum: three parts of 11 significant bits, whose products with up to 2^13 are exact, and the rest (Cody and
 * Waite, Software Manual for the Elementary Functions, 1980).
 */
export const halfPiParts: readonly number[] = (() => {
  const parts: number[] = [];
  let rest = Math.PI / 2;
  for (let i = 0; i < 3; i++) {
    const unit = 2 ** (Math.floor(Math.log2(rest)) - 10);
    const part = Math.floor(rest / unit) * unit;
    parts.push(part);
    rest -= part;
  }
  return [...parts, Math.fround(rest)];
})();

/** sin(x + quarters * pi/2). */
function sinAhead<V>(m: FloatArithmetic<V>, x: V, quarters: number): V {
  const turns = m.nearest(m.mul(x, 2 / Math.PI));
  let r = x;
  for (const part of halfPiParts) r = m.sub(r, m.mul(turns, part));
  // Already there, unless the reduction broke down.
  r = m.max(m.min(r, 0.8), -0.8);
  const square = m.mul(r, r);
  const sine = m.add(r, m.mul(m.mul(square, r), polynomial(m, square, sinCoefficients)));
  const curve = m.mul(m.mul(square, square), polynomial(m, square, cosCoefficients));
  const cosine = m.add(m.sub(curve, m.mul(square, 0.5)), 1);
  const quadrant = m.addInteger(m.toInteger(turns), quarters);
  const swapped = m.equalInteger(m.andInteger(quadrant, 1), 1);
  const value = m.select(swapped, cosine, sine);
  return m.select(m.equalInteger(m.andInteger(quadrant, 2), 2), m.neg(value), value);
}

export function sin<V>(m: FloatArithmetic<V>, x: V): V {
  return sinAhead(m, x, 0);
}

export function cos<V>(m: FloatArithmetic<V>, x: V): V {
  return sinAhead(m, x, 1);
}

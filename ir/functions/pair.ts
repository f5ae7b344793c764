// Unevaluated sums of two f32: twice the precision where one rounding would lose too much.
import type { FloatArithmetic } from './arithmetic.ts';

/** high + low, |low| at most half a unit in the last place of high. */
export interface Pair<V> {
  readonly high: V;
  readonly low: V;
}

/** a + b exactly, for |a| >= |b| (Dekker, A floating-point technique for extending the available precision, 1971). */
export function fastSum<V>(m: FloatArithmetic<V>, a: V, b: V): Pair<V> {
  const high = m.add(a, b);
  return { high, low: m.sub(b, m.sub(high, a)) };
}

/** The upper 12 bits of a, so that products of halves are exact (Veltkamp). |a| below 2^115. */
function upperHalf<V>(m: FloatArithmetic<V>, a: V): V {
  const scaled = m.mul(a, 4097);
  return m.sub(scaled, m.sub(scaled, a));
}

/** a * b exactly (Dekker, as above); no fused multiply-add is needed. */
export function product<V>(m: FloatArithmetic<V>, a: V, b: V): Pair<V> {
  const high = m.mul(a, b);
  const [a1, b1] = [upperHalf(m, a), upperHalf(m, b)];
  const [a2, b2] = [m.sub(a, a1), m.sub(b, b1)];
  const cross = m.add(m.add(m.sub(m.mul(a1, b1), high), m.mul(a1, b2)), m.mul(a2, b1));
  return { high, low: m.add(cross, m.mul(a2, b2)) };
}

// Rounding of f32 values to whole numbers with ties away from zero (C's round).
import type { FloatArithmetic } from './arithmetic.ts';

/** Exact for every f32: the fraction of a magnitude is an exact difference. */
export function roundHalfAway<V>(m: FloatArithmetic<V>, x: V): V {
  const magnitude = m.abs(x);
  const down = m.floor(magnitude);
  const up = m.add(down, 1);
  const rounded = m.select(m.less(m.sub(magnitude, down), 0.5), down, up);
  return m.select(m.less(x, 0), m.neg(rounded), rounded);
}

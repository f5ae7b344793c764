// The remainder of a division in f32.
import type { FloatArithmetic } from './arithmetic.ts';
import { product } from './pair.ts';

/**
 * a - b * floor(a / b), computed as TensorFlow Lite does (reference/floor_mod.h): the exact remainder toward zero, plus b
 * where the signs differ. Exact remainders for quotients below 2^24.
 */
export function floorRemainder<V>(m: FloatArithmetic<V>, a: V, b: V): V {
  const [dividend, divisor] = [m.abs(a), m.abs(b)];
  const quotient = m.floor(m.div(dividend, divisor));
  const back = product(m, quotient, divisor);
  const rest = m.sub(m.sub(dividend, back.high), back.low);
  // The quotient was rounded and may be one off.
  const raised = m.select(m.less(rest, 0), m.add(rest, divisor), rest);
  const reduced = m.select(m.less(raised, divisor), raised, m.sub(raised, divisor));
  const magnitude = m.select(m.less(dividend, divisor), dividend, reduced);
  const towardZero = m.select(m.less(a, 0), m.neg(magnitude), magnitude);
  // One of both is negative, and the remainder is not 0.
  const differ = m.less(m.mul(signOf(m, towardZero), signOf(m, b)), 0);
  return m.select(differ, m.add(towardZero, b), towardZero);
}

/** 1, -1 or 0. */
function signOf<V>(m: FloatArithmetic<V>, x: V): V {
  const below = m.select(m.less(x, 0), m.f32(-1), m.f32(0));
  return m.select(m.less(m.f32(0), x), m.f32(1), below);
}

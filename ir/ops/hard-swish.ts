// hard_swish.
import type { FloatArithmetic } from '../functions/arithmetic.ts';
import { quantizeMultiplier, roundingShiftRight, saturate } from '../numerics.ts';
import { scaleAndZero } from '../quantized.ts';
import { defineUnary, elementary } from '../unary-arithmetic.ts';
import { isTabulated, tabulate } from './lookup.ts';

function float<V>(m: FloatArithmetic<V>, x: V): V {
  return m.div(m.mul(x, m.min(m.max(m.add(x, 3), 0), 6)), m.f32(6));
}

/** A factor as a 16-bit multiplier and an exponent: factor = multiplier * 2^(exponent - 15). */
function narrowMultiplier(factor: number): { multiplier: number; exponent: number } {
  const { multiplier, shift } = quantizeMultiplier(factor);
  // The rounding must not pass 32767 (DownScaleInt32ToInt16Multiplier).
  const narrow = multiplier >= 0x7fffffff - 0x8000 ? 0x7fff : (multiplier + 0x8000) >> 16;
  return { multiplier: narrow, exponent: shift };
}

const saturate16 = (x: number) => saturate(x, -32768, 32767);

/** Rounding doubling high multiply of 16-bit integers: a * b / 2^15 to nearest, ties toward positive infinity. */
function doublingHighMultiply16(a: number, b: number): number {
  return a === -32768 && b === -32768 ? 32767 : Math.floor((a * b + 0x4000) / 0x8000);
}

/**
 * The function of 8-bit integers that TensorFlow Lite computes in 16-bit fixed point (reference/hard_swish.h and
 * TensorFlow Lite Micro hard_swish_common.cc): x on a scale with 7 more bits, times a multiplier in [0, 1] that is
 * x / 6 + 1/2 saturated. Undefined where the result's scale is finer than that scale, which it shifts right to reach.
 */
function fixedHardSwish(
  from: { scale: number; zero: number },
  to: { scale: number; zero: number },
): ((q: number) => number) | undefined {
  const f = Math.fround;
  const fineScale = f(f(1 / 128) * from.scale);
  const output = narrowMultiplier(f(fineScale / to.scale));
  // 3.0 is 32768 on this scale.
  const slope = narrowMultiplier(f(fineScale / f(3 / 32768)));
  if (output.exponent > 0) return undefined;
  return (q) => {
    const fine = (q - from.zero) * 128;
    const unshifted = doublingHighMultiply16(fine, output.multiplier);
    let share = fine;
    // All but the last bit of a left shift comes before the multiplication, where saturation cannot matter.
    if (slope.exponent > 0) share = saturate16(share * 2 ** (slope.exponent - 1));
    share = doublingHighMultiply16(share, slope.multiplier);
    if (slope.exponent > 0) share = saturate16(share * 2);
    if (slope.exponent < 0) share = roundingShiftRight(share, -slope.exponent);
    // From [-1, 1] to [0, 1].
    share = (share + 0x8000) >> 1;
    const product = Math.trunc((share * unshifted) / 0x8000);
    return roundingShiftRight(product, -output.exponent) + to.zero;
  };
}

export const hardSwish = defineUnary({
  name: 'hard_swish',
  doc: 'y = x * min(max(x + 3, 0), 6) / 6. Of 8-bit integers TensorFlow Lite’s 16-bit fixed-point definition is tabulated. Sources: TensorFlow Lite reference/hard_swish.h; ONNX HardSwish.',
  ...elementary(float),
  integer({ op, builder }) {
    const x = op.operand(0);
    const y = op.result.type;
    if (!isTabulated(x.type)) return undefined;
    const f = fixedHardSwish(scaleAndZero(x.type, 'input'), scaleAndZero(y, 'result'));
    return f === undefined ? undefined : [tabulate(builder, x, y, f)];
  },
});

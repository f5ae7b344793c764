// rsqrt.
import { numberArithmetic as fixed } from '../fixed-point/arithmetic.ts';
import { inverseSquareRoot } from '../fixed-point/inverse-square-root.ts';
import { quantizeMultiplier, requantizeScalar } from '../numerics.ts';
import { scaleAndZero } from '../quantized.ts';
import { defineUnary, elementary } from '../unary-arithmetic.ts';
import { isTabulated, tabulate } from './lookup.ts';

/** Spare bits between the two multiplications (TensorFlow Lite Micro elementwise.cc, RsqrtEvalQuantized). */
const spareBits = 20;

export const rsqrt = defineUnary({
  name: 'rsqrt',
  doc: 'y = 1 / sqrt(x), two roundings. Of 8-bit integers TensorFlow Lite Micro’s integer definition is tabulated; it is undefined for negative operands, which here give the greatest result as 0 does. Source: TensorFlow Lite Micro elementwise.cc.',
  ...elementary((m, x) => m.div(1, m.sqrt(x))),
  integer({ op, builder, rounding }) {
    const x = op.operand(0);
    const y = op.result.type;
    if (!isTabulated(x.type)) return undefined;
    const [from, to] = [scaleAndZero(x.type, 'input'), scaleAndZero(y, 'result')];
    const factor = quantizeMultiplier(1 / (Math.sqrt(from.scale) * to.scale));
    const requantize = (value: number, multiplier: number, shift: number) =>
      shift < -31 ? 0 : requantizeScalar(value, rounding, { multiplier, shift: Math.min(shift, 30), scale: 0 });
    return [
      tabulate(builder, x, y, (q) => {
        const value = q - from.zero;
        if (value <= 0) return Number.POSITIVE_INFINITY;
        const root = inverseSquareRoot(fixed, value);
        const spread = requantize(1, root.multiplier, root.shift + spareBits);
        return requantize(spread, factor.multiplier, factor.shift - spareBits) + to.zero;
      }),
    ];
  },
});

// Tables of real functions on 8-bit integers: dequantize, compute, quantize, at compile time.
import type { Rounding } from './attributes.ts';
import type { Builder } from './builder.ts';
import type { Value } from './module.ts';
import { roundHalfAway, roundHalfEven, saturateI32 } from './numerics.ts';
import { tabulate } from './ops/lookup.ts';
import { scaleAndZero } from './quantized.ts';
import type { TensorType } from './types.ts';

/**
 * f of the real numbers that x stands for, as integers of type y. With `half-even`, as ONNX says in three operators;
 * else as TensorFlow Lite fills its tables, with a reciprocal scale in f32 (kernels/internal/common.h, LUTPopulate;
 * TensorFlow Lite Micro elu.cc). NaN becomes the zero point.
 */
export function tabulateReal(
  builder: Builder,
  x: Value,
  y: TensorType,
  rounding: Rounding,
  f: (x: number) => number,
): Value {
  const from = scaleAndZero(x.type, 'input');
  const to = scaleAndZero(y, 'result');
  const real = (q: number) => Math.fround(f(Math.fround(from.scale * (q - from.zero))));
  const inverse = Math.fround(1 / to.scale);
  const quantized =
    rounding === 'half-even'
      ? (q: number) => roundHalfEven(Math.fround(real(q) / to.scale))
      : (q: number) => roundHalfAway(Math.fround(real(q) * inverse));
  return tabulate(builder, x, y, (q) => {
    const whole = quantized(q);
    return Number.isNaN(whole) ? to.zero : saturateI32(whole) + to.zero;
  });
}

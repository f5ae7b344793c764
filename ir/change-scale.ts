// A quantized tensor under another scale, zero point or element type: requantization as an operator of its own.
import type { Rounding } from './attributes.ts';
import type { Builder } from './builder.ts';
import type { Value } from './module.ts';
import { applyRequantization } from './numerics.ts';
import { isTabulated, tabulate } from './ops/lookup.ts';
import { requantize } from './ops/requantize.ts';
import { type Bounds, requantizationFor, scaleAndZero, unbounded } from './quantized.ts';
import type { TensorType } from './types.ts';

/**
 * The real numbers of x, limited to `bounds`, as integers of type y: a table where x has 8 bits. The factor is the
 * quotient of the scales in doubles (TensorFlow Lite Micro quantize_common.cc and activations_common.cc).
 */
export function changeScale(
  builder: Builder,
  x: Value,
  y: TensorType,
  rounding: Rounding,
  bounds: Bounds = unbounded,
): Value {
  const from = scaleAndZero(x.type, 'input');
  const requant = requantizationFor([from.scale / scaleAndZero(y, 'result').scale], y, bounds, rounding);
  if (isTabulated(x.type)) return tabulate(builder, x, y, (q) => applyRequantization(q - from.zero, requant, 0));
  return builder.create(requantize, [x], { requant, input_zero: from.zero }, y);
}

// Quantized operators without an integer definition: dequantize, compute in f32, quantize. Also the exact meaning of a
// quantized operator in ONNX, whose QDQ graphs say just this.
import type { Rounding } from './attributes.ts';
import type { Builder } from './builder.ts';
import type { Op, Value } from './module.ts';
import { dequantize } from './ops/dequantize.ts';
import { quantize } from './ops/quantize.ts';
import { tensorType } from './types.ts';

/** The same operator on dequantized operands, its one result quantized as `op` says. */
export function throughFloat(op: Op, builder: Builder, rounding: Rounding): readonly Value[] {
  const operands = op.operands.map((v) => (v?.type.quant === undefined ? v : builder.create(dequantize, [v])));
  const y = op.result.type;
  const real = builder.create(op.definition, operands, op.attributes, tensorType('f32', y.shape));
  if (y.quant === undefined) return [real];
  return [builder.create(quantize, [real], { ties: rounding === 'half-even' ? 'even' : 'away' }, y)];
}

// Quantized operators without an integer definition: dequantize, compute in f32, quantize. Also the exact meaning of a
// quantized operator in ONNX, whose QDQ graphs say just this.
import type { AttributeSchema } from './attributes.ts';
import type { IntegerInput } from './define-op.ts';
import type { Value } from './module.ts';
import { dequantize } from './ops/dequantize.ts';
import { quantize } from './ops/quantize.ts';
import { tensorType } from './types.ts';

/** The same operator on dequantized operands, its one result quantized as it was. */
export function throughFloat<S extends AttributeSchema>({
  op,
  builder,
  rounding,
  note,
}: IntegerInput<S>): readonly Value[] {
  note('it has no integer form here and is computed in f32', 'I8C0302');
  const operands = op.operands.map((v) => (v?.type.quant === undefined ? v : builder.create(dequantize, [v])));
  const y = op.result.type;
  const real = builder.create(op.definition, operands, op.attributes, tensorType('f32', y.shape));
  return [builder.create(quantize, [real], { ties: rounding === 'half-even' ? 'even' : 'away' }, y)];
}

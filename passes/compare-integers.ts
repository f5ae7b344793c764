// compare-integers: comparisons of dequantized tensors of one quantization compare the integers themselves.
//
// before:  %a = dequantize %x ; %y = arg_max %a
// after:   %p = reinterpret %x : tensor<...xi8> ; %y = arg_max %p
//
// Dequantization keeps the order of integers of at most 16 bits and never makes two of them equal. The integers go without
// their quantization, under which TensorFlow Lite compares otherwise (rescaled_comparison).
import type { Builder } from '../ir/builder.ts';
import type { Op, Value } from '../ir/module.ts';
import { reinterpret } from '../ir/ops/reinterpret.ts';
import { tensorType } from '../ir/types.ts';
import { eliminateDeadCode } from './eliminate-dead-code.ts';
import type { Pass } from './pass.ts';
import { dequantized, dequantizedType } from './quantized-form.ts';
import { rewrite } from './rewrite.ts';

export const compareIntegers: Pass = {
  name: 'compare-integers',
  run(func, context) {
    const changed = rewrite(func, compared);
    if (changed) eliminateDeadCode.run(func, context);
    return changed;
  },
};

function compared(op: Op, builder: Builder): readonly Value[] | undefined {
  const type = op.definition.compares === true ? dequantizedType(op) : undefined;
  if (type === undefined || type.quant?.axis !== undefined || !['i8', 'u8', 'i16'].includes(type.element)) {
    return undefined;
  }
  const operands = op.operands.map((v) => {
    const x = dequantized(v);
    return x && builder.create(reinterpret, [x], {}, tensorType(x.type.element, x.type.shape));
  });
  const types = op.results.map((v) => v.type);
  return builder.op(op.definition, operands, op.attributes, { types }).results;
}

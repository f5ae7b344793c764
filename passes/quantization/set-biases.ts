// set-biases: other biases for the linear operators of a float function, after quantization has shifted what they add.
//
// before:  %y = conv2d %x, %w          after:   %y = conv2d %x, %w, %b
import type { Func } from '../../ir/module.ts';
import { constant } from '../../ir/ops/constant.ts';
import { tensorType } from '../../ir/types.ts';
import { rewrite } from '../rewrite.ts';

/** Rewrites the function in place. Biases by the names of the operators' results: f32, one per output channel. */
export function setBiases(func: Func, biases: ReadonlyMap<string, Float32Array>): void {
  if (biases.size === 0) return;
  rewrite(func, (op, builder) => {
    const { linear } = op.definition;
    const data = biases.get(op.results[0]?.name ?? '');
    if (linear === undefined || data === undefined) return undefined;
    const type = tensorType('f32', op.operands[linear.bias]?.type.shape ?? [data.length]);
    const operands = [...op.operands];
    operands[linear.bias] = builder.create(constant, [], { value: { type, data } }, type, 'bias');
    return [builder.create(op.definition, operands, op.attributes, op.result.type)];
  });
}

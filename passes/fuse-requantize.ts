// fuse-requantize: a requantization moves into the operator that makes the accumulators, so that they never reach
// memory.
//
// before:  %a = conv2d %x, %w : tensor<...xi32> ; %y = requantize %a {requant = R} : tensor<...xi8>
// after:   %y = conv2d %x, %w {requant = R} : tensor<...xi8>
//
// Any operator that declares a `requant` attribute can take one.
import type { Op } from '../ir/module.ts';
import { requantize } from '../ir/ops/requantize.ts';
import type { Pass } from './pass.ts';
import { rewrite } from './rewrite.ts';

/** The operator whose accumulators only this requantization reads, if it can take the requantization in. */
function accumulatorOf(op: Op, isReturned: (op: Op) => boolean): Op | undefined {
  if (op.definition !== requantize || op.attributes.input_zero !== 0) return undefined;
  const source = op.operand(0).producer;
  if (source === undefined || source.definition === requantize || source.attributes.requant !== undefined)
    return undefined;
  const declares = Object.hasOwn(source.definition.attributes, 'requant');
  const single = source.results.length === 1 && source.result.users.size === 1 && !isReturned(source);
  return declares && single ? source : undefined;
}

export const fuseRequantize: Pass = {
  name: 'fuse-requantize',
  run: (func) =>
    rewrite(func, (op, builder) => {
      const source = accumulatorOf(op, (o) => func.isReturned(o.result));
      if (source === undefined) return undefined;
      builder.location = source.location;
      const attributes = { ...source.attributes, requant: op.attributes.requant };
      return [builder.create(source.definition, source.operands, attributes, op.result.type)];
    }),
};

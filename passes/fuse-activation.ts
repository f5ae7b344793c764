// fuse-activation: a float clamp (the relu family) moves into the operator before it.
//
// before:  %a = conv2d %x, %w : tensor<...xf32> ; %y = clamp %a {min = 0, max = 6}
// after:   %y = conv2d %x, %w {clamp = [0, 6]} : tensor<...xf32>
//
// Any operator that declares a `clamp` attribute of real bounds can take one; bounds intersect.
import type { Op } from '../ir/module.ts';
import { clamp } from '../ir/ops/clamp.ts';
import type { Pass } from './pass.ts';
import { rewrite } from './rewrite.ts';

function clampedSource(op: Op, isReturned: (op: Op) => boolean): Op | undefined {
  if (op.definition !== clamp) return undefined;
  const source = op.operand(0).producer;
  if (source === undefined || source.definition === clamp) return undefined;
  const declares = Object.hasOwn(source.definition.attributes, 'clamp');
  const float = op.result.type.element === 'f32';
  const single = source.results.length === 1 && source.result.users.size === 1 && !isReturned(source);
  return declares && float && single ? source : undefined;
}

export const fuseActivation: Pass = {
  name: 'fuse-activation',
  run: (func) =>
    rewrite(func, (op, builder) => {
      const source = clampedSource(op, (o) => func.isReturned(o.result));
      if (source === undefined) return undefined;
      const [low, high] = source.attributes.clamp as readonly [number, number];
      const [min, max] = [op.attributes.min as number, op.attributes.max as number];
      // Two clamps in a row are one only where the intervals meet.
      if (Math.max(low, min) > Math.min(high, max)) return undefined;
      builder.location = source.location;
      const attributes = { ...source.attributes, clamp: [Math.max(low, min), Math.min(high, max)] };
      return [builder.create(source.definition, source.operands, attributes, op.result.type)];
    }),
};

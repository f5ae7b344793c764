// arg_max and arg_min: where along an axis the greatest or least element lies.
import { attr } from '../attributes.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { firstPosition, forEachReduced, forEachResult, keptShape, reducedShape, reductionSpace } from '../reduction.ts';
import { normalizeAxis } from '../shapes.ts';
import { remaining } from '../transposition.ts';
import { type ElementType, tensorType } from '../types.ts';

const ordered: readonly ElementType[] = ['f32', 'i8', 'u8', 'i16', 'i32', 'i64'];

function defineArg(name: 'arg_max' | 'arg_min', opcode: 'gt' | 'lt', adjective: string) {
  const better = (x: number | bigint, best: number | bigint) => (opcode === 'gt' ? x > best : x < best);
  return defineOp({
    name,
    doc: `The index along an axis of the ${adjective} element, the first of equal ones. Source: TensorFlow Lite reference/arg_min_max.h.`,
    operands: [{ name: 'x', doc: 'Any numbers.' }],
    attributes: { axis: attr.int({ doc: 'The axis, in [-rank, rank); it leaves the shape.' }) },
    results: ['y'],
    compares: true,
    types({ operands, attributes, asked }) {
      const x = required(operands, 0);
      const y = asked?.[0]?.element ?? 'i64';
      rule(ordered.includes(x.element), `takes ${ordered.join(', ')}, got ${x.element}`);
      rule(y === 'i32' || y === 'i64', `gives i32 or i64, not ${y}`);
      const axes = [normalizeAxis(attributes.axis, x.shape.length)];
      return [tensorType(y, reducedShape(x.shape, { axes, keep_dims: false }))];
    },
    transposed({ attributes }, perm) {
      const axis = normalizeAxis(attributes.axis as number, perm.length);
      return { attributes: { ...attributes, axis: perm[axis]! }, perm, result: remaining(perm, new Set([axis])) };
    },
    reference({ operands, attributes, results }) {
      const x = operands[0]!;
      const y = results[0]!.data;
      const space = reductionSpace(x.type.shape, [attributes.axis]);
      forEachResult(space, (result, first) => {
        let best = x.data[first]!;
        let [index, where] = [0, 0];
        forEachReduced(space, first, (position) => {
          const value = x.data[position]!;
          if (better(value, best)) [best, where] = [value, index];
          index++;
        });
        y[result] = y instanceof BigInt64Array ? BigInt(where) : where;
      });
    },
    lower({ attributes, operand, result, type, resultType }) {
      const space = reductionSpace(type(0).shape, [attributes.axis]);
      const x = operand(0);
      const stride = space.reduced[0]?.stride ?? 1;
      return [
        {
          kind: 'map',
          result: result(0),
          shape: keptShape(space),
          body(b, index) {
            const first = firstPosition(b, space, index);
            const start = [b.load(x, first), b.constant(0)];
            const [, where] = b.forCarry(1, space.count, start, (i, [best, at]) => {
              const value = b.load(x, b.add(first, b.mul(i, stride)));
              const found = b.compare(opcode, value, best!);
              return [b.select(found, value, best!), b.select(found, i, at!)];
            });
            return resultType(0).element === 'i64' ? b.convert(where!, 'i64') : where!;
          },
        },
      ];
    },
  });
}

export const argMax = defineArg('arg_max', 'gt', 'greatest');
export const argMin = defineArg('arg_min', 'lt', 'least');

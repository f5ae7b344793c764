// transpose: the dimensions in another order.
import { attr } from '../attributes.ts';
import { factorsOfFirst } from '../channel-factors.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { forEachRowIndex, stridedPosition } from '../shapes.ts';
import { copyElements, packed } from '../strided-copy.ts';
import type { Elements } from '../tensor-data.ts';
import { transposedType } from '../transposition.ts';
import { stridesOf } from '../types.ts';
import { unsignedAlike } from '../unsigned-storage.ts';
import { reshape } from './reshape.ts';

export const transpose = defineOp({
  name: 'transpose',
  doc: 'The dimensions of x in another order. y[i[perm[0]], i[perm[1]], ...] = x[i[0], i[1], ...]: dimension d of the result is dimension perm[d] of x. A quantization along an axis follows its dimension. Sources: TensorFlow Lite reference/transpose.h; ONNX Transpose.',
  operands: [{ name: 'x', doc: 'Any tensor.' }],
  attributes: { perm: attr.ints({ min: 0, doc: 'For each dimension of the result, the dimension of x.' }) },
  results: ['y'],
  moves: () => true,
  factors(op) {
    const perm = op.attributes.perm as readonly number[];
    return perm.at(-1) === perm.length - 1 ? factorsOfFirst('any')(op) : undefined;
  },
  types({ operands, attributes: { perm } }) {
    const x = required(operands, 0);
    const whole = perm.length === x.shape.length && x.shape.every((_, d) => perm.includes(d));
    rule(whole, () => `needs a permutation of ${x.shape.length} dimensions, got [${perm.join(', ')}]`);
    return [transposedType(x, perm)];
  },
  simplify({ op, builder }) {
    const x = op.operand(0);
    const perm = op.attributes.perm as readonly number[];
    const { type } = op.result;
    if (keepsOrder(x.type.shape, perm)) return [builder.create(reshape, [x], { shape: type.shape }, type)];
    if (x.producer?.definition !== op.definition) return undefined;
    const first = x.producer.attributes.perm as readonly number[];
    return [builder.create(op.definition, [x.producer.operand(0)], { perm: perm.map((d) => first[d]!) }, type)];
  },
  unsigned: unsignedAlike,
  reference({ operands, attributes: { perm }, results }) {
    const x: Elements = operands[0]!.data;
    const y: Elements = results[0]!.data;
    const strides = stridesOf(operands[0]!.type.shape);
    const along = perm.map((d) => strides[d]!);
    const shape = results[0]!.type.shape;
    const run = shape.at(-1) ?? 1;
    const step = along.at(-1) ?? 1;
    forEachRowIndex(shape, (index, row) => {
      let from = stridedPosition(index, along);
      for (let at = row * run; at < (row + 1) * run; at++, from += step) y[at] = x[from]!;
    });
  },
  lower({ attributes: { perm }, operand, result, type, resultType }) {
    const strides = stridesOf(type(0).shape);
    const from = { offset: 0, strides: perm.map((d) => strides[d]!) };
    const { shape } = resultType(0);
    return copyElements(result(0), packed(shape), operand(0), from, shape);
  },
});

/** True when only dimensions of one element change places: the elements stay in row-major order. */
export function keepsOrder(shape: readonly number[], perm: readonly number[]): boolean {
  const moving = perm.filter((d) => shape[d] !== 1);
  return moving.every((d, i) => i === 0 || moving[i - 1]! < d);
}

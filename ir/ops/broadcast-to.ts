// broadcast_to: a tensor repeated along dimensions where it has one element.
import { attr } from '../attributes.ts';
import { factorsOfFirst } from '../channel-factors.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { movedType } from '../moved-type.ts';
import { broadcastShape, broadcastStrides, forEachRowIndex } from '../shapes.ts';
import { copyElements, packed } from '../strided-copy.ts';
import type { Elements } from '../tensor-data.ts';
import { elementCount, sameShape, stridesOf } from '../types.ts';
import { unsignedAlike } from '../unsigned-storage.ts';
import { reshape } from './reshape.ts';

export const broadcastTo = defineOp({
  name: 'broadcast_to',
  doc: 'x repeated to a larger shape by numpy’s rule. Trailing dimensions align, an extent of 1 stretches. A fill is a broadcast scalar; a tile is a broadcast between two reshapes. Sources: TensorFlow Lite reference/broadcast_to.h; ONNX Expand.',
  operands: [{ name: 'x', doc: 'Any tensor of at most the result’s rank.' }],
  attributes: { shape: attr.ints({ min: 0, doc: 'The result’s shape.' }) },
  results: ['y'],
  moves: () => true,
  factors: factorsOfFirst('any'),
  types({ operands, attributes: { shape } }) {
    const x = required(operands, 0);
    rule(
      sameShape(broadcastShape(x.shape, shape), shape),
      () => `cannot stretch [${x.shape.join(', ')}] to [${shape.join(', ')}]`,
    );
    return [movedType(x, shape)];
  },
  simplify({ op, builder }) {
    const x = op.operand(0);
    const { shape } = op.result.type;
    if (elementCount(x.type.shape) === elementCount(shape)) return [builder.create(reshape, [x], { shape })];
    if (x.producer?.definition !== op.definition) return undefined;
    return [builder.create(op.definition, [x.producer.operand(0)], { shape })];
  },
  unsigned: unsignedAlike,
  reference({ operands, attributes: { shape }, results }) {
    const x: Elements = operands[0]!.data;
    const y: Elements = results[0]!.data;
    const own = operands[0]!.type.shape;
    const strides = stridesOf(own);
    const missing = shape.length - own.length;
    const run = shape.at(-1) ?? 1;
    const step = own.at(-1) === run ? 1 : 0;
    forEachRowIndex(shape, (index, row) => {
      let from = 0;
      for (let d = 0; d < own.length - 1; d++) if (own[d] !== 1) from += index[missing + d]! * strides[d]!;
      for (let i = 0; i < run; i++) y[row * run + i] = x[from + i * step]!;
    });
  },
  lower({ attributes: { shape }, operand, result, type }) {
    const from = { offset: 0, strides: broadcastStrides(type(0).shape, shape) };
    return copyElements(result(0), packed(shape), operand(0), from, shape);
  },
});

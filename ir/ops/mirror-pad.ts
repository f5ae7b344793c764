// mirror_pad: a border that repeats the tensor backwards.
import { attr } from '../attributes.ts';
import { factorsOfFirst } from '../channel-factors.ts';
import { defineOp, required, rule } from '../define-op.ts';
import type { LoopBuilder } from '../loops/builder.ts';
import type { LoopValue } from '../loops/kernel.ts';
import { movedType } from '../moved-type.ts';
import { forEachRowIndex, stridedIndex } from '../shapes.ts';
import { refuseHalfFloats } from '../strided-copy.ts';
import type { Elements } from '../tensor-data.ts';
import { transposedLists } from '../transposition.ts';
import { elementCount, stridesOf } from '../types.ts';
import { unsignedAlike } from '../unsigned-storage.ts';
import { paddedShape } from './pad.ts';

export const mirrorPad = defineOp({
  name: 'mirror_pad',
  doc: 'x with a border that continues it backwards. `reflect` turns at the edge element (3 2 | 1 2 3 | 2 1), `symmetric` between it and the next (2 1 | 1 2 3 | 3 2). A border is at most as long as what it repeats. Sources: TensorFlow Lite micro/kernels/mirror_pad.cc; ONNX Pad, mode reflect.',
  operands: [{ name: 'x', doc: 'Any tensor.' }],
  attributes: {
    before: attr.ints({ min: 0, doc: 'Elements added ahead of each dimension.' }),
    after: attr.ints({ min: 0, doc: 'Elements added behind each dimension.' }),
    mode: attr.word(['reflect', 'symmetric'], { doc: 'Whether the edge element is repeated.' }),
  },
  results: ['y'],
  moves: () => true,
  factors: factorsOfFirst('any'),
  types({ operands, attributes: { before, after, mode } }) {
    const x = required(operands, 0);
    const shape = paddedShape(x, before, after);
    for (const [d, extent] of x.shape.entries()) {
      const most = mode === 'reflect' ? extent - 1 : extent;
      const border = Math.max(before[d]!, after[d]!);
      rule(border === 0 || border <= most, () => `cannot mirror ${border} elements of a dimension of ${extent}`);
    }
    return [movedType(x, shape)];
  },
  unsigned: unsignedAlike,
  transposed: transposedLists('before', 'after'),
  reference({ operands, attributes: { before, mode }, results }) {
    const x: Elements = operands[0]!.data;
    const y: Elements = results[0]!.data;
    const { shape } = operands[0]!.type;
    const strides = stridesOf(shape);
    const edge = mode === 'reflect' ? 0 : 1;
    const source = results[0]!.type.shape.map((extent, d) =>
      Array.from({ length: extent }, (_, i) => {
        const inside = i - before[d]!;
        if (inside < 0) return -inside - edge;
        const last = shape[d]! - 1;
        return inside <= last ? inside : last - (inside - last - edge);
      }),
    );
    const columns = source.at(-1) ?? [0];
    forEachRowIndex(results[0]!.type.shape, (index, row) => {
      let from = 0;
      for (const [d, i] of index.entries()) from += source[d]![i]! * strides[d]!;
      for (const [i, column] of columns.entries()) y[row * columns.length + i] = x[from + column]!;
    });
  },
  lower({ attributes: { before, mode }, operand, result, type, resultType }) {
    const x = operand(0);
    refuseHalfFloats(x);
    // Trailing dimensions without a border are moved as one run.
    const { shape } = type(0);
    const padded = resultType(0).shape;
    if (elementCount(padded) === 0) return [];
    const plain = padded.findLastIndex((extent, d) => extent !== shape[d]) + 1;
    const run = elementCount(shape.slice(plain));
    const strides = [...stridesOf(shape).slice(0, plain), 1];
    return [
      {
        kind: 'map',
        result: result(0),
        shape: [...padded.slice(0, plain), run],
        body: (b, index) => {
          const taken = index.map((i, d) =>
            d === plain || padded[d] === shape[d] ? i : mirrored(b, i, before[d]!, shape[d]!, mode),
          );
          return b.load(x, stridedIndex(b, taken, strides));
        },
      },
    ];
  },
});

/**
 * The index of x that position `i` of a padded dimension shows, without branches: folding at the lower edge leaves a
 * distance that the upper edge folds once more.
 */
function mirrored(b: LoopBuilder, i: LoopValue, before: number, extent: number, mode: string): LoopValue {
  const inside = b.sub(i, before);
  if (mode === 'reflect') {
    const folded = b.unary('abs', inside);
    return b.min(folded, b.sub(2 * extent - 2, folded));
  }
  const folded = b.xor(inside, b.shr(inside, 31));
  return b.min(folded, b.sub(2 * extent - 1, folded));
}

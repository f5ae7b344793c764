// gather_nd: slices of a tensor chosen by index tuples.
import { defineOp, required, rule } from '../define-op.ts';
import { clampedIndex, clampedNumber, isIndexElement } from '../index-operand.ts';
import { movedType } from '../moved-type.ts';
import { refuseHalfFloats } from '../strided-copy.ts';
import { copyRun } from '../tensor-data.ts';
import { elementCount, stridesOf } from '../types.ts';
import { unsignedAlike } from '../unsigned-storage.ts';

export const gatherNd = defineOp({
  name: 'gather_nd',
  doc: 'Slices of x chosen by index tuples. y[i, r] = x[indices[i, 0], indices[i, 1], ..., r]: the last dimension of indices holds the leading coordinates of a slice of x. A coordinate outside its dimension takes the nearest inside, as in `gather`. Sources: TensorFlow Lite micro/kernels/gather_nd.cc; ONNX GatherND without batch dimensions.',
  operands: [
    { name: 'x', doc: 'Any tensor.' },
    { name: 'indices', doc: 'i32 or i64; the last dimension is at most the rank of x.' },
  ],
  attributes: {},
  results: ['y'],
  moves: () => true,
  types({ operands }) {
    const x = required(operands, 0);
    const indices = required(operands, 1);
    const depth = indices.shape.at(-1);
    rule(isIndexElement(indices.element), `takes i32 or i64 indices, got ${indices.element}`);
    rule(depth !== undefined && depth <= x.shape.length, 'needs coordinates for at most every dimension');
    const shape = [...indices.shape.slice(0, -1), ...x.shape.slice(depth)];
    const chosen = x.shape.slice(0, depth);
    rule(!chosen.includes(0) || elementCount(shape) === 0, 'cannot choose from a dimension without elements');
    return [movedType(x, shape)];
  },
  unsigned: unsignedAlike,
  reference({ operands, results }) {
    const [x, indices] = [operands[0]!, operands[1]!];
    const depth = indices.type.shape.at(-1)!;
    const strides = stridesOf(x.type.shape);
    const run = elementCount(x.type.shape.slice(depth));
    const count = run === 0 ? 0 : elementCount(indices.type.shape.slice(0, -1));
    for (let i = 0; i < count; i++) {
      let from = 0;
      for (let d = 0; d < depth; d++) {
        from += clampedNumber(indices.data[i * depth + d]!, x.type.shape[d]!) * strides[d]!;
      }
      copyRun(results[0]!.data, i * run, x.data, from, from + run);
    }
  },
  lower({ operand, result, type }) {
    const x = operand(0);
    refuseHalfFloats(x);
    const { shape } = type(0);
    const depth = type(1).shape.at(-1) ?? 0;
    const count = elementCount(type(1).shape.slice(0, -1));
    const run = elementCount(shape.slice(depth));
    if (count * run === 0) return [];
    const chosen = shape.slice(0, depth);
    return [
      {
        kind: 'map',
        result: result(0),
        shape: [count, run],
        body: (b, [i, inner]) => {
          const first = b.mul(i!, depth);
          const at = chosen.map((extent, d) => clampedIndex(b, b.load(operand(1), b.add(first, d)), extent));
          return b.load(x, b.flatten([...chosen, run], [...at, inner!]));
        },
      },
    ];
  },
});

// scatter_nd: a copy of a tensor with slices replaced, or combined with others, at places chosen by index tuples.
import { attr } from '../attributes.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { clampedIndex, clampedNumber, isIndexElement } from '../index-operand.ts';
import type { MapLowering } from '../loops/lowering.ts';
import { arithmeticOf } from '../scatter-reduction.ts';
import { refuseHalfFloats } from '../strided-copy.ts';
import { copyRun, type Elements } from '../tensor-data.ts';
import { elementCount, sameQuantization, sameShape, stridesOf, tensorType } from '../types.ts';

export const scatterNd = defineOp({
  name: 'scatter_nd',
  doc: 'y = x, but y[indices[i, 0], indices[i, 1], ..., r] = updates[i, r]: the last dimension of indices holds the leading coordinates of a slice. With a `reduction` the slice is combined with what is there, one update after the other. A coordinate outside its dimension takes the nearest inside, as in `gather`. Source: ONNX ScatterND.',
  operands: [
    {
      name: 'x',
      doc: 'Any tensor but f16; quantized as a whole where it is quantized, and not combined by sums or products.',
    },
    { name: 'indices', doc: 'i32 or i64; the last dimension is at most the rank of x.' },
    { name: 'updates', doc: 'The element type and quantization of x, in the shape that `gather_nd` would give.' },
  ],
  attributes: {
    reduction: attr.word(['none', 'add', 'mul', 'min', 'max'], {
      fallback: 'none',
      doc: 'How an update is combined with the element at its place; none: it takes the place.',
    }),
  },
  results: ['y'],
  moves: ({ attributes }) => attributes.reduction !== 'add' && attributes.reduction !== 'mul',
  types({ operands, attributes }) {
    const [x, indices, updates] = [required(operands, 0), required(operands, 1), required(operands, 2)];
    const depth = indices.shape.at(-1);
    rule(isIndexElement(indices.element), `takes i32 or i64 indices, got ${indices.element}`);
    rule(depth !== undefined && depth <= x.shape.length, 'needs coordinates for at most every dimension');
    rule(x.element !== 'f16' && x.element === updates.element, `takes updates of ${x.element}, got ${updates.element}`);
    const adds = attributes.reduction === 'add' || attributes.reduction === 'mul';
    rule(!adds || (x.quant === undefined && updates.quant === undefined), 'does no arithmetic on quantized tensors');
    rule(x.quant?.axis === undefined, 'needs one scale for the whole tensor');
    rule(sameQuantization(x.quant, updates.quant), 'takes updates of the quantization that the tensor has');
    rule(attributes.reduction === 'none' || x.element !== 'bool', 'combines numbers, not bool');
    const shape = [...indices.shape.slice(0, -1), ...x.shape.slice(depth)];
    rule(sameShape(updates.shape, shape), () => `needs updates of shape [${shape.join(', ')}]`);
    rule(
      !x.shape.slice(0, depth).includes(0) || elementCount(shape) === 0,
      'cannot write to a dimension without elements',
    );
    return [tensorType(x.element, x.shape, x.quant)];
  },
  reference({ operands, attributes, results }) {
    const [x, indices, updates] = [operands[0]!, operands[1]!, operands[2]!];
    const { type, data } = results[0]!;
    copyRun(data, 0, x.data, 0, x.data.length);
    const y: Elements = data;
    const depth = indices.type.shape.at(-1)!;
    const strides = stridesOf(type.shape);
    const run = elementCount(type.shape.slice(depth));
    const count = run === 0 ? 0 : elementCount(indices.type.shape.slice(0, -1));
    const combine = arithmeticOf(attributes.reduction, type.element).numbers;
    for (let i = 0; i < count; i++) {
      let to = 0;
      for (let d = 0; d < depth; d++) to += clampedNumber(indices.data[i * depth + d]!, type.shape[d]!) * strides[d]!;
      for (let r = 0; r < run; r++) y[to + r] = combine(y[to + r]!, updates.data[i * run + r]!);
    }
  },
  lower({ operand, result, type, attributes }) {
    const [x, indices, updates] = [operand(0), operand(1), operand(2)];
    refuseHalfFloats(x);
    const y = result(0);
    const { shape, element } = type(0);
    const depth = type(1).shape.at(-1) ?? 0;
    const count = elementCount(type(1).shape.slice(0, -1));
    const run = elementCount(shape.slice(depth));
    const chosen = shape.slice(0, depth);
    const { code } = arithmeticOf(attributes.reduction, element);
    if (elementCount(shape) === 0) return [];
    const copy = {
      kind: 'map',
      result: y,
      shape: [elementCount(shape)],
      body: (b, _index, flat) => b.load(x, flat),
    } as const satisfies MapLowering;
    if (count * run === 0) return [copy];
    return [
      copy,
      {
        kind: 'loops',
        body(b) {
          // One update after the other: two may have the same place.
          b.for(
            0,
            count,
            (i) => {
              const first = b.mul(i, depth);
              const at = chosen.map((extent, d) => clampedIndex(b, b.load(indices, b.add(first, d)), extent));
              const to = b.flatten([...chosen, run], [...at, b.constant(0)]);
              b.for(
                0,
                run,
                (r) => {
                  const place = b.add(to, r);
                  b.store(
                    y,
                    place,
                    code(b, () => b.load(y, place), b.load(updates, b.add(b.mul(i, run), r))),
                  );
                },
                { name: 'r' },
              );
            },
            { name: 'i' },
          );
        },
      },
    ];
  },
});

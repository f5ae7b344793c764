// top_k: the greatest or least elements of each row, in order, and where they are.
import { attr } from '../attributes.ts';
import { defineOp, required, rule } from '../define-op.ts';
import type { LoopBuilder } from '../loops/builder.ts';
import type { LoopValue } from '../loops/kernel.ts';
import type { Elements } from '../tensor-data.ts';
import { elementCount, tensorType } from '../types.ts';

const ordered = ['f32', 'i8', 'u8', 'i16', 'i32', 'i64'];

export const topK = defineOp({
  name: 'top_k',
  doc: 'The k greatest (or least) elements of the last dimension in order, and their indices; of equal elements the one with the lower index comes first, and NaN comes before all numbers. Source: ONNX TopK.',
  operands: [{ name: 'x', doc: 'Numbers, of rank 1 or more.' }],
  attributes: {
    k: attr.int({ min: 0, doc: 'How many elements of each row, at most its extent.' }),
    largest: attr.bool({ fallback: true, doc: 'The greatest; otherwise the least.' }),
  },
  results: ['values', 'indices'],
  moves: () => true,
  types({ operands, attributes: { k } }) {
    const x = required(operands, 0);
    const extent = x.shape.at(-1);
    rule(ordered.includes(x.element), `takes ${ordered.join(', ')}, got ${x.element}`);
    rule(extent !== undefined && k <= extent, () => `cannot take ${k} of ${extent ?? 'no'} elements`);
    rule(x.quant?.axis === undefined, 'needs one scale for the whole tensor');
    const shape = [...x.shape.slice(0, -1), k];
    return [tensorType(x.element, shape, x.quant), tensorType('i64', shape)];
  },
  reference({ operands, attributes: { k, largest }, results }) {
    const x: Elements = operands[0]!.data;
    const extent = operands[0]!.type.shape.at(-1)!;
    const [values, indices]: Elements[] = [results[0]!.data, results[1]!.data];
    const isNone = (v: number | bigint) => Number.isNaN(v);
    for (let row = 0; row * k < values!.length; row++) {
      const order = Array.from({ length: extent }, (_, i) => i).sort((i, j) => {
        const [a, b] = [x[row * extent + i]!, x[row * extent + j]!];
        if (isNone(a) || isNone(b)) return Number(isNone(b)) - Number(isNone(a)) || i - j;
        if (a === b) return i - j;
        return a > b === largest ? -1 : 1;
      });
      for (const [rank, i] of order.slice(0, k).entries()) {
        values![row * k + rank] = x[row * extent + i]!;
        indices![row * k + rank] = BigInt(i);
      }
    }
  },
  lower({ operand, result, type, attributes: { k, largest } }) {
    const { shape } = type(0);
    const extent = shape.at(-1)!;
    const rows = elementCount(shape.slice(0, -1));
    if (rows * k === 0) return [];
    const [x, values, indices] = [operand(0), result(0), result(1)];
    /** Whether a comes before b, for any places. */
    const before = (b: LoopBuilder, p: LoopValue, q: LoopValue): LoopValue => {
      const greater = b.compare(largest ? 'gt' : 'lt', p, q);
      if (p.type !== 'f32') return greater;
      const nan = b.and(b.compare('ne', p, p), b.compare('eq', q, q));
      return b.or(greater, nan);
    };
    return [
      {
        kind: 'loops',
        body(b) {
          // An element's place is the number of those before it: no element waits for another.
          b.for(
            0,
            rows,
            (row) => {
              const first = b.mul(row, extent);
              b.for(
                0,
                extent,
                (i) => {
                  const value = b.load(x, b.add(first, i));
                  const [rank] = b.forCarry(
                    0,
                    extent,
                    [b.constant(0)],
                    (j, [count]) => {
                      const other = b.load(x, b.add(first, j));
                      const tie = b.and(b.unary('not', before(b, value, other)), b.compare('lt', j, i));
                      const ahead = b.or(before(b, other, value), tie);
                      return [b.add(count!, b.select(ahead, 1, b.constant(0)))];
                    },
                    { name: 'j', carry: ['rank'] },
                  );
                  b.if(b.compare('lt', rank!, k), () => {
                    const place = b.add(b.mul(row, k), rank!);
                    b.store(values, place, value);
                    b.store(indices, place, b.convert(i, 'i64'));
                  });
                },
                { name: 'i' },
              );
            },
            { name: 'row' },
          );
        },
      },
    ];
  },
});

// lookup: a function of an 8-bit integer as a table of 256 results, one for all channels or one for each. What every
// quantized unary operator becomes.
import type { Builder } from '../builder.ts';
import { defineOp, required, rule } from '../define-op.ts';
import type { MapLowering } from '../loops/lowering.ts';
import type { Value } from '../module.ts';
import { saturate } from '../numerics.ts';
import { allocateArray } from '../tensor-data.ts';
import { bytesPerElement, elementCount, integerRange, isInteger, type TensorType, tensorType } from '../types.ts';
import { constant } from './constant.ts';

export const lookup = defineOp({
  name: 'lookup',
  doc: 'y = table[x - least], where `least` is the least value of the type of x: -128 for i8, 0 for u8; with a table for each index c of the last dimension, y[..., c] = table[c, x[..., c] - least]. The table is computed at compile time.',
  operands: [
    { name: 'x', doc: 'i8 or u8.' },
    {
      name: 'table',
      doc: '256 integers of at most 32 bits, or bools; or as many for each index of the last dimension.',
    },
  ],
  attributes: {},
  results: ['y'],
  types({ operands, asked }) {
    const x = required(operands, 0);
    const table = required(operands, 1);
    rule(x.element === 'i8' || x.element === 'u8', `takes i8 or u8, got ${x.element}`);
    const whole = table.shape.length === 1;
    const channels = table.shape.length === 2 && table.shape[0] === x.shape.at(-1);
    rule((whole || channels) && table.shape.at(-1) === 256, 'needs a table of 256 entries, or one for each channel');
    const fits = table.element === 'bool' || (isInteger(table.element) && table.element !== 'i64');
    rule(fits, `has a table of ${table.element}`);
    return [tensorType(table.element, x.shape, asked?.[0]?.quant)];
  },
  // The table has an entry for every x, in order; its entries are the elements of y.
  unsigned: (op, { operands, results }) => (operands[1] === results[0] ? op.attributes : undefined),
  transposed: (op, perm) =>
    isWhole(op.operand(1).type) ? { attributes: op.attributes, perm, result: perm, kept: [1] } : undefined,
  reference({ operands, results }) {
    const x = operands[0]!;
    const table = operands[1]!.data as Int32Array;
    const y = results[0]!.data as Int32Array;
    const { min } = integerRange(x.type.element);
    const channels = isWhole(operands[1]!.type) ? 1 : x.type.shape.at(-1)!;
    for (let i = 0; i < y.length; i++) y[i] = table[(i % channels) * 256 + Number(x.data[i]) - min]!;
  },
  lower({ operand, result, type }) {
    const x = operand(0);
    const table = operand(1);
    const { min } = integerRange(type(0).element);
    const count = elementCount(type(0).shape);
    if (isWhole(type(1))) {
      const body: MapLowering['body'] = (b, _index, flat) => b.load(table, b.sub(b.load(x, flat), min));
      return [{ kind: 'map', result: result(0), shape: [count], body }];
    }
    const channels = type(0).shape.at(-1)!;
    const body: MapLowering['body'] = (b, index, flat) => {
      const first = b.mul(index[1] ?? b.constant(0), 256);
      return b.load(table, b.add(first, b.sub(b.load(x, flat), min)));
    };
    return [{ kind: 'map', result: result(0), shape: [count / Math.max(1, channels), channels], body }];
  },
  inPlace: (op) => (bytesPerElement(op.result.type.element) === bytesPerElement(op.operand(0).type.element) ? [0] : []),
});

/** True for one table for all channels. */
const isWhole = (table: TensorType) => table.shape.length === 1;

/** True for the element types that a table can cover. */
export function isTabulated(type: TensorType): boolean {
  return type.element === 'i8' || type.element === 'u8';
}

/**
 * `f` of every value of x as a lookup, of as many channels as are given. `f` goes from integer to integer; its results are
 * saturated to the type of y.
 */
export function tabulate(
  builder: Builder,
  x: Value,
  y: TensorType,
  f: (q: number, channel: number) => number,
  channels = 1,
): Value {
  const from = integerRange(x.type.element);
  const to = integerRange(y.element);
  const data = allocateArray(y.element, 256 * channels) as Int32Array;
  for (let i = 0; i < data.length; i++)
    data[i] = saturate(f(from.min + (i % 256), Math.floor(i / 256)), to.min, to.max);
  const type = tensorType(y.element, channels === 1 ? [256] : [channels, 256]);
  const table = builder.create(constant, [], { value: { type, data } }, type, 'table');
  return builder.create(lookup, [x, table], {}, y);
}

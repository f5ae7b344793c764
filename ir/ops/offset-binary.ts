// offset_binary: between i8 and u8 with 128 added, the same real values.
import { defineOp, required, rule } from '../define-op.ts';
import { transposedElementwise } from '../transposition.ts';
import { elementCount, tensorType } from '../types.ts';
import { unsignedOffset } from '../unsigned-storage.ts';

export const offsetBinary = defineOp({
  name: 'offset_binary',
  doc: 'Offset binary and back: u8 elements that are 128 more than those of an i8 operand, or i8 elements that are 128 less than those of a u8 operand. With a zero point that moves along, the real values are the same.',
  operands: [{ name: 'x', doc: 'i8 or u8.' }],
  attributes: {},
  results: ['y'],
  types({ operands, asked }) {
    const x = required(operands, 0);
    rule(x.element === 'i8' || x.element === 'u8', `takes i8 or u8, got ${x.element}`);
    const [element, offset] =
      x.element === 'i8' ? (['u8', unsignedOffset] as const) : (['i8', -unsignedOffset] as const);
    const quant =
      asked === undefined ? x.quant && { ...x.quant, zero: x.quant.zero.map((z) => z + offset) } : asked[0]?.quant;
    return [tensorType(element, x.shape, quant)];
  },
  simplify({ op }) {
    const before = op.operand(0).producer;
    return before?.definition === op.definition ? [before.operand(0)] : undefined;
  },
  reference({ operands, results }) {
    const x = operands[0]!;
    const y = results[0]!.data as Int8Array;
    const offset = x.type.element === 'i8' ? unsignedOffset : -unsignedOffset;
    for (let i = 0; i < y.length; i++) y[i] = Number(x.data[i]) + offset;
  },
  lower({ operand, result, type }) {
    const x = operand(0);
    const offset = x.element === 'i8' ? unsignedOffset : -unsignedOffset;
    return [
      {
        kind: 'map',
        result: result(0),
        shape: [elementCount(type(0).shape)],
        body: (b, _index, flat) => b.add(b.load(x, flat), offset),
      },
    ];
  },
  transposed: transposedElementwise,
  inPlace: () => [0],
});

// quantize_scaled, dequantize_scaled: conversions of float ports whose channels have a factor and a shift of their own.
import { attr } from '../attributes.ts';
import { defineOp, required, rule } from '../define-op.ts';
import type { LoopBuilder } from '../loops/builder.ts';
import type { LoopValue } from '../loops/kernel.ts';
import { quantizedElement, quantizeElement } from '../quantize-element.ts';
import { quantOf, scaleAndZero } from '../quantized.ts';
import { elementCount, isInteger, type TensorType, tensorType } from '../types.ts';

const perChannel = [
  { name: 'factor', doc: 'f32, one per index of the last dimension.' },
  { name: 'shift', doc: 'f32, one per index of the last dimension; 0 without it.', optional: true },
];

/** Channels of the last dimension; the operands after the first must have one number for each. */
function checkChannels(x: TensorType, others: readonly (TensorType | undefined)[]): void {
  const channels = x.shape.at(-1);
  rule(channels !== undefined, 'takes tensors of rank 1 and more');
  const fits = (t: TensorType | undefined) =>
    t === undefined || (t.element === 'f32' && t.shape.length === 1 && t.shape[0] === channels);
  rule(others.every(fits), `takes factors and shifts of f32, ${channels} of each`);
}

/** The iteration space of the maps: rows of channels. */
const rowsOf = ({ shape }: TensorType): readonly number[] => {
  const channels = shape.at(-1) ?? 1;
  return [channels === 0 ? 0 : elementCount(shape) / channels, channels];
};

export const quantizeScaled = defineOp({
  name: 'quantize_scaled',
  doc: 'y[..., c] = clamp(round((x[..., c] - shift[c]) * factor[c] / scale) + zero): `sub`, `mul` and `quantize` in one, each operation an f32. NaN gives the zero point. Sources: those of quantize.',
  operands: [{ name: 'x', doc: 'f32.' }, ...perChannel],
  attributes: {
    ties: attr.word(['away', 'even'], { fallback: 'away', doc: 'Where a quotient halfway between two integers goes.' }),
  },
  results: ['y'],
  types({ operands: [x, ...others], asked }) {
    const from = required([x], 0);
    const y = asked?.[0];
    rule(from.element === 'f32', `takes f32, got ${from.element}`);
    required(others, 0);
    checkChannels(from, others);
    rule(y !== undefined && (y.element === 'i8' || y.element === 'i16'), 'needs a result type of i8 or i16 given');
    scaleAndZero(y, 'result');
    return [tensorType(y.element, from.shape, quantOf(y, 'result'))];
  },
  reference({ operands, attributes, results }) {
    const [x, factor, shift] = operands.map((t) => t?.data as Float32Array | undefined);
    const { type, data } = results[0]!;
    const { scale, zero } = scaleAndZero(type, 'result');
    const channels = type.shape.at(-1)!;
    for (let i = 0; i < data.length; i++) {
      const shifted = Math.fround(x![i]! - (shift?.[i % channels] ?? 0));
      const scaled = Math.fround(shifted * factor![i % channels]!);
      data[i] = quantizedElement(scaled, scale, zero, type.element, attributes.ties);
    }
  },
  lower({ op, attributes, operand, result, resultType }) {
    const y = resultType(0);
    const { scale, zero } = scaleAndZero(y, 'result');
    const [x, factor] = [operand(0), operand(1)];
    const shift = op.operands[2] === undefined ? undefined : operand(2);
    return [
      {
        kind: 'map',
        result: result(0),
        shape: rowsOf(y),
        body: (b, index, flat) => {
          const c = channelIndex(b, index);
          const value = b.load(x, flat);
          const shifted = shift === undefined ? value : b.sub(value, b.load(shift, c));
          const scaled = b.mul(shifted, b.load(factor, c));
          return quantizeElement(
            b,
            scaled,
            { scale: b.f32(scale), zero: b.constant(zero) },
            y.element,
            attributes.ties,
          );
        },
      },
    ];
  },
});

export const dequantizeScaled = defineOp({
  name: 'dequantize_scaled',
  doc: 'y[..., c] = scale * f32(x[..., c] - zero) * factor[c] + shift[c]: `dequantize`, `mul` and `add` in one, each operation an f32. Sources: those of dequantize.',
  operands: [{ name: 'x', doc: 'i8 or i16, quantized as a whole.' }, ...perChannel],
  attributes: {},
  results: ['y'],
  types({ operands: [x, ...others] }) {
    const from = required([x], 0);
    rule(isInteger(from.element) && ['i8', 'i16'].includes(from.element), `takes i8 or i16, got ${from.element}`);
    scaleAndZero(from, 'input');
    required(others, 0);
    checkChannels(from, others);
    return [tensorType('f32', from.shape)];
  },
  reference({ operands, results }) {
    const { type, data } = operands[0]!;
    const [factor, shift] = [operands[1]!.data as Float32Array, operands[2]?.data as Float32Array | undefined];
    const y = results[0]!.data as Float32Array;
    const { scale, zero } = scaleAndZero(type, 'input');
    const channels = type.shape.at(-1)!;
    for (let i = 0; i < y.length; i++) {
      const real = Math.fround((Number(data[i]) - zero) * scale);
      const scaled = Math.fround(real * factor[i % channels]!);
      y[i] = shift === undefined ? scaled : scaled + shift[i % channels]!;
    }
  },
  lower({ op, operand, result, type }) {
    const { scale, zero } = scaleAndZero(type(0), 'input');
    const [x, factor] = [operand(0), operand(1)];
    const shift = op.operands[2] === undefined ? undefined : operand(2);
    return [
      {
        kind: 'map',
        result: result(0),
        shape: rowsOf(type(0)),
        body: (b, index, flat) => {
          const c = channelIndex(b, index);
          const difference = b.sub(b.load(x, flat), b.constant(zero));
          const scaled = b.mul(b.mul(b.convert(difference, 'f32'), b.f32(scale)), b.load(factor, c));
          return shift === undefined ? scaled : b.add(scaled, b.load(shift, c));
        },
      },
    ];
  },
});

const channelIndex = (b: LoopBuilder, index: readonly LoopValue[]): LoopValue => index[1] ?? b.constant(0);

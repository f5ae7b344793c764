// pad: a border of one value around a tensor.
import { attr } from '../attributes.ts';
import { defineOp, required, rule } from '../define-op.ts';
import type { MapLowering } from '../loops/lowering.ts';
import type { Buffer } from '../loops/types.ts';
import { movedType } from '../moved-type.ts';
import { roundHalfEven, saturate } from '../numerics.ts';
import { scaleAndZero } from '../quantized.ts';
import { forEachRowIndex, stridedPosition } from '../shapes.ts';
import { copyElements, fillElements, joinDimensions, type StridedLayout } from '../strided-copy.ts';
import { copyRun, type TensorData } from '../tensor-data.ts';
import { transposedLists } from '../transposition.ts';
import { elementCount, integerRange, stridesOf, type TensorType } from '../types.ts';
import { offsetWhere, unsignedAlike } from '../unsigned-storage.ts';

export const pad = defineOp({
  name: 'pad',
  doc: 'x with elements of one value before and after it in each dimension. Every element of the result is written once: x where it belongs, and the runs between. Sources: TensorFlow Lite reference/pad.h; ONNX Pad, mode constant.',
  operands: [{ name: 'x', doc: 'Any tensor.' }],
  attributes: {
    before: attr.ints({ min: 0, doc: 'Elements added ahead of each dimension.' }),
    after: attr.ints({ min: 0, doc: 'Elements added behind each dimension.' }),
    value: attr.float({
      fallback: 0,
      doc: 'The added elements as they are stored: for a quantized tensor the integer, so a real zero is its zero point.',
    }),
  },
  results: ['y'],
  oneQuantization: true,
  factors: ({ attributes: { before, value } }) =>
    value === 0 ? { signs: 'any', starts: [(before as number[]).at(-1) ?? 0] } : undefined,
  types({ operands, attributes: { before, after, value } }) {
    const x = required(operands, 0);
    const shape = paddedShape(x, before, after);
    rule(isStorable(x, value), () => `cannot store ${value} as ${x.element}`);
    return [movedType(x, shape)];
  },
  quantizedAttributes: ({ attributes, type }) => ({ ...attributes, value: storedAs(attributes.value as number, type) }),
  simplify({ op, builder }) {
    const x = op.operand(0);
    const own = op.attributes as Border;
    if ([...own.before, ...own.after].every((n) => n === 0)) return [x];
    if (x.producer?.definition !== op.definition) return undefined;
    const inner = x.producer.attributes as Border;
    if (!Object.is(inner.value, own.value)) return undefined;
    const before = own.before.map((n, d) => n + inner.before[d]!);
    const after = own.after.map((n, d) => n + inner.after[d]!);
    return [builder.create(op.definition, [x.producer.operand(0)], { before, after, value: own.value })];
  },
  unsigned(op, places) {
    const attributes = unsignedAlike(op, places);
    return attributes && { ...attributes, value: offsetWhere(places.results[0], op.attributes.value as number) };
  },
  transposed: transposedLists('before', 'after'),
  reference({ operands, attributes: { before, value }, results }) {
    const x = operands[0]!;
    const y = results[0]!;
    fillTensor(y, value);
    const { shape } = x.type;
    const run = shape.at(-1) ?? 1;
    const strides = stridesOf(y.type.shape);
    forEachRowIndex(shape, (index, row) => {
      const at = before.map((n, d) => n + (index[d] ?? 0));
      copyRun(y.data, stridedPosition(at, strides), x.data, row * run, (row + 1) * run);
    });
  },
  lower({ attributes: { before, value }, operand, result, type, resultType }) {
    const { shape } = type(0);
    const strides = stridesOf(resultType(0).shape);
    const inside = { offset: stridedPosition(before, strides), strides };
    return [
      ...fillAround(result(0), inside, shape, elementCount(resultType(0).shape), value),
      ...copyElements(result(0), inside, operand(0), { offset: 0, strides: stridesOf(shape) }, shape),
    ];
  },
});

/** The attributes. */
type Border = { readonly before: readonly number[]; readonly after: readonly number[]; readonly value: number };

/** The shape after padding; checks that there are two numbers for each dimension. */
export function paddedShape(x: TensorType, before: readonly number[], after: readonly number[]): number[] {
  const rank = x.shape.length;
  rule(before.length === rank && after.length === rank, `needs two paddings for each of ${rank} dimensions`);
  return x.shape.map((n, d) => n + before[d]! + after[d]!);
}

function isStorable({ element }: TensorType, value: number): boolean {
  if (element === 'f32') return Object.is(Math.fround(value), value);
  if (element === 'f16') return value === 0;
  if (element === 'i64') return Number.isSafeInteger(value);
  const { min, max } = integerRange(element);
  return Number.isInteger(value) && value >= min && value <= max;
}

/** The integer that stands for a real number in a quantized type. */
function storedAs(value: number, type: TensorType): number {
  const { scale, zero } = scaleAndZero(type, 'result');
  const { min, max } = integerRange(type.element);
  return saturate(roundHalfEven(Math.fround(value / scale)) + zero, min, max);
}

function fillTensor({ data }: TensorData, value: number): void {
  if (data instanceof BigInt64Array) data.fill(BigInt(value));
  else data.fill(value);
}

/**
 * Fills what a box inside a row-major buffer leaves: the run ahead of it, the run behind it, and for each dimension of
 * the box the gaps between its consecutive slabs, which are runs too.
 */
function fillAround(
  result: Buffer,
  inside: StridedLayout,
  shape: readonly number[],
  length: number,
  value: number,
): MapLowering[] {
  const fill = (offset: number, count: number, outer: readonly number[], strides: readonly number[]) =>
    fillElements(result, { offset, strides: [...strides, 1] }, [...outer, count], value);
  if (elementCount(shape) === 0) return fill(0, length, [], []);
  const space = joinDimensions(shape, [inside]);
  const box = space.shape;
  const { offset, strides } = space.layouts[0]!;
  // Elements from the first to the last of a slab of dimensions d and further, both included.
  const spans = box.map((_, d) => box.slice(d).reduce((sum, n, i) => sum + (n - 1) * strides[d + i]!, 1));
  const end = offset + spans[0]!;
  const gaps = box.map((extent, d) => {
    const span = spans[d + 1] ?? 1;
    const outer = [...box.slice(0, d), extent - 1];
    return fill(offset + span, strides[d]! - span, outer, strides.slice(0, d + 1));
  });
  return [...fill(0, offset, [], []), ...gaps.flat(), ...fill(end, length - end, [], [])];
}

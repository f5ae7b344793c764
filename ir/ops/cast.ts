// cast: the same numbers in another element type.
import { attr } from '../attributes.ts';
import { defineOp, required, rule } from '../define-op.ts';
import type { LoopBuilder } from '../loops/builder.ts';
import type { LoopValue } from '../loops/kernel.ts';
import { loadedType } from '../loops/types.ts';
import { truncateToI32 } from '../numerics.ts';
import { transposedElementwise } from '../transposition.ts';
import { bytesPerElement, type ElementType, elementCount, tensorType } from '../types.ts';

const isStorageOnly = (element: ElementType) => element === 'f16' || element === 'i4';

/** The number that a cast stores, before the element type keeps its low bits. */
function castNumber(x: number | bigint, from: ElementType, to: ElementType): number | bigint {
  if (to === 'bool') return Number(x) !== 0 ? 1 : 0;
  if (from === 'f32' && to !== 'f32') {
    const whole = truncateToI32(Number(x));
    return to === 'i64' ? BigInt(whole) : whole;
  }
  if (to === 'i64') return BigInt(x);
  if (typeof x !== 'bigint') return x;
  // From i64: rounded to f32 by the array, or the low 32 bits.
  return to === 'f32' ? floatOfLong(x) : Number(BigInt.asIntN(32, x));
}

/** A 64-bit integer as a number that Math.fround rounds as if it were exact: bits past 53 are gathered in the last. */
function floatOfLong(x: bigint): number {
  const magnitude = x < 0n ? -x : x;
  if (magnitude < 1n << 53n) return Number(x);
  const kept = magnitude >> 11n;
  const gathered = kept << 11n === magnitude ? kept : kept | 1n;
  return Number(gathered) * 2048 * (x < 0n ? -1 : 1);
}

function castCode(b: LoopBuilder, x: LoopValue, to: ElementType): LoopValue {
  const target = loadedType(to);
  if (to === 'bool') {
    const zero = x.type === 'f32' ? b.f32(0) : x.type === 'i64' ? b.i64(0) : b.constant(0);
    return b.convert(b.compare('ne', x, zero), 'i32');
  }
  if (x.type === 'f32' && target === 'i64') return b.convert(b.convert(x, 'i32'), 'i64');
  return b.convert(x, target);
}

export const cast = defineOp({
  name: 'cast',
  doc: 'The same numbers in another element type, without regard to quantization. f32 becomes an integer toward zero, saturating at 32 bits; integers keep their low bits; anything but 0 is true. Sources: TensorFlow Lite kernels/cast.cc; ONNX Cast.',
  operands: [{ name: 'x', doc: 'Any tensor but f16 and i4.' }],
  attributes: { to: attr.element({ doc: 'Element type of the result; not f16 or i4.' }) },
  results: ['y'],
  types({ operands, attributes, asked }) {
    const x = required(operands, 0);
    rule(
      !isStorageOnly(x.element) && !isStorageOnly(attributes.to),
      `does not go from ${x.element} to ${attributes.to}`,
    );
    return [tensorType(attributes.to, x.shape, asked?.[0]?.quant)];
  },
  reference({ operands, results }) {
    const x = operands[0]!;
    const y = results[0]!;
    const put = y.data as unknown as (number | bigint)[];
    for (let i = 0; i < y.data.length; i++) put[i] = castNumber(x.data[i]!, x.type.element, y.type.element);
  },
  lower({ operand, result, resultType }) {
    const y = resultType(0);
    const x = operand(0);
    return [
      {
        kind: 'map',
        result: result(0),
        shape: [elementCount(y.shape)],
        body: (b, _index, flat) => castCode(b, b.load(x, flat), y.element),
      },
    ];
  },
  // Integers of equal size only: C must not read a float where it wrote an integer.
  transposed: transposedElementwise,
  inPlace(op) {
    const [from, to] = [op.operand(0).type.element, op.result.type.element];
    return from !== 'f32' && to !== 'f32' && bytesPerElement(from) === bytesPerElement(to) ? [0] : [];
  },
});

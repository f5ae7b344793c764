// Seeded random map lowerings, with contents for the buffer that they read: any rank and result type, results laid out
// densely or placed in a larger tensor, bodies short and long.
import type { LoopBuilder } from '../../ir/loops/builder.ts';
import type { LoopValue } from '../../ir/loops/kernel.ts';
import type { MapLowering } from '../../ir/loops/lowering.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { allocateArray, type TensorArray } from '../../ir/tensor-data.ts';
import { type ElementType, elementCount, stridesOf } from '../../ir/types.ts';
import { randomInteger } from '../ops/operator-runs.ts';

export interface RandomMapLowering {
  readonly map: MapLowering;
  readonly contents: ReadonlyMap<Buffer, TensorArray>;
}

const elements: readonly ElementType[] = ['i8', 'i8', 'u8', 'bool', 'i16', 'i16', 'i32', 'i64'];

export function randomMapLowering(random: () => number): RandomMapLowering {
  const upTo = (high: number) => randomInteger(random, 1, high);
  const pick = <T>(values: readonly T[]): T => values[upTo(values.length) - 1]!;
  const shape = Array.from({ length: upTo(4) }, () => upTo(4));
  shape[shape.length - 1] = pick([1, 2, 3, 4, 5, 7, 8, 12, 16]);
  // The result is a box inside of a tensor that is as large in some dimensions and larger in others.
  const isPlaced = random() < 0.4;
  const outer = shape.map((n) => (isPlaced && random() < 0.5 ? n + pick([1, 2, 4, 8]) : n));
  const strides = stridesOf(outer);
  const offset = outer.reduce((sum, n, d) => sum + (n > shape[d]! ? strides[d]! * pick([0, 1, n - shape[d]!]) : 0), 0);
  const result: Buffer = { name: 'y', element: pick(elements), length: elementCount(outer), role: 'out' };
  const x: Buffer = { name: 'x', element: 'i32', length: elementCount(shape), role: 'in' };
  const data = Int32Array.from({ length: x.length }, () => randomInteger(random, -1000, 1000));
  const read = pick([inPlace, backwards, summed]);
  const map: MapLowering = {
    kind: 'map',
    result,
    shape,
    ...(isPlaced ? { place: { offset, strides } } : {}),
    body(b, index, flat) {
      const value = read(b, x, index, flat, shape);
      if (result.element === 'bool') return b.convert(b.compare('gt', value, 0), 'i32');
      return result.element === 'i64' ? b.convert(value, 'i64') : value;
    },
  };
  const y = allocateArray(result.element, result.length);
  return {
    map,
    contents: new Map<Buffer, TensorArray>([
      [x, data],
      [result, y],
    ]),
  };
}

type Read = (
  b: LoopBuilder,
  x: Buffer,
  index: readonly LoopValue[],
  flat: LoopValue,
  shape: readonly number[],
) => LoopValue;

const inPlace: Read = (b, x, index, flat) =>
  index.reduce((sum, i, d) => b.add(b.mul(sum, 3), b.mul(i, d + 1)), b.load(x, flat));

const backwards: Read = (b, x, index, _flat, shape) => {
  const mirrored = index.map((i, d) => b.sub((shape[d] ?? 1) - 1, i));
  return b.load(x, b.flatten(shape, mirrored));
};

/** A body that is long when it is written out. */
const summed: Read = (b, x, _index, flat) => {
  let value = b.load(x, flat);
  for (let n = 0; n < 60; n++) value = b.xor(b.add(value, n), b.shr(value, 1));
  return value;
};

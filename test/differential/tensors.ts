// Random types and contents of tensors. Shapes are small and lie on both sides of the lengths of vectors and tiles;
// scales, zero points and contents are ordinary ones most of the time and extreme ones now and then.
import { allocateTensor, type TensorData } from '../../ir/tensor-data.ts';
import {
  type ElementType,
  elementCount,
  integerRange,
  perTensor,
  type Quantization,
  type TensorType,
  tensorType,
} from '../../ir/types.ts';
import type { Draw } from './draw.ts';

/** The integers that are quantized everywhere. */
export type SmallInteger = 'i8' | 'u8' | 'i16';

export const smallIntegers: readonly SmallInteger[] = ['i8', 'u8', 'i16'];

/** An extent: around the sizes of vectors (4, 8, 16 lanes), odd ones, and 1. */
export function extent(draw: Draw, most: number): number {
  const around = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 15, 16, 17, 20, 24, 31, 32, 33, 40, 48, 63, 64, 65];
  return draw.pick(around.filter((n) => n <= Math.max(1, most)));
}

/** A shape of at most this many elements; one in a hundred has an extent of 0. */
export function shape(draw: Draw, rank: number, most = 600): number[] {
  let room = most;
  const extents = Array.from({ length: rank }, () => {
    const n = extent(draw, Math.min(room, 65));
    room = Math.max(1, Math.floor(room / n));
    return n;
  });
  if (rank > 0 && draw.chance(0.01)) extents[draw.int(0, rank - 1)] = 0;
  return draw.shuffled(extents);
}

/** The shape of an image: batch x height x width x channels. */
export function imageShape(draw: Draw): number[] {
  const channels = extent(draw, 40);
  const area = Math.max(1, Math.floor(900 / channels));
  const height = draw.int(1, Math.min(12, area));
  const width = draw.int(1, Math.min(12, Math.max(1, Math.floor(area / height))));
  return [draw.chance(0.2) ? 2 : 1, height, width, channels];
}

/** A scale as models have them, seldom a power of two or far off. */
export function scale(draw: Draw): number {
  const exponent = draw.chance(0.1) ? draw.real(-20, 6) : draw.real(-9, 0);
  return Math.fround(2 ** (draw.chance(0.2) ? Math.round(exponent) : exponent));
}

export function zeroPoint(draw: Draw, element: ElementType): number {
  const { min, max } = integerRange(element);
  if (element === 'i16' && draw.chance(0.8)) return 0;
  return draw.weighted<() => number>([
    [2, () => (element === 'u8' ? 128 : 0)],
    [2, () => min],
    [1, () => max],
    [5, () => draw.int(min, max)],
  ])();
}

/** One scale and zero point for the whole tensor. */
export function quantization(draw: Draw, element: ElementType): Quantization {
  return perTensor(scale(draw), zeroPoint(draw, element));
}

/** A scale for each index of an axis, around a common one; one zero point. */
export function axisQuantization(draw: Draw, axis: number, count: number, zero: number): Quantization {
  const middle = scale(draw);
  const scales = Array.from({ length: count }, () => Math.fround(middle * 2 ** draw.real(-2, 2)));
  return { axis, scale: scales, zero: scales.map(() => zero) };
}

/** A type with a quantization of its own where its integers are small. */
export function typeOf(draw: Draw, element: ElementType, dims: readonly number[]): TensorType {
  const small = smallIntegers.find((e) => e === element);
  return small === undefined ? tensorType(element, dims) : tensorType(small, dims, quantization(draw, small));
}

/** How the elements of a tensor are chosen. */
export type Mood = 'ordinary' | 'extreme';

const floatExtremes = [0, -0, 1, -1, 0.5, 2.5, 1e30, -1e30, 3.4e38, 1e-30, Infinity, -Infinity, Number.NaN];
const longExtremes = [0n, 1n, -1n, 255n, 2n ** 31n - 1n, -(2n ** 31n), 2n ** 32n, 2n ** 63n - 1n, -(2n ** 63n)];

/** Bounds of ordinary 32- and 64-bit integers: they are sums, indices and counts. */
function ordinaryBounds(draw: Draw): readonly [number, number] {
  return draw.pick([
    [-3, 12],
    [0, 40],
    [-1000, 1000],
    [-100000, 100000],
  ] as const);
}

function numberFor(draw: Draw, element: ElementType, mood: Mood): () => number {
  if (element === 'f32') {
    const magnitude = draw.pick([0.5, 2, 2, 8, 100]);
    const ordinary = () => (draw.chance(0.05) ? 0 : draw.real(-magnitude, magnitude));
    return mood === 'extreme' ? () => (draw.chance(0.3) ? draw.pick(floatExtremes) : ordinary()) : ordinary;
  }
  const { min, max } = integerRange(element === 'i64' ? 'i32' : element);
  if (mood === 'extreme') {
    return draw.weighted<() => number>([
      [1, () => min],
      [1, () => max],
      [2, () => draw.pick([min, max])],
      [2, () => draw.pick([min, min + 1, -1, 0, 1, max - 1, max].filter((x) => x >= min && x <= max))],
    ]);
  }
  const [low, high] = element === 'i32' || element === 'i64' ? ordinaryBounds(draw) : [min, max];
  return () => draw.int(low, high);
}

/** Contents of a type. */
export function contents(draw: Draw, type: TensorType, mood: Mood = 'ordinary'): TensorData {
  const tensor = allocateTensor(type);
  const { data } = tensor;
  if (data instanceof BigInt64Array) {
    const next = numberFor(draw, 'i64', 'ordinary');
    const extreme = mood === 'extreme';
    for (let i = 0; i < data.length; i++) data[i] = extreme ? draw.pick(longExtremes) : BigInt(next());
    return tensor;
  }
  // Half floats as their bits: finite ones only.
  const next = type.element === 'f16' ? () => draw.int(0, 0x7bff) : numberFor(draw, type.element, mood);
  for (let i = 0; i < data.length; i++) data[i] = next();
  return tensor;
}

/** A shape that broadcasts to this one: some extents are 1, some leading dimensions are missing. */
export function broadcastable(draw: Draw, to: readonly number[]): number[] {
  const dims = to.map((n) => (draw.chance(0.35) ? 1 : n));
  return draw.weighted<() => number[]>([
    [3, () => [...to]],
    [2, () => dims],
    [2, () => dims.slice(draw.int(0, dims.length))],
    [1, () => to.slice(Math.max(0, to.length - 1))],
  ])();
}

/** Elements of the tensor, an estimate of what it costs. */
export const sizeOf = (type: TensorType): number => elementCount(type.shape);

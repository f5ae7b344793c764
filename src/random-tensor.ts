// Seeded random tensors: the same everywhere for the same seed.
import { allocateTensor, type TensorData } from '../ir/tensor-data.ts';
import { integerRange, type TensorType } from '../ir/types.ts';

/** Uniform numbers in [0, 1). */
export type Random = () => number;

/** mulberry32: 32 bits of state, enough for test data (public domain generator by Tommy Ettinger). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * A tensor of random values: i8, u8, i16 and bool over their whole range, i32 and i64 in [-1000, 1000] (they are sums,
 * indices and counts), f32 in [-2, 2).
 */
export function randomTensor(type: TensorType, random: Random): TensorData {
  const tensor = allocateTensor(type);
  const { data } = tensor;
  if (data instanceof BigInt64Array) {
    for (let i = 0; i < data.length; i++) data[i] = BigInt(Math.floor(random() * 2001) - 1000);
  } else if (type.element === 'f32') {
    for (let i = 0; i < data.length; i++) data[i] = random() * 4 - 2;
  } else if (type.element !== 'f16') {
    const { min, max } = type.element === 'i32' ? { min: -1000, max: 1000 } : integerRange(type.element);
    for (let i = 0; i < data.length; i++) data[i] = min + Math.floor(random() * (max - min + 1));
  }
  return tensor;
}

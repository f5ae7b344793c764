// Seeded inputs that look like what networks were made for.
import { allocateArray, type TensorArray } from '../ir/tensor-data.ts';
import { elementCount } from '../ir/types.ts';
import type { TensorInfo } from '../src/index.ts';
import type { Random } from '../src/random-tensor.ts';

/**
 * Slanted waves with noise: what pictures and sounds have and plain noise has not, neighbours that are alike. Integers of
 * up to 32 bits are rounded down.
 */
export function wavesAndNoise(
  { type }: TensorInfo,
  [low, high]: readonly [number, number],
  random: Random,
): TensorArray {
  const array = allocateArray(type.element, elementCount(type.shape));
  if (array instanceof BigInt64Array) throw new Error('64-bit inputs are counts and indices, not waves');
  const wavelength = 5 + 20 * random();
  const phase = random();
  for (let i = 0; i < array.length; i++) {
    const wave = Math.sin(2 * Math.PI * (i / wavelength + phase));
    const value = low + (high - low) * (0.5 + 0.4 * wave + 0.2 * (random() - 0.5));
    array[i] = type.element === 'f32' ? value : Math.floor(value);
  }
  return array;
}

// Real bounds as the fused activations that TFLite has names for.
import type { Bounds } from '../../../ir/quantized.ts';
import { quantizedBounds } from '../../../ir/quantized.ts';
import type { TensorType } from '../../../ir/types.ts';

export type Activation = 'NONE' | 'RELU' | 'RELU6' | 'RELU_N1_TO_1';

const activations: readonly (readonly [Activation, Bounds])[] = [
  ['NONE', [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]],
  ['RELU', [0, Number.POSITIVE_INFINITY]],
  ['RELU6', [0, 6]],
  ['RELU_N1_TO_1', [-1, 1]],
];

/**
 * The activation with these bounds, or else one that limits the stored integers of the type alike; undefined where no
 * name says it.
 */
export function activationOf(type: TensorType, clamp: readonly number[]): Activation | undefined {
  const same = (a: readonly number[], b: readonly number[]) => a[0] === b[0] && a[1] === b[1];
  const exact = activations.find(([, bounds]) => same(bounds, clamp));
  if (exact !== undefined || type.quant === undefined) return exact?.[0];
  const [low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY] = clamp;
  const wanted = quantizedBounds(type, [low, high]);
  return activations.find(([, bounds]) => same(quantizedBounds(type, bounds), wanted))?.[0];
}

// How well the example's network does on the drawings it has not seen, as float and as int8.

import { heldOutSet } from './datasets.ts';
import { fold, infer } from './inference.ts';
import type { TrainedNetwork } from './network.ts';
import { type QuantizedNetwork, simulateInt8 } from './quantize.ts';
import { countRight, firstImages, greyLevels } from './train.ts';

/** Shares of the held-out images classified right, from 0 to 1; int8 with simulated rounding. */
export interface Accuracy {
  readonly float: number;
  readonly int8: number;
}

export function heldOutAccuracy(network: TrainedNetwork, quantized: QuantizedNetwork): Accuracy {
  const drawings = heldOutSet();
  const { count, labels } = drawings;
  const images = greyLevels(drawings, firstImages(count));
  const floatLogits = infer(fold(network), images, count, (_, values) => values);
  return {
    float: countRight(floatLogits, labels) / count,
    int8: countRight(simulateInt8(quantized, images, count), labels) / count,
  };
}

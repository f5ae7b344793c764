// Trains the example's network: softmax cross-entropy and Adam with a linearly falling step, single-threaded, from
// one seed. Only operations that every engine rounds alike are used, so every machine gives the same weights.

import { Adam } from './adam.ts';
import { classNames, type Dataset, imageSize } from './draw.ts';
import { expOfNonPositive } from './exp.ts';
import { Network, type TrainedNetwork } from './network.ts';
import { Random } from './random.ts';

export interface TrainingOptions {
  readonly epochs: number;
  /** Images per update. */
  readonly batch: number;
  /** Adam's step at the start; it falls linearly to zero. */
  readonly step: number;
  readonly seed: number;
}

/** What the bundled example is trained with. */
export const trainingOptions: TrainingOptions = { epochs: 10, batch: 32, step: 0.06, seed: 3 };

/** Trains a new network on `data`; `report` is told each epoch's share of images classified right. */
export function train(
  data: Dataset,
  options: TrainingOptions,
  report: (epoch: number, accuracy: number) => void,
): TrainedNetwork {
  const { batch } = options;
  const random = new Random(options.seed);
  const network = new Network(random);
  const adam = new Adam(network.parameters());
  const order = firstImages(data.count);
  const batches = Math.floor(data.count / batch);
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    random.shuffle(order);
    let right = 0;
    for (let index = 0; index < batches; index++) {
      const chosen = order.subarray(index * batch, (index + 1) * batch);
      const labels = Uint8Array.from(chosen, (i) => data.labels[i]!);
      const logits = network.forward(greyLevels(data, chosen), batch);
      network.backward(crossEntropyGradient(logits, labels), batch);
      adam.update(options.step * (1 - (epoch * batches + index) / (options.epochs * batches)));
      right += countRight(logits, labels);
    }
    report(epoch, right / (batches * batch));
  }
  return network.trained();
}

/** The indices of a data set's first images. */
export function firstImages(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => i);
}

/** The chosen images as grey levels from 0 to 1: [chosen, imageSize, imageSize, 1]. */
export function greyLevels(data: Dataset, chosen: ArrayLike<number>): Float64Array {
  const area = imageSize * imageSize;
  return Float64Array.from({ length: chosen.length * area }, (_, i) => {
    const image = chosen[Math.floor(i / area)]!;
    return data.pixels[image * area + (i % area)]! / 255;
  });
}

/** The gradient of the mean cross-entropy between softmax(logits) and the labels, with respect to the logits. */
export function crossEntropyGradient(logits: Float64Array, labels: Uint8Array): Float64Array {
  const classes = logits.length / labels.length;
  const gradient = new Float64Array(logits.length);
  for (const [image, label] of labels.entries()) {
    const row = logits.subarray(image * classes, (image + 1) * classes);
    const largest = Math.max(...row);
    const powers = row.map((logit) => expOfNonPositive(logit - largest));
    const total = powers.reduce((sum, power) => sum + power, 0);
    for (const [c, power] of powers.entries()) {
      gradient[image * classes + c] = (power / total - (c === label ? 1 : 0)) / labels.length;
    }
  }
  return gradient;
}

/** How many rows of `scores` have their largest value (the first, on a tie) at the label. */
export function countRight(scores: ArrayLike<number>, labels: Uint8Array): number {
  const classes = classNames.length;
  let right = 0;
  for (const [image, label] of labels.entries()) {
    let best = 0;
    for (let c = 1; c < classes; c++) {
      if (scores[image * classes + c]! > scores[image * classes + best]!) best = c;
    }
    if (best === label) right++;
  }
  return right;
}

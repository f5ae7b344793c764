// How well the example's networks do on drawings, as programs that int8c compiled.
import type { TensorArray } from '../../ir/tensor-data.ts';
import { classNames, type Dataset, imageSize } from '../example/draw.ts';
import { countRight } from '../example/train.ts';
import type { Program } from '../program.ts';
import { createRunner, type Runner } from '../runner.ts';

const area = imageSize * imageSize;

/** The image [1, 24, 24, 1] at position `i` of a data set, as a network takes it. */
export type Picture = (data: Dataset, i: number) => TensorArray;

const greyLevels = (data: Dataset, i: number) => data.pixels.subarray(i * area, (i + 1) * area);

/** Real numbers from 0 to 1. */
export const asFloat: Picture = (data, i) => Float32Array.from(greyLevels(data, i), (grey) => grey / 255);

/** Grey level g as the integer g - 128. */
export const asInt8: Picture = (data, i) => Int8Array.from(greyLevels(data, i), (grey) => grey - 128);

/** The network's probabilities for one image; both networks have one input and one output. */
export async function classify(runner: Runner, image: TensorArray): Promise<TensorArray> {
  const { probabilities } = await runner.run({ image });
  return probabilities ?? new Int8Array(classNames.length);
}

/** Share of the images that a network classifies right, from 0 to 1; it runs as its compiled loops in JavaScript. */
export async function accuracyOf(program: Program, data: Dataset, picture: Picture): Promise<number> {
  const runner = await createRunner(program, { target: 'js' });
  const scores: number[] = [];
  for (let i = 0; i < data.count; i++) scores.push(...Array.from(await classify(runner, picture(data, i)), Number));
  return countRight(scores, data.labels) / data.count;
}

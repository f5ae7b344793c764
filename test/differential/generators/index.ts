// A generator for every operator, and how often each is drawn. The schedules that are fast because they are intricate
// (contractions, pooling, maps) have most of the weight.
import { operators } from '../../../ir/ops/index.ts';
import type { Generator } from '../draft.ts';
import { arithmetic } from './arithmetic.ts';
import { contractions } from './contractions.ts';
import { conversions } from './conversions.ts';
import { fixedPoint } from './fixed-point.ts';
import { genericGenerator } from './generic.ts';
import { movement } from './movement.ts';
import { recurrent } from './recurrent.ts';
import { reductions } from './reductions.ts';

const own: Readonly<Record<string, Generator>> = {
  ...contractions,
  ...arithmetic,
  ...fixedPoint,
  ...movement,
  ...reductions,
  ...conversions,
  ...recurrent,
};

/** One for each operator of the registry, by its name. */
export const generators: ReadonlyMap<string, Generator> = new Map(
  Array.from(operators, ([name, definition]) => [name, own[name] ?? genericGenerator(definition)]),
);

const usual = 1;

/** What networks are made of, above the usual weight. */
const hot: Readonly<Record<string, number>> = {
  conv2d: 22,
  depthwise_conv2d: 14,
  fully_connected: 12,
  add: 10,
  concat: 5,
  average_pool2d: 4,
  max_pool2d: 4,
  batch_matmul: 4,
  clamp: 3,
  mul: 3,
  pad: 3,
  requantize: 3,
  transpose_conv2d: 3,
  lookup: 2,
  reduce_mean: 2,
  reshape: 2,
  softmax: 2,
};

export const weightedGenerators: readonly (readonly [number, Generator])[] = Array.from(
  generators,
  ([name, generator]) => [hot[name] ?? usual, generator],
);

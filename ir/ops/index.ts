// Every operator of the tensor IR, one line each.
import type { AnyOpDefinition } from '../module.ts';
import { batchMatmul } from './batch-matmul.ts';
import { broadcastTo } from './broadcast-to.ts';
import { clamp } from './clamp.ts';
import { concat } from './concat.ts';
import { constant } from './constant.ts';
import { conv2d } from './conv2d.ts';
import { cumsum } from './cumsum.ts';
import { depthwiseConv2d } from './depthwise-conv2d.ts';
import { dequantize } from './dequantize.ts';
import { fullyConnected } from './fully-connected.ts';
import { gather } from './gather.ts';
import { gatherNd } from './gather-nd.ts';
import { mirrorPad } from './mirror-pad.ts';
import { pad } from './pad.ts';
import { averagePool2d, l2Pool2d, maxPool2d } from './pool2d.ts';
import { reduceAll, reduceAny, reduceMax, reduceMin, reduceProd } from './reduce.ts';
import { reduceMean, reduceSum } from './reduce-sum.ts';
import { reinterpret } from './reinterpret.ts';
import { requantize } from './requantize.ts';
import { reshape } from './reshape.ts';
import { resizeBilinear } from './resize-bilinear.ts';
import { resizeNearest } from './resize-nearest.ts';
import { slice } from './slice.ts';
import { transpose } from './transpose.ts';
import { transposeConv2d } from './transpose-conv2d.ts';

const list: readonly AnyOpDefinition[] = [
  averagePool2d,
  batchMatmul,
  broadcastTo,
  clamp,
  concat,
  constant,
  conv2d,
  cumsum,
  depthwiseConv2d,
  dequantize,
  fullyConnected,
  gather,
  gatherNd,
  l2Pool2d,
  maxPool2d,
  mirrorPad,
  pad,
  reduceAll,
  reduceAny,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceProd,
  reduceSum,
  reinterpret,
  requantize,
  reshape,
  resizeBilinear,
  resizeNearest,
  slice,
  transpose,
  transposeConv2d,
];

/** Operator by name. */
export const operators: ReadonlyMap<string, AnyOpDefinition> = new Map(list.map((d) => [d.name, d]));

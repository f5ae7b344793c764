// Every operator of the tensor IR, one line each.
import type { AnyOpDefinition } from '../module.ts';
import { add, sub } from './add.ts';
import { argMax, argMin } from './arg-extreme.ts';
import { batchMatmul } from './batch-matmul.ts';
import { bitwiseAnd, bitwiseOr, bitwiseXor, shiftLeft, shiftRight } from './bitwise.ts';
import { broadcastTo } from './broadcast-to.ts';
import { cast } from './cast.ts';
import { clamp } from './clamp.ts';
import { equal, greater, greaterEqual, less, lessEqual, notEqual } from './comparison.ts';
import { concat } from './concat.ts';
import { constant } from './constant.ts';
import { conv2d } from './conv2d.ts';
import { cumsum } from './cumsum.ts';
import { depthwiseConv2d } from './depthwise-conv2d.ts';
import { dequantize } from './dequantize.ts';
import { div } from './div.ts';
import { ceil, cos, erf, exp, floor, log, round, sin, sqrt } from './elementary.ts';
import { elu } from './elu.ts';
import { floorDiv, floorMod } from './floor-div.ts';
import { fullyConnected } from './fully-connected.ts';
import { gather } from './gather.ts';
import { gatherNd } from './gather-nd.ts';
import { gelu } from './gelu.ts';
import { hardSwish } from './hard-swish.ts';
import { integerAdd } from './integer-add.ts';
import { integerDiv } from './integer-div.ts';
import { integerLogSoftmax } from './integer-log-softmax.ts';
import { integerMul } from './integer-mul.ts';
import { integerPrelu } from './integer-prelu.ts';
import { integerSoftmax } from './integer-softmax.ts';
import { interpolatedSigmoid } from './interpolated-sigmoid.ts';
import { interpolatedSoftmax } from './interpolated-softmax.ts';
import { l2Normalize } from './l2-normalize.ts';
import { leakyRelu } from './leaky-relu.ts';
import { logSoftmax } from './log-softmax.ts';
import { logicalAnd, logicalNot, logicalOr, logicalXor } from './logical.ts';
import { logistic, tanh } from './logistic.ts';
import { lookup } from './lookup.ts';
import { lstm } from './lstm.ts';
import { maximum, minimum } from './maximum.ts';
import { mirrorPad } from './mirror-pad.ts';
import { mul } from './mul.ts';
import { offsetBinary } from './offset-binary.ts';
import { pad } from './pad.ts';
import { averagePool2d, l2Pool2d, maxPool2d } from './pool2d.ts';
import { pow } from './pow.ts';
import { prelu } from './prelu.ts';
import { quantize } from './quantize.ts';
import { reduceAll, reduceAny, reduceMax, reduceMin, reduceProd } from './reduce.ts';
import { reduceMean, reduceSum } from './reduce-sum.ts';
import { reinterpret } from './reinterpret.ts';
import { requantize } from './requantize.ts';
import { rescaledComparison } from './rescaled-comparison.ts';
import { reshape } from './reshape.ts';
import { resizeBilinear } from './resize-bilinear.ts';
import { resizeNearest } from './resize-nearest.ts';
import { roundedDiv } from './rounded-div.ts';
import { rsqrt } from './rsqrt.ts';
import { dequantizeScaled, quantizeScaled } from './scaled-conversion.ts';
import { scatterNd } from './scatter-nd.ts';
import { select } from './select.ts';
import { abs, neg, sign, square } from './sign.ts';
import { slice } from './slice.ts';
import { softmax } from './softmax.ts';
import { integerSquaredDifference, squaredDifference } from './squared-difference.ts';
import { svdf } from './svdf.ts';
import { topK } from './top-k.ts';
import { transpose } from './transpose.ts';
import { transposeConv2d } from './transpose-conv2d.ts';
import { acos, acosh, asin, asinh, atan, atanh, cosh, sinh, tan } from './trigonometry.ts';

const list: readonly AnyOpDefinition[] = [
  abs,
  acos,
  acosh,
  add,
  argMax,
  argMin,
  asin,
  asinh,
  atan,
  atanh,
  averagePool2d,
  batchMatmul,
  bitwiseAnd,
  bitwiseOr,
  bitwiseXor,
  broadcastTo,
  cast,
  ceil,
  clamp,
  concat,
  constant,
  conv2d,
  cos,
  cosh,
  cumsum,
  depthwiseConv2d,
  dequantize,
  dequantizeScaled,
  div,
  elu,
  equal,
  erf,
  exp,
  floor,
  floorDiv,
  floorMod,
  fullyConnected,
  gather,
  gatherNd,
  gelu,
  greater,
  greaterEqual,
  hardSwish,
  integerAdd,
  integerDiv,
  integerLogSoftmax,
  integerMul,
  integerPrelu,
  integerSoftmax,
  integerSquaredDifference,
  interpolatedSigmoid,
  interpolatedSoftmax,
  l2Normalize,
  l2Pool2d,
  leakyRelu,
  less,
  lessEqual,
  log,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  logistic,
  logSoftmax,
  lookup,
  lstm,
  maximum,
  maxPool2d,
  minimum,
  mirrorPad,
  mul,
  neg,
  notEqual,
  offsetBinary,
  pad,
  pow,
  prelu,
  quantize,
  quantizeScaled,
  reduceAll,
  reduceAny,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceProd,
  reduceSum,
  reinterpret,
  requantize,
  rescaledComparison,
  reshape,
  resizeBilinear,
  resizeNearest,
  round,
  roundedDiv,
  rsqrt,
  scatterNd,
  select,
  shiftLeft,
  shiftRight,
  sign,
  sin,
  sinh,
  slice,
  softmax,
  sqrt,
  square,
  squaredDifference,
  sub,
  svdf,
  tan,
  tanh,
  topK,
  transpose,
  transposeConv2d,
];

/** Operator by name. */
export const operators: ReadonlyMap<string, AnyOpDefinition> = new Map(list.map((d) => [d.name, d]));

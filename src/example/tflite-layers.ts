// The operators of the example's network with their TFLite options, as both the float and the int8 model have them.

import { type Activation, classifier, type Stage } from './architecture.ts';
import type { TensorIndex, TfliteGraph } from './tflite-graph.ts';

/**
 * Versions of the operators for each kind of model: int8 came to each in a later one than float did
 * (tensorflow/compiler/mlir/lite/tools/versioning/op_version.cc in TensorFlow).
 */
export const operatorVersions = {
  float: { conv: 1, depthwise: 1, mul: 1, add: 1, averagePool: 1, reshape: 1, fullyConnected: 1, softmax: 1 },
  int8: { conv: 3, depthwise: 3, mul: 2, add: 2, averagePool: 2, reshape: 1, fullyConnected: 4, softmax: 2 },
} as const;

type Versions = (typeof operatorVersions)[keyof typeof operatorVersions];

const tfliteActivation = { none: 'NONE', relu: 'RELU', relu6: 'RELU6' } as const;

/** The shape of a stage's output. */
export function outputShape(stage: Stage): number[] {
  return [1, stage.outSize, stage.outSize, stage.outChannels];
}

/** The shape of a stage's weights: [out, height, width, in], or [1, height, width, channel] for depthwise ones. */
export function weightShape({ kind, kernel, inChannels, outChannels }: Stage): number[] {
  return kind === 'conv' ? [outChannels, kernel, kernel, inChannels] : [1, kernel, kernel, outChannels];
}

/** Appends a stage's CONV_2D or DEPTHWISE_CONV_2D; `inputs` are image, weights and bias. */
export function addConvolution(
  graph: TfliteGraph,
  versions: Versions,
  stage: Stage,
  inputs: readonly TensorIndex[],
  output: TensorIndex,
  activation: Activation,
): void {
  const shared = {
    padding: 'SAME',
    strideW: stage.stride,
    strideH: stage.stride,
    fusedActivationFunction: tfliteActivation[activation],
  } as const;
  if (stage.kind === 'conv') {
    graph.operator('CONV_2D', versions.conv, inputs, output, { type: 'Conv2DOptions', value: shared });
  } else {
    const value = { ...shared, depthMultiplier: 1 };
    graph.operator('DEPTHWISE_CONV_2D', versions.depthwise, inputs, output, { type: 'DepthwiseConv2DOptions', value });
  }
}

/** Appends an ADD with the activation fused to it. */
export function addSum(
  graph: TfliteGraph,
  versions: Versions,
  inputs: readonly TensorIndex[],
  output: TensorIndex,
  activation: Activation,
): void {
  const value = { fusedActivationFunction: tfliteActivation[activation] };
  graph.operator('ADD', versions.add, inputs, output, { type: 'AddOptions', value });
}

/** Appends a MUL without activation. */
export function addProduct(
  graph: TfliteGraph,
  versions: Versions,
  inputs: readonly TensorIndex[],
  output: TensorIndex,
): void {
  const value = { fusedActivationFunction: 'NONE' } as const;
  graph.operator('MUL', versions.mul, inputs, output, { type: 'MulOptions', value });
}

/** The tensors between the last stage and the network's output. */
export interface HeadTensors {
  readonly input: TensorIndex;
  /** [1, 1, 1, features] and [1, features]. */
  readonly pooled: TensorIndex;
  readonly features: TensorIndex;
  readonly weights: TensorIndex;
  readonly bias: TensorIndex;
  readonly logits: TensorIndex;
  readonly probabilities: TensorIndex;
}

/** Appends AVERAGE_POOL_2D, RESHAPE, FULLY_CONNECTED and SOFTMAX. */
export function addHead(graph: TfliteGraph, versions: Versions, tensors: HeadTensors): void {
  const { input, pooled, features, weights, bias, logits, probabilities } = tensors;
  const { size, inFeatures } = classifier;
  graph.operator('AVERAGE_POOL_2D', versions.averagePool, [input], pooled, {
    type: 'Pool2DOptions',
    value: { padding: 'VALID', strideW: size, strideH: size, filterWidth: size, filterHeight: size },
  });
  const newShape = [-1, inFeatures];
  const shape = graph.tensor('flatten/shape', 'INT32', [2], { data: Int32Array.from(newShape) });
  graph.operator('RESHAPE', versions.reshape, [pooled, shape], features, {
    type: 'ReshapeOptions',
    value: { newShape },
  });
  graph.operator('FULLY_CONNECTED', versions.fullyConnected, [features, weights, bias], logits, {
    type: 'FullyConnectedOptions',
    value: { fusedActivationFunction: 'NONE' },
  });
  graph.operator('SOFTMAX', versions.softmax, [logits], probabilities, { type: 'SoftmaxOptions', value: { beta: 1 } });
}

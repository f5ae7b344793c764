// Runs the trained network without training it: batch normalization folded into weights and biases, every activation
// shown to an observer, which calibration, accuracy and the simulation of int8 share.

import { type Activation, classifier, type Stage, stages } from './architecture.ts';
import { convolve, outChannelOf } from './convolution.ts';
import { activate, averagePool, fullyConnected, sum, type TrainedNetwork } from './network.ts';

/** Weights and bias of one convolution, or of the classifier. */
export interface Layer {
  readonly weights: Float64Array;
  readonly bias: Float64Array;
}

export interface FoldedNetwork {
  /** One per stage of the architecture, in order. */
  readonly stages: readonly Layer[];
  readonly classifier: Layer;
}

/** Names of activations; a convolution's own output, after its activation function, has the name of its stage. */
export const imageName = 'image';
export const pooledName = 'average_pool';
export const logitsName = 'logits';

/** The name of what a stage gives to the next one: its residual sum, where it has one. */
export function outputName(stage: Stage): string {
  return stage.addOutputOf === undefined ? stage.name : `${stage.name}/sum`;
}

/** Is told every activation by its name, and gives the values to go on with. */
export type Observer = (name: string, values: Float64Array) => Float64Array;

/** Multiplies each channel's weights by its batch-norm factor; what batch-norm adds becomes the bias. */
export function fold(network: TrainedNetwork): FoldedNetwork {
  return {
    stages: stages.map((stage, index) => {
      const { weights, multiply, add } = network.stages[index]!;
      return {
        weights: Float64Array.from(weights, (weight, i) => weight * multiply[outChannelOf(stage, i)]!),
        bias: Float64Array.from(add),
      };
    }),
    classifier: {
      weights: Float64Array.from(network.classifierWeights),
      bias: Float64Array.from(network.classifierBias),
    },
  };
}

/** The logits [batch, classes] of `batch` images with grey levels from 0 to 1. */
export function infer(network: FoldedNetwork, images: Float64Array, batch: number, observe: Observer): Float64Array {
  let flowing = observe(imageName, images);
  const outputs = new Map<string, Float64Array>();
  for (const [index, stage] of stages.entries()) {
    const { weights, bias } = network.stages[index]!;
    const convolved = convolve(stage, flowing, weights, batch);
    flowing = observe(stage.name, biasedActivation(convolved, bias, stage.activation));
    const skip = stage.addOutputOf === undefined ? undefined : outputs.get(stage.addOutputOf);
    if (skip !== undefined) flowing = observe(outputName(stage), sum(flowing, skip));
    outputs.set(stage.name, flowing);
  }
  const pooled = averagePool(flowing, classifier.size * classifier.size, classifier.inFeatures);
  const features = observe(pooledName, pooled);
  return observe(logitsName, fullyConnected(features, network.classifier.weights, network.classifier.bias));
}

function biasedActivation(input: Float64Array, bias: Float64Array, activation: Activation): Float64Array {
  return activate(
    input.map((x, i) => x + bias[i % bias.length]!),
    activation,
  );
}

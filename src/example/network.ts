// The network under training: forward and backward through the stages of the architecture, the average pool and the
// classifier, in double precision.

import { type Activation, classifier, type Stage, stages } from './architecture.ts';
import { BatchNorm } from './batch-norm.ts';
import { convolve, convolveBackward, fanIn } from './convolution.ts';
import type { Random } from './random.ts';

/** A learned array and the gradient of the loss with respect to it. */
export interface Parameter {
  readonly values: Float64Array;
  readonly gradient: Float64Array;
}

/** The network as training leaves it, in float32: what the float model stores. */
export interface TrainedNetwork {
  /** One per stage, in order: the convolution's weights, then `x * multiply + add` per output channel. */
  readonly stages: readonly TrainedStage[];
  /** [outFeatures, inFeatures]. */
  readonly classifierWeights: Float32Array;
  readonly classifierBias: Float32Array;
}

export interface TrainedStage {
  readonly weights: Float32Array;
  readonly multiply: Float32Array;
  readonly add: Float32Array;
}

interface TrainingStage {
  readonly stage: Stage;
  readonly weights: Parameter;
  readonly norm: BatchNorm;
  /** The last forward step: before the convolution, before the activation, and after all. */
  input: Float64Array;
  normalized: Float64Array;
  output: Float64Array;
}

const nothing = new Float64Array(0);

export class Network {
  private readonly stages: readonly TrainingStage[];
  private readonly weights: Parameter;
  private readonly bias: Parameter;
  private pooled: Float64Array = nothing;

  /** Weights start uniform with the variance 2 / fan-in of He et al. (https://arxiv.org/abs/1502.01852). */
  constructor(random: Random) {
    this.stages = stages.map((stage) => {
      const weights = initialWeights(stage.outChannels * fanIn(stage), fanIn(stage), random);
      const norm = new BatchNorm(stage.outChannels);
      return { stage, weights, norm, input: nothing, normalized: nothing, output: nothing };
    });
    const { inFeatures, outFeatures } = classifier;
    this.weights = initialWeights(outFeatures * inFeatures, inFeatures, random);
    this.bias = { values: new Float64Array(outFeatures), gradient: new Float64Array(outFeatures) };
  }

  parameters(): Parameter[] {
    const ofStages = this.stages.flatMap(({ weights, norm }) => [
      weights,
      { values: norm.gamma, gradient: norm.gammaGradient },
      { values: norm.beta, gradient: norm.betaGradient },
    ]);
    return [...ofStages, this.weights, this.bias];
  }

  /** The logits [batch, classes] of `batch` images with grey levels from 0 to 1. */
  forward(images: Float64Array, batch: number): Float64Array {
    let flowing = images;
    for (const layer of this.stages) {
      layer.input = flowing;
      const convolved = convolve(layer.stage, flowing, layer.weights.values, batch);
      layer.normalized = layer.norm.forward(convolved);
      const activated = activate(layer.normalized, layer.stage.activation);
      const skip = this.skipOf(layer);
      layer.output = skip === undefined ? activated : sum(activated, skip.output);
      flowing = layer.output;
    }
    this.pooled = averagePool(flowing, classifier.size * classifier.size, classifier.inFeatures);
    return fullyConnected(this.pooled, this.weights.values, this.bias.values);
  }

  /** Sets the gradient of every parameter, given that of the loss with respect to the last logits. */
  backward(logitsGradient: Float64Array, batch: number): void {
    let flowing = this.classifierBackward(logitsGradient, batch);
    const skipped = new Map<TrainingStage, Float64Array>();
    for (const layer of [...this.stages].reverse()) {
      const throughSkip = skipped.get(layer);
      if (throughSkip !== undefined) flowing = sum(flowing, throughSkip);
      const skip = this.skipOf(layer);
      if (skip !== undefined) skipped.set(skip, flowing);
      const beforeActivation = activateBackward(layer.normalized, layer.stage.activation, flowing);
      const convolved = layer.norm.backward(beforeActivation);
      const gradients = convolveBackward(layer.stage, layer.input, layer.weights.values, convolved, batch);
      layer.weights.gradient.set(gradients.weights);
      flowing = gradients.input;
    }
  }

  /** The network for inference, in float32. */
  trained(): TrainedNetwork {
    return {
      stages: this.stages.map(({ weights, norm }) => ({
        weights: Float32Array.from(weights.values),
        ...norm.affine(),
      })),
      classifierWeights: Float32Array.from(this.weights.values),
      classifierBias: Float32Array.from(this.bias.values),
    };
  }

  private skipOf(layer: TrainingStage): TrainingStage | undefined {
    const name = layer.stage.addOutputOf;
    return name === undefined ? undefined : this.stages.find(({ stage }) => stage.name === name);
  }

  /** Sets the classifier's gradients and returns the one of the average pool's input. */
  private classifierBackward(logitsGradient: Float64Array, batch: number): Float64Array {
    const { inFeatures, outFeatures, size } = classifier;
    const area = size * size;
    const inputGradient = new Float64Array(batch * area * inFeatures);
    this.weights.gradient.fill(0);
    this.bias.gradient.fill(0);
    for (let image = 0; image < batch; image++) {
      for (let o = 0; o < outFeatures; o++) {
        const gradient = logitsGradient[image * outFeatures + o]!;
        this.bias.gradient[o]! += gradient;
        for (let i = 0; i < inFeatures; i++) {
          this.weights.gradient[o * inFeatures + i]! += gradient * this.pooled[image * inFeatures + i]!;
          const share = (gradient * this.weights.values[o * inFeatures + i]!) / area;
          for (let pixel = 0; pixel < area; pixel++) inputGradient[(image * area + pixel) * inFeatures + i]! += share;
        }
      }
    }
    return inputGradient;
  }
}

function initialWeights(count: number, fan: number, random: Random): Parameter {
  const bound = Math.sqrt(6 / fan);
  const values = Float64Array.from({ length: count }, () => random.uniform(-bound, bound));
  return { values, gradient: new Float64Array(count) };
}

/** The values between which an activation is the identity. */
export function activationRange(activation: Activation): readonly [number, number] {
  if (activation === 'none') return [-Infinity, Infinity];
  return [0, activation === 'relu6' ? 6 : Infinity];
}

export function activate(input: Float64Array, activation: Activation): Float64Array {
  const [low, high] = activationRange(activation);
  return input.map((x) => Math.min(high, Math.max(low, x)));
}

function activateBackward(input: Float64Array, activation: Activation, outputGradient: Float64Array): Float64Array {
  const [low, high] = activationRange(activation);
  return outputGradient.map((gradient, i) => (input[i]! > low && input[i]! < high ? gradient : 0));
}

export function sum(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((x, i) => x + b[i]!);
}

/** The mean over each image's `area` pixels: [batch, area, channels] to [batch, channels]. */
export function averagePool(input: Float64Array, area: number, channels: number): Float64Array {
  const output = new Float64Array(input.length / area);
  for (let i = 0; i < input.length; i++) {
    const image = Math.floor(i / (area * channels));
    output[image * channels + (i % channels)]! += input[i]! / area;
  }
  return output;
}

/** [batch, in] times [out, in] transposed, plus bias. */
export function fullyConnected(input: Float64Array, weights: Float64Array, bias: Float64Array): Float64Array {
  const inFeatures = weights.length / bias.length;
  const output = new Float64Array((input.length / inFeatures) * bias.length);
  for (let index = 0; index < output.length; index++) {
    const image = Math.floor(index / bias.length);
    const o = index % bias.length;
    let sum = bias[o]!;
    for (let i = 0; i < inFeatures; i++) sum += input[image * inFeatures + i]! * weights[o * inFeatures + i]!;
    output[index] = sum;
  }
  return output;
}

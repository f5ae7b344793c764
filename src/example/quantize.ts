// Quantizes the trained network to int8 as the TensorFlow Lite 8-bit quantization specification asks
// (https://ai.google.dev/edge/litert/models/quantization_spec): activations per tensor from the smallest and largest
// value seen on calibration images, weights symmetric per output channel, biases int32.

import { type Stage, stages } from './architecture.ts';
import { outChannelOf } from './convolution.ts';
import {
  type FoldedNetwork,
  fold,
  imageName,
  infer,
  type Layer,
  type Observer,
  outputName,
  pooledName,
} from './inference.ts';
import type { TrainedNetwork } from './network.ts';

/** How int8 stands for a real: `real = scale * (stored - zeroPoint)`. The scale is a float32 number. */
export interface ActivationQuantization {
  readonly scale: number;
  readonly zeroPoint: number;
}

export interface QuantizedLayer {
  /** In [-127, 127], in the layout of the float weights. */
  readonly weights: Int8Array;
  /** One per output channel, or a single one; zero points are 0. */
  readonly weightScales: Float32Array;
  readonly bias: Int32Array;
  /** Input scale times weight scale. */
  readonly biasScales: Float32Array;
}

export interface QuantizedNetwork {
  /** By the names that inference gives to activations. */
  readonly activations: ReadonlyMap<string, ActivationQuantization>;
  readonly stages: readonly QuantizedLayer[];
  readonly classifier: QuantizedLayer;
}

/** Quantizes a network; `images` holds `count` calibration images with grey levels from 0 to 1. */
export function quantize(network: TrainedNetwork, images: Float64Array, count: number): QuantizedNetwork {
  const folded = fold(network);
  const activations = calibrate(folded, images, count);
  let input = imageName;
  const quantizedStages = stages.map((stage, index) => {
    const layer = quantizeLayer(folded.stages[index]!, perChannel(stage), activations.get(input)!.scale);
    input = outputName(stage);
    return layer;
  });
  const inputScale = activations.get(pooledName)!.scale;
  return { activations, stages: quantizedStages, classifier: quantizeLayer(folded.classifier, perTensor, inputScale) };
}

/** The quantization of every activation, from its range over the images. */
function calibrate(network: FoldedNetwork, images: Float64Array, count: number): Map<string, ActivationQuantization> {
  const activations = new Map<string, ActivationQuantization>();
  // Grey levels 0 to 255 become the int8 numbers -128 to 127, whatever the calibration images hold.
  let latest: ActivationQuantization = { scale: Math.fround(1 / 255), zeroPoint: -128 };
  infer(network, images, count, (name, values) => {
    // Averaging keeps its input's quantization, as the specification wants.
    if (name !== imageName && name !== pooledName) latest = activationQuantization(values);
    activations.set(name, latest);
    return values;
  });
  return activations;
}

/** Spreads the range of `values`, widened to hold 0, over the 256 values of int8, so that 0 is exact. */
function activationQuantization(values: Float64Array): ActivationQuantization {
  const low = values.reduce((least, x) => Math.min(least, x), 0);
  const high = values.reduce((most, x) => Math.max(most, x), 0);
  const scale = Math.fround(high > low ? (high - low) / 255 : 1);
  return { scale, zeroPoint: saturate(roundHalfAway(-128 - low / scale), -128) };
}

/** How many scales a layer's weights have, and which one each weight takes. */
interface WeightScaling {
  readonly count: number;
  readonly of: (weightIndex: number) => number;
}

/** For convolutions: a scale per output channel. */
function perChannel(stage: Stage): WeightScaling {
  return { count: stage.outChannels, of: (weightIndex) => outChannelOf(stage, weightIndex) };
}

/** For the classifier: the specification gives the weights of a fully connected layer one scale. */
const perTensor: WeightScaling = { count: 1, of: () => 0 };

function quantizeLayer(layer: Layer, scaling: WeightScaling, inputScale: number): QuantizedLayer {
  const largest = new Float64Array(scaling.count);
  for (const [i, weight] of layer.weights.entries()) {
    largest[scaling.of(i)] = Math.max(largest[scaling.of(i)]!, Math.abs(weight));
  }
  const weightScales = Float32Array.from(largest, (magnitude) => (magnitude > 0 ? magnitude / 127 : 1));
  const biasScales = weightScales.map((scale) => inputScale * scale);
  return {
    weights: Int8Array.from(layer.weights, (weight, i) =>
      saturate(roundHalfAway(weight / weightScales[scaling.of(i)]!), -127),
    ),
    weightScales,
    bias: Int32Array.from(layer.bias, (bias, c) => roundHalfAway(bias / biasScales[c % biasScales.length]!)),
    biasScales,
  };
}

/**
 * The logits that the quantized network gives, but for the rounding of its requantizations: real arithmetic on the
 * rounded weights, each activation rounded to its int8 values. It estimates accuracy; int8c computes the exact bytes.
 */
export function simulateInt8(network: QuantizedNetwork, images: Float64Array, count: number): Float64Array {
  const dequantized: FoldedNetwork = {
    stages: network.stages.map((layer, index) => dequantize(layer, perChannel(stages[index]!))),
    classifier: dequantize(network.classifier, perTensor),
  };
  const toGrid: Observer = (name, values) => {
    const { scale, zeroPoint } = network.activations.get(name)!;
    return values.map((x) => scale * (saturate(zeroPoint + roundHalfAway(x / scale), -128) - zeroPoint));
  };
  return infer(dequantized, images, count, toGrid);
}

function dequantize(layer: QuantizedLayer, scaling: WeightScaling): Layer {
  return {
    weights: Float64Array.from(layer.weights, (weight, i) => weight * layer.weightScales[scaling.of(i)]!),
    bias: Float64Array.from(layer.bias, (bias, c) => bias * layer.biasScales[c % layer.biasScales.length]!),
  };
}

function roundHalfAway(x: number): number {
  return x < 0 ? -Math.floor(0.5 - x) : Math.floor(x + 0.5);
}

function saturate(x: number, lowest: number): number {
  return Math.min(127, Math.max(lowest, x));
}

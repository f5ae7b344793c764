// Writes the trained network as a float TFLite model in which batch normalization is still there, as a MUL and an ADD
// after each convolution: what a converter gives that does not fold it.

import { classifier, stages } from './architecture.ts';
import { imageSize } from './draw.ts';
import { imageName, logitsName, outputName, pooledName } from './inference.ts';
import type { TrainedNetwork } from './network.ts';
import { type TensorIndex, TfliteGraph } from './tflite-graph.ts';
import {
  addConvolution,
  addHead,
  addProduct,
  addSum,
  operatorVersions,
  outputShape,
  weightShape,
} from './tflite-layers.ts';

/** The constants of a stage or of the classifier, by what the end of their names says. */
export const weightsSuffix = '/weights';
export const biasSuffix = '/bias';
export const multiplySuffix = '/batch_norm/multiply';
export const addSuffix = '/batch_norm/add';

/** The network as the bytes of a .tflite file: float32 in and out, [1, 24, 24, 1] to [1, 8]. */
export function writeFloatModel(network: TrainedNetwork): Uint8Array {
  const graph = new TfliteGraph();
  const versions = operatorVersions.float;
  const computed = (name: string, shape: number[]): TensorIndex => graph.tensor(name, 'FLOAT32', shape);
  const constant = (name: string, shape: number[], data: Float32Array): TensorIndex =>
    graph.tensor(name, 'FLOAT32', shape, { data });

  const image = computed(imageName, [1, imageSize, imageSize, 1]);
  let flowing = image;
  const outputs = new Map<string, TensorIndex>();
  for (const [index, stage] of stages.entries()) {
    const { weights, multiply, add } = network.stages[index]!;
    const channels = [stage.outChannels];
    const convolution = [
      flowing,
      constant(stage.name + weightsSuffix, weightShape(stage), weights),
      constant(stage.name + biasSuffix, channels, new Float32Array(stage.outChannels)),
    ];
    const convolved = computed(`${stage.name}/convolution`, outputShape(stage));
    addConvolution(graph, versions, stage, convolution, convolved, 'none');
    const scaled = computed(`${stage.name}/batch_norm/product`, outputShape(stage));
    addProduct(graph, versions, [convolved, constant(stage.name + multiplySuffix, channels, multiply)], scaled);
    flowing = computed(stage.name, outputShape(stage));
    addSum(graph, versions, [scaled, constant(stage.name + addSuffix, channels, add)], flowing, stage.activation);
    const skip = stage.addOutputOf === undefined ? undefined : outputs.get(stage.addOutputOf);
    if (skip !== undefined) {
      const sum = computed(outputName(stage), outputShape(stage));
      addSum(graph, versions, [flowing, skip], sum, 'none');
      flowing = sum;
    }
    outputs.set(stage.name, flowing);
  }

  const { inFeatures, outFeatures } = classifier;
  const probabilities = computed('probabilities', [1, outFeatures]);
  addHead(graph, versions, {
    input: flowing,
    pooled: computed(pooledName, [1, 1, 1, inFeatures]),
    features: computed('flatten', [1, inFeatures]),
    weights: constant(`classifier${weightsSuffix}`, [outFeatures, inFeatures], network.classifierWeights),
    bias: constant(`classifier${biasSuffix}`, [outFeatures], network.classifierBias),
    logits: computed(logitsName, [1, outFeatures]),
    probabilities,
  });
  return graph.encode('int8c example: shapes, float32, batch normalization not folded', image, probabilities);
}

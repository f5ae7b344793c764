// Writes the quantized network as an int8 TFLite model: int8 in, inside and out.

import { classifier, type Stage, stages } from './architecture.ts';
import { imageSize } from './draw.ts';
import { imageName, logitsName, outputName, pooledName } from './inference.ts';
import type { QuantizedLayer, QuantizedNetwork } from './quantize.ts';
import { type Quantization, type TensorIndex, TfliteGraph } from './tflite-graph.ts';
import { addConvolution, addHead, addSum, operatorVersions, outputShape, weightShape } from './tflite-layers.ts';

/** The network as the bytes of a .tflite file: int8 in and out, [1, 24, 24, 1] to [1, 8]. */
export function writeInt8Model(network: QuantizedNetwork): Uint8Array {
  const graph = new TfliteGraph();
  const versions = operatorVersions.int8;
  /** A tensor that is computed; `activation` names the quantization it has. */
  const computed = (name: string, shape: number[], activation = name): TensorIndex => {
    const { scale, zeroPoint } = network.activations.get(activation)!;
    return graph.tensor(name, 'INT8', shape, { quantization: { scale: [scale], zeroPoint } });
  };

  const image = computed(imageName, [1, imageSize, imageSize, 1]);
  let flowing = image;
  const outputs = new Map<string, TensorIndex>();
  for (const [index, stage] of stages.entries()) {
    const constants = addConstants(graph, stage.name, weightShape(stage), network.stages[index]!, channelAxis(stage));
    const convolved = computed(stage.name, outputShape(stage));
    addConvolution(graph, versions, stage, [flowing, ...constants], convolved, stage.activation);
    flowing = convolved;
    const skip = stage.addOutputOf === undefined ? undefined : outputs.get(stage.addOutputOf);
    if (skip !== undefined) {
      flowing = computed(outputName(stage), outputShape(stage));
      addSum(graph, versions, [convolved, skip], flowing, 'none');
    }
    outputs.set(stage.name, flowing);
  }

  const { inFeatures, outFeatures } = classifier;
  const [weights, bias] = addConstants(graph, 'classifier', [outFeatures, inFeatures], network.classifier, 0);
  // The specification fixes the quantization of probabilities: 0 to 255 / 256.
  const quantization: Quantization = { scale: [1 / 256], zeroPoint: -128 };
  const probabilities = graph.tensor('probabilities', 'INT8', [1, outFeatures], { quantization });
  addHead(graph, versions, {
    input: flowing,
    pooled: computed(pooledName, [1, 1, 1, inFeatures]),
    features: computed('flatten', [1, inFeatures], pooledName),
    weights,
    bias,
    logits: computed(logitsName, [1, outFeatures]),
    probabilities,
  });
  return graph.encode('int8c example: shapes, int8', image, probabilities);
}

/** The axis of a stage's weights that has a scale per index. */
function channelAxis(stage: Stage): number {
  return stage.kind === 'conv' ? 0 : 3;
}

/** Adds a layer's weights and bias. */
function addConstants(
  graph: TfliteGraph,
  name: string,
  shape: number[],
  layer: QuantizedLayer,
  axis: number,
): [weights: TensorIndex, bias: TensorIndex] {
  const weights = graph.tensor(`${name}/weights`, 'INT8', shape, {
    data: layer.weights,
    quantization: { scale: [...layer.weightScales], zeroPoint: 0, axis },
  });
  const bias = graph.tensor(`${name}/bias`, 'INT32', [layer.bias.length], {
    data: layer.bias,
    quantization: { scale: [...layer.biasScales], zeroPoint: 0 },
  });
  return [weights, bias];
}

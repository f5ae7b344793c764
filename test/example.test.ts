// The bundled example: its drawings and training come out the same everywhere, its gradients are right, and the files
// in docs/example are what the script makes, with the structure and accuracy that their README claims.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { accuracyOf, asFloat, asInt8 } from '../src/demo/accuracy.ts';
import { heldOutAccuracy } from '../src/example/accuracy.ts';
import { stages } from '../src/example/architecture.ts';
import { heldOutSet, sampleSet } from '../src/example/datasets.ts';
import { classNames, drawDataset, imageSize } from '../src/example/draw.ts';
import { expOfNonPositive } from '../src/example/exp.ts';
import { exampleFiles, quantizeExample } from '../src/example/files.ts';
import { Network, type TrainedNetwork } from '../src/example/network.ts';
import { Random } from '../src/example/random.ts';
import { crossEntropyGradient, firstImages, greyLevels, train } from '../src/example/train.ts';
import { addSuffix, multiplySuffix, weightsSuffix } from '../src/example/write-float-model.ts';
import {
  type ModelView,
  optionsOf,
  readTflite,
  type SubgraphView,
  type TensorView,
} from '../src/frontends/tflite/model.ts';
import { importModel } from '../src/index.ts';

const sha256 = (...parts: ArrayBufferView[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  return hash.digest('hex');
};

const committed = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../docs/example/${name}`, import.meta.url)));

describe('drawing', () => {
  test('a seed gives the same bytes on every machine', () => {
    expect(sha256(drawDataset(64, 1).pixels)).toBe('c597b314abc954db261dafae01c160401a4f0495e35b066fd1f213f22be055ae');
  });

  test('seeds differ, prefixes agree, classes are balanced', () => {
    const few = drawDataset(16, 1);
    expect(drawDataset(16, 2).pixels).not.toEqual(few.pixels);
    expect(drawDataset(24, 1).pixels.subarray(0, few.pixels.length)).toEqual(few.pixels);
    expect([...few.labels]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('every image has contrast', () => {
    const { pixels, count } = drawDataset(64, 1);
    for (let i = 0; i < count; i++) {
      const image = pixels.subarray(i * imageSize * imageSize, (i + 1) * imageSize * imageSize);
      expect(Math.max(...image) - Math.min(...image)).toBeGreaterThan(60);
    }
  });
});

describe('training', () => {
  test('the exponential agrees with Math.exp', () => {
    for (let x = -40; x <= 0; x += 1 / 128) {
      expect(Math.abs(expOfNonPositive(x) / Math.exp(x) - 1)).toBeLessThan(1e-13);
    }
  });

  test('every gradient is the slope of the loss', () => {
    const drawings = drawDataset(8, 5);
    const images = greyLevels(drawings, firstImages(8));
    const network = new Network(new Random(7));
    const loss = (): number => meanCrossEntropy(network.forward(images, 8), drawings.labels);
    network.backward(crossEntropyGradient(network.forward(images, 8), drawings.labels), 8);
    const step = 1e-7; // rarely takes an activation across a kink
    for (const { values, gradient } of network.parameters()) {
      const claimed = Float64Array.from(gradient);
      for (let i = 0; i < values.length; i += Math.ceil(values.length / 5)) {
        const value = values[i] ?? 0;
        values[i] = value + step;
        const above = loss();
        values[i] = value - step;
        const below = loss();
        values[i] = value;
        expect(claimed[i]).toBeCloseTo((above - below) / (2 * step), 6);
      }
    }
  });

  test('two epochs give the same weights on every machine', () => {
    const network = train(drawDataset(64, 1), { epochs: 2, batch: 16, step: 0.01, seed: 1 }, () => {});
    const arrays = network.stages.flatMap(({ weights, multiply, add }) => [weights, multiply, add]);
    expect(sha256(...arrays)).toBe('9fbcd442cc472b37de0733f5bae6eb4cecb1103ec139e4b8c077492868b236f2');
  });
});

describe('docs/example', () => {
  const float = readTflite(committed('shapes.tflite'));
  const int8 = readTflite(committed('shapes_int8.tflite'));
  const network = trainedNetwork(float);
  const quantized = quantizeExample(network);

  const files = exampleFiles(network, quantized);
  test.each([...files.keys()])('%s follows from the committed weights, byte for byte', (name) => {
    expect(sha256(committed(name))).toBe(sha256(files.get(name) ?? new Uint8Array()));
  });

  test('the README tells the accuracy on images that no one trained on', async () => {
    const readme = new TextDecoder().decode(committed('README.md')).replaceAll(/\s+/g, ' ');
    const float = await accuracyOf(await importModel(committed('shapes.tflite')), heldOutSet(), asFloat);
    const int8 = await accuracyOf(await importModel(committed('shapes_int8.tflite')), heldOutSet(), asInt8);
    expect(readme).toContain(`the float network is right for ${(100 * float).toFixed(1)} %`);
    expect(readme).toContain(`the int8 one, as int8c compiles it, for ${(100 * int8).toFixed(1)} %`);
    expect(Math.min(float, int8)).toBeGreaterThan(0.95);
  });

  test('the simulation of the int8 network foretold its accuracy', () => {
    const { float, int8 } = heldOutAccuracy(network, quantized);
    expect(Math.abs(float - int8)).toBeLessThan(0.005);
  });

  test('the int8 samples are the grey levels minus 128, in a .npy file', () => {
    const file = committed('samples_int8.npy');
    expect(new TextDecoder('latin1').decode(file.subarray(0, 128))).toBe(
      `\x93NUMPY\x01\x00\x76\x00${"{'descr': '|i1', 'fortran_order': False, 'shape': (64, 24, 24, 1,), }".padEnd(117)}\n`,
    );
    const { pixels, labels } = sampleSet();
    expect(new Int8Array(file.slice(128).buffer)).toEqual(Int8Array.from(pixels, (grey) => grey - 128));
    const listed: unknown = JSON.parse(new TextDecoder().decode(committed('labels.json')));
    expect(listed).toEqual({ classes: classNames, labels: [...labels] });
  });

  test('the float model has batch normalization as MUL and ADD', () => {
    const operators = mainGraph(float).operators;
    expect(operators.map(({ opcode }) => opcode)).toEqual([
      ...stages.flatMap(({ kind, addOutputOf }) => [
        kind === 'conv' ? 'CONV_2D' : 'DEPTHWISE_CONV_2D',
        'MUL',
        'ADD',
        ...(addOutputOf === undefined ? [] : ['ADD']),
      ]),
      ...['AVERAGE_POOL_2D', 'RESHAPE', 'FULLY_CONNECTED', 'SOFTMAX'],
    ]);
    expect(mainGraph(float).tensors.every(({ type, name }) => type === 'FLOAT32' || name === 'flatten/shape')).toBe(
      true,
    );
  });

  test.each([
    ['float', float, 'FLOAT32'],
    ['int8', int8, 'INT8'],
  ])('the %s model has a signature', (_, model, type) => {
    expect(model.signatures.map(({ key }) => key)).toEqual(['serving_default']);
    const [signature] = model.signatures;
    const named = [...(signature?.inputs ?? []), ...(signature?.outputs ?? [])].map(({ name, tensor }) => {
      const view = mainGraph(model).tensors[tensor];
      return { name, type: view?.type, shape: view?.shape };
    });
    expect(named).toEqual([
      { name: 'image', type, shape: [1, 24, 24, 1] },
      { name: 'probabilities', type, shape: [1, 8] },
    ]);
  });

  describe('the int8 model follows the quantization specification', () => {
    const { tensors, operators } = mainGraph(int8);
    const tensor = (index: number | undefined): TensorView => {
      const view = tensors[index ?? -1];
      if (view === undefined) throw new Error(`no tensor ${index}`);
      return view;
    };
    const weighted = operators.filter(({ inputs }) => inputs.length === 3);

    test('with the operators of a converter', () => {
      expect(operators.map(({ opcode, version }) => `${opcode} ${version}`)).toEqual([
        ...stages.flatMap(({ kind, addOutputOf }) => [
          kind === 'conv' ? 'CONV_2D 3' : 'DEPTHWISE_CONV_2D 3',
          ...(addOutputOf === undefined ? [] : ['ADD 2']),
        ]),
        ...['AVERAGE_POOL_2D 2', 'RESHAPE 1', 'FULLY_CONNECTED 4', 'SOFTMAX 2'],
      ]);
      const activations = operators
        .filter(({ opcode }) => opcode === 'DEPTHWISE_CONV_2D')
        .map((operator) => optionsOf(operator, 'DepthwiseConv2DOptions').fusedActivationFunction);
      expect(activations).toEqual(['RELU6', 'RELU6', 'RELU6']);
    });

    test.each(weighted.map((operator) => [tensor(operator.inputs[1]).name, operator] as const))(
      '%s are symmetric and set the scale of the bias',
      (_, { opcode, inputs }) => {
        const [input, weights, bias] = inputs.map(tensor);
        const scales = weights?.quantization?.scale ?? [];
        const axis = opcode === 'DEPTHWISE_CONV_2D' ? 3 : 0;
        expect(weights?.quantization?.axis).toBe(axis);
        expect(scales.length).toBe(opcode === 'FULLY_CONNECTED' ? 1 : weights?.shape[axis]);
        expect(new Set(weights?.quantization?.zeroPoint)).toEqual(new Set([0]));
        const stored = new Int8Array(weights?.data ?? []);
        expect(stored.includes(-128)).toBe(false);
        expect(stored.some((weight) => Math.abs(weight) === 127)).toBe(true);
        const inputScale = input?.quantization?.scale[0] ?? 0;
        expect(bias?.type).toBe('INT32');
        expect(bias?.quantization?.scale).toEqual(scales.map((scale) => Math.fround(inputScale * scale)));
      },
    );

    test('with the fixed scales of pooling, reshape and softmax', () => {
      for (const operator of operators.filter(({ opcode }) => ['AVERAGE_POOL_2D', 'RESHAPE'].includes(opcode))) {
        expect(tensor(operator.outputs[0]).quantization).toEqual(tensor(operator.inputs[0]).quantization);
      }
      const probabilities = tensor(operators.at(-1)?.outputs[0]).quantization;
      expect(probabilities).toMatchObject({ scale: [1 / 256], zeroPoint: [-128] });
    });
  });
});

function mainGraph(model: ModelView): SubgraphView {
  const [graph] = model.subgraphs;
  if (graph === undefined) throw new Error('the model has no subgraph');
  return graph;
}

/** The network that a float model of the example was written from. */
function trainedNetwork(model: ModelView): TrainedNetwork {
  const constants = new Map(mainGraph(model).tensors.map(({ name, data }) => [name, data]));
  const floats = (name: string): Float32Array => {
    const data = constants.get(name);
    if (data === undefined) throw new Error(`no constant ${name}`);
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    return Float32Array.from({ length: data.byteLength / 4 }, (_, i) => view.getFloat32(4 * i, true));
  };
  return {
    stages: stages.map(({ name }) => ({
      weights: floats(name + weightsSuffix),
      multiply: floats(name + multiplySuffix),
      add: floats(name + addSuffix),
    })),
    classifierWeights: floats('classifier/weights'),
    classifierBias: floats('classifier/bias'),
  };
}

function meanCrossEntropy(logits: Float64Array, labels: Uint8Array): number {
  const classes = logits.length / labels.length;
  let total = 0;
  for (const [image, label] of labels.entries()) {
    const row = logits.subarray(image * classes, (image + 1) * classes);
    total += Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0)) - (row[label] ?? 0);
  }
  return total / labels.length;
}

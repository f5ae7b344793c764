// The TFLite reader on files that other people's tools wrote, against what those tools say is in them; and what the
// view of a model makes of the schema's special cases.

import { readFileSync } from 'node:fs';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { type ModelView, optionsOf, readTflite, type TensorView } from '../../src/frontends/tflite/model.ts';
import { decodeTflite } from '../../src/frontends/tflite/reader.ts';
import type { Encodable, TfliteModel } from '../../src/frontends/tflite/schema.ts';
import { encodeTflite } from '../../src/frontends/tflite/writer.ts';
import { hasShared, listShared, sharedPath } from '../shared-folder.ts';
import { sampleModel } from './tflite-sample.ts';

interface GoldenTensor {
  index: number;
  name: string;
  dtype: string;
  shape: number[];
  const_bytes: number;
  is_variable: boolean;
  n_scales?: number;
  scale?: number | number[];
  zero_point?: number | number[];
  quantized_dimension?: number;
}

interface GoldenMeta {
  description: string;
  subgraphs: number;
  ops: { op: string; version: number; inputs: number[]; outputs: number[] }[];
  tensors: GoldenTensor[];
  input_indices: number[];
  output_indices: number[];
}

const goldenModels = listShared('golden-tflite').filter((name) => hasShared('golden-tflite', name, 'model.tflite'));

describe.skipIf(goldenModels.length === 0)('golden models (skipped without the given data)', () => {
  test.each(goldenModels)('%s is what its description says', (name) => {
    const view = readTflite(readFileSync(sharedPath('golden-tflite', name, 'model.tflite')));
    const meta: GoldenMeta = JSON.parse(readFileSync(sharedPath('golden-tflite', name, 'meta.json'), 'utf8'));
    const main = mainSubgraph(view);

    expect(view.description).toBe(meta.description);
    expect(view.subgraphs).toHaveLength(meta.subgraphs);
    expect(
      main.operators.map(({ opcode, version, inputs, outputs }) => ({ op: opcode, version, inputs, outputs })),
    ).toEqual(meta.ops);
    expect(main.inputs).toEqual(meta.input_indices);
    expect(main.outputs).toEqual(meta.output_indices);
    expect(main.tensors.map(describeTensor)).toEqual(meta.tensors.map(normalizeTensor));
  });
});

/** A tensor in the terms of `meta.json`, with one zero point per scale. */
function describeTensor(tensor: TensorView) {
  const { quantization } = tensor;
  return {
    index: tensor.index,
    name: tensor.name,
    dtype: tensor.type,
    shape: tensor.shape,
    bytes: tensor.data?.length ?? 0,
    isVariable: tensor.isVariable,
    scale: quantization?.scale ?? [],
    zeroPoint: quantization?.zeroPoint ?? [],
    axis: quantization?.axis,
  };
}

function normalizeTensor(tensor: GoldenTensor) {
  const scales = [tensor.scale ?? []].flat();
  const zeroPoints = [tensor.zero_point ?? []].flat();
  return {
    index: tensor.index,
    name: tensor.name,
    dtype: tensor.dtype,
    shape: tensor.shape,
    bytes: tensor.const_bytes,
    isVariable: tensor.is_variable,
    // Written with nine digits, which tell any two floats apart.
    scale: scales.map(Math.fround),
    zeroPoint: zeroPoints.length === 1 ? scales.map(() => zeroPoints[0]) : zeroPoints,
    axis: tensor.quantized_dimension,
  };
}

interface RealModel {
  name: string;
  format: string;
  file: string;
  subgraphs: number;
  ops: Record<string, number>;
  inputs: { name: string; type: string; shape: number[]; scale?: number; zp?: number }[];
  outputs: { name: string; type: string; shape: number[]; scale?: number; zp?: number }[];
}

const realModels: RealModel[] = hasShared('models', 'real', 'index.json')
  ? JSON.parse(readFileSync(sharedPath('models', 'real', 'index.json'), 'utf8'))
  : [];

describe.skipIf(realModels.length === 0)('models from the field (skipped without the given data)', () => {
  test.each(realModels.filter((model) => model.format === 'tflite'))('$name', (model) => {
    const view = readTflite(readFileSync(sharedPath('models', 'real', model.file)));
    const main = mainSubgraph(view);
    const counts: Record<string, number> = {};
    for (const { opcode } of view.subgraphs.flatMap(({ operators }) => operators)) {
      counts[opcode] = (counts[opcode] ?? 0) + 1;
    }
    const inOut = (indices: readonly number[]) =>
      indices.map((index) => {
        const { name, type, shape } = main.tensors[index] as TensorView;
        return { name, type, shape };
      });

    expect(view.subgraphs).toHaveLength(model.subgraphs);
    expect(counts).toEqual(model.ops);
    expect(inOut(main.inputs)).toEqual(model.inputs.map(({ name, type, shape }) => ({ name, type, shape })));
    expect(inOut(main.outputs)).toEqual(model.outputs.map(({ name, type, shape }) => ({ name, type, shape })));
  });
});

function mainSubgraph(view: ModelView) {
  const [main] = view.subgraphs;
  if (main === undefined) throw new Error('a model view has at least one subgraph');
  return main;
}

/** Reads a model made of objects. */
function read(model: Encodable<TfliteModel>): ModelView {
  return readTflite(encodeTflite(model));
}

describe('the view of a model', () => {
  test('names operators, tensors, constants and options', () => {
    const view = read(sampleModel());
    const main = mainSubgraph(view);
    expect(main.tensors[0]).toEqual({
      index: 0,
      name: 'input',
      type: 'INT8',
      shape: [1, 4, 4, 1],
      shapeSignature: [-1, 4, 4, 1],
      quantization: { scale: [0.5], zeroPoint: [-3], axis: 0 },
      isVariable: false,
      sparse: false,
    });
    expect(main.tensors[1]?.data).toEqual(Uint8Array.of(7, 249));
    const [conv] = main.operators;
    if (conv === undefined) throw new Error('the sample has an operator');
    expect(conv).toMatchObject({ opcode: 'CONV_2D', version: 3, inputs: [0, 1, -1], outputs: [2], intermediates: [] });
    expect(optionsOf(conv, 'Conv2DOptions')).toEqual({
      padding: 'VALID',
      strideW: 2,
      strideH: 2,
      fusedActivationFunction: 'RELU6',
      dilationWFactor: 1,
      dilationHFactor: 1,
      quantizedBiasType: 'FLOAT32',
    });
    expectTypeOf(optionsOf(conv, 'Conv2DOptions').padding).toEqualTypeOf<'SAME' | 'VALID' | number>();
    expectTypeOf(optionsOf(conv, 'Conv2DOptions').strideW).toEqualTypeOf<number>();
    expect(() => optionsOf(conv, 'SoftmaxOptions')).toThrow('I8C0207');
    expect(view.signatures).toEqual([
      { key: 'serving_default', subgraph: 0, inputs: [{ name: 'x', tensor: 0 }], outputs: [{ name: 'y', tensor: 2 }] },
    ]);
  });

  test('options that the file leaves out have the defaults of the schema', () => {
    const [operator] = mainSubgraph(read(withOperator({ builtinOptions: undefined }))).operators;
    if (operator === undefined) throw new Error('the sample has an operator');
    expect(operator.options).toBeUndefined();
    expect(optionsOf(operator, 'AddOptions')).toEqual({ fusedActivationFunction: 'NONE', potScaleInt16: true });
  });

  test.each([
    [{ deprecatedBuiltinCode: 3 }, 'CONV_2D'],
    [{ deprecatedBuiltinCode: 127, builtinCode: 'ASSIGN_VARIABLE' }, 'ASSIGN_VARIABLE'],
    [{ builtinCode: 'GELU' }, 'GELU'],
    [{ builtinCode: 213 }, 'BUILTIN_213'],
    [{ builtinCode: -5, deprecatedBuiltinCode: -6 }, 'BUILTIN_-5'],
    [{ deprecatedBuiltinCode: 32, customCode: 'SignalWindow' }, 'CUSTOM:SignalWindow'],
    [{ builtinCode: 'CUSTOM' }, 'CUSTOM:'],
  ] as const)('operator code %j is %s', (code, name) => {
    const view = read({ ...sampleModel(), operatorCodes: [code] });
    expect(mainSubgraph(view).operators[0]?.opcode).toBe(name);
  });

  test('a type, an activation and an options table that the schema does not know are kept as numbers', () => {
    const model = sampleModel();
    const tensors = [{ ...model.subgraphs[0]?.tensors[0], type: 99 }];
    expect(read(withTensors(tensors)).subgraphs[0]?.tensors[0]?.type).toBe('TYPE_99');

    const bytes = encodeTflite(
      withOperator({ builtinOptions: { type: 'Conv2DOptions', value: { fusedActivationFunction: 77 } } }),
    );
    expect(operatorOf(bytes).options).toMatchObject({ value: { fusedActivationFunction: 77 } });
    // The union's type is the one byte that 21, MulOptions, adds to the file of 11, AddOptions.
    const add = encodeTflite(withOperator({ builtinOptions: { type: 'AddOptions', value: {} } }));
    const mul = encodeTflite(withOperator({ builtinOptions: { type: 'MulOptions', value: {} } }));
    const at = add.findIndex((byte, i) => byte === 11 && mul[i] === 21);
    add[at] = 250;
    expect(operatorOf(add).options).toEqual({ type: 250 });
  });

  test('zero points: absent means 0, one stands for all', () => {
    const zeroPointsOf = (quantization: object) =>
      read(withTensors([{ quantization }])).subgraphs[0]?.tensors[0]?.quantization?.zeroPoint;
    expect(zeroPointsOf({ scale: [1, 2] })).toEqual([0, 0]);
    expect(zeroPointsOf({ scale: [1, 2], zeroPoint: [4n] })).toEqual([4, 4]);
    expect(zeroPointsOf({ zeroPoint: [4n] })).toBeUndefined();
  });

  test('a quantized dimension outside of the shape is kept (person_detect has one)', () => {
    const view = read(withTensors([{ shape: [2], quantization: { scale: [1, 2], quantizedDimension: 3 } }]));
    expect(view.subgraphs[0]?.tensors[0]?.quantization?.axis).toBe(3);
  });

  test('quantization that is not affine is named', () => {
    const details = { type: 'BlockwiseQuantization', value: { blockSize: 32 } } as const;
    const view = read(withTensors([{ quantization: { details } }]));
    expect(view.subgraphs[0]?.tensors[0]?.quantization?.details).toBe('BlockwiseQuantization');
  });

  test('sparse and variable tensors are marked', () => {
    const view = read(withTensors([{ shape: [8], type: 'INT8', buffer: 1, sparsity: {} }, { isVariable: true }]));
    expect(view.subgraphs[0]?.tensors[0]).toMatchObject({ sparse: true, data: Uint8Array.of(7, 249) });
    expect(view.subgraphs[0]?.tensors[1]).toMatchObject({ isVariable: true });
  });

  test('a constant has as many bytes as its shape asks for, two int4 to a byte', () => {
    const dataOf = (tensor: object) => read(withTensors([{ buffer: 1, ...tensor }])).subgraphs[0]?.tensors[0]?.data;
    expect(dataOf({ type: 'INT4', shape: [3] })).toEqual(Uint8Array.of(7, 249));
    expect(dataOf({ type: 'INT8', shape: [] })).toEqual(Uint8Array.of(7));
    expect(dataOf({ type: 'INT32', shape: [0] })).toEqual(new Uint8Array(0));
  });

  test('an empty buffer means a computed tensor, and a constant without elements where the shape says so', () => {
    const dataOf = (shape: number[]) => {
      const model = {
        ...withTensors([{ type: 'INT32', buffer: 1, shape }]),
        buffers: [{}, { data: new Uint8Array(0) }],
      };
      return read(model).subgraphs[0]?.tensors[0]?.data;
    };
    expect(dataOf([2])).toBeUndefined();
    expect(dataOf([0])).toEqual(new Uint8Array(0));
  });

  test('buffers and custom options after the flatbuffer (models above 2 GB) are found', () => {
    const model = (start: number): Encodable<TfliteModel> => ({
      ...withOperator({
        builtinOptions: undefined,
        largeCustomOptionsOffset: BigInt(start),
        largeCustomOptionsSize: 3n,
      }),
      buffers: [{}, { offset: BigInt(start + 3), size: 2n }],
    });
    // The offsets count from the start of the file, and the file's length does not depend on them.
    const { length } = encodeTflite(model(2));
    const bytes = Uint8Array.of(...encodeTflite(model(length)), 1, 2, 3, 4, 5);

    const decoded = decodeTflite(bytes);
    expect(decoded.buffers?.[1]).toEqual({ data: Uint8Array.of(4, 5), offset: 0n, size: 0n });
    expect(operatorOf(bytes).customOptions).toEqual(Uint8Array.of(1, 2, 3));
    expect(() => decodeTflite(bytes.subarray(0, -1))).toThrow('Model.buffers[1].data');
  });

  test('constants are views into the file, not copies', () => {
    const bytes = encodeTflite(sampleModel());
    expect(mainSubgraph(readTflite(bytes)).tensors[1]?.data?.buffer).toBe(bytes.buffer);
  });
});

type OperatorSource = NonNullable<NonNullable<Encodable<TfliteModel>['subgraphs']>[number]['operators']>[number];
type TensorSource = NonNullable<NonNullable<Encodable<TfliteModel>['subgraphs']>[number]['tensors']>[number];

/** The sample with its operator changed. */
function withOperator(change: { [K in keyof OperatorSource]?: OperatorSource[K] | undefined }): Encodable<TfliteModel> {
  const model = sampleModel();
  const subgraphs = model.subgraphs.map((subgraph) => ({
    ...subgraph,
    operators: subgraph.operators.map((operator) => ({ ...operator, ...change })),
  }));
  // A change to undefined leaves the field out, which the writer takes as absent.
  return { ...model, subgraphs } as Encodable<TfliteModel>;
}

/** The sample with these tensors and no operator. */
function withTensors(tensors: TensorSource[]): Encodable<TfliteModel> {
  return { ...sampleModel(), signatureDefs: [], subgraphs: [{ tensors }] };
}

function operatorOf(bytes: Uint8Array) {
  const [operator] = mainSubgraph(readTflite(bytes)).operators;
  if (operator === undefined) throw new Error('the sample has an operator');
  return operator;
}

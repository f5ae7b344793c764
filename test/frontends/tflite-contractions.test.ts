// What the importer makes of convolutions and matrix products: options, odd types and files that claim too little.
import { describe, expect, it } from 'vitest';
import { CompileError } from '../../ir/diagnostics.ts';
import type { Value } from '../../ir/module.ts';
import { constantOf } from '../../ir/ops/constant.ts';
import { numbersOf } from '../../ir/tensor-data.ts';
import { formatType } from '../../ir/types.ts';
import { importTflite } from '../../src/frontends/tflite/importer.ts';
import type { Encodable, TfliteModel } from '../../src/frontends/tflite/schema.ts';
import { encodeTflite } from '../../src/frontends/tflite/writer.ts';

type Subgraph = NonNullable<NonNullable<Encodable<TfliteModel>['subgraphs']>[number]>;
type Tensors = NonNullable<Subgraph['tensors']>;
type Options = NonNullable<NonNullable<NonNullable<Subgraph['operators']>[number]>['builtinOptions']>;

/** One operator on `tensors`: the first is the graph's input, the last its output, the others its constants. */
function importOne(
  opcode: 'CONV_2D' | 'FULLY_CONNECTED' | 'TRANSPOSE_CONV',
  inputs: readonly number[],
  tensors: Tensors,
  data: readonly Uint8Array[],
  builtinOptions: Options,
) {
  const output = tensors.length - 1;
  const operators = [{ opcodeIndex: 0, inputs: [...inputs], outputs: [output], builtinOptions }];
  const bytes = encodeTflite({
    version: 3,
    operatorCodes: [{ builtinCode: opcode, version: 1 }],
    subgraphs: [{ tensors, inputs: [0], outputs: [output], operators }],
    buffers: [{}, ...data.map((d) => ({ data: d }))],
  });
  const { module, diagnostics } = importTflite(bytes, { name: 'one' });
  return { func: module.entry, diagnostics };
}

/** The numbers of a constant operand. */
function contents(value: Value | undefined): number[] {
  const data = constantOf(value);
  return data === undefined ? [] : numbersOf(data);
}

const scale = (s: number) => ({ scale: [s], zeroPoint: [0n] });

describe('4-bit weights', () => {
  it('are unpacked low half first, with their sign', () => {
    const { func } = importOne(
      'FULLY_CONNECTED',
      [0, 1, -1],
      [
        { shape: [1, 3], type: 'INT8', name: 'x', quantization: scale(1) },
        { shape: [1, 3], type: 'INT4', name: 'w', buffer: 1, quantization: scale(1) },
        { shape: [1, 1], type: 'INT8', name: 'y', quantization: scale(1) },
      ],
      [Uint8Array.of(0x8f, 0x07)],
      { type: 'FullyConnectedOptions', value: {} },
    );
    const product = func.ops.at(-1);
    expect(contents(product?.operands[1])).toEqual([-1, -8, 7]);
  });
});

describe('FULLY_CONNECTED', () => {
  const tensors = (y: number[], w: number[] = [2, 3]): Tensors => [
    { shape: [1, 2, 3], type: 'INT8', name: 'x', quantization: scale(1) },
    { shape: w, type: 'INT8', name: 'w', buffer: 1, quantization: scale(1) },
    { shape: y, type: 'INT8', name: 'y', quantization: scale(1) },
  ];
  const weights = [Uint8Array.of(1, 2, 3, 4, 5, 6)];

  it('refuses shuffled weights', () => {
    const options: Options = { type: 'FullyConnectedOptions', value: { weightsFormat: 'SHUFFLED4x16INT8' } };
    expect(() => importOne('FULLY_CONNECTED', [0, 1], tensors([2, 2]), weights, options)).toThrow(/I8C0203.*SHUFFLED/);
  });
  it.each([
    [[2, 2], false],
    [[1, 2, 2], true],
    [[1, 1, 2, 2], false],
  ])('gives the claimed shape %j (keepNumDims %s)', (y, keepNumDims) => {
    const options: Options = { type: 'FullyConnectedOptions', value: { keepNumDims } };
    const { func } = importOne('FULLY_CONNECTED', [0, 1], tensors(y), weights, options);
    expect(func.outputs.map((o) => o.value.type.shape)).toEqual([y]);
  });
  it('takes weights with leading dimensions of 1', () => {
    const options: Options = { type: 'FullyConnectedOptions', value: {} };
    const { func } = importOne('FULLY_CONNECTED', [0, 1], tensors([2, 2], [1, 2, 3]), weights, options);
    expect(func.outputs.map((o) => o.value.type.shape)).toEqual([[2, 2]]);
  });
  it('refuses a result that is not the product’s', () => {
    const options: Options = { type: 'FullyConnectedOptions', value: {} };
    expect(() => importOne('FULLY_CONNECTED', [0, 1], tensors([2, 3]), weights, options)).toThrow(CompileError);
  });
});

describe('hybrid weights', () => {
  it('are dequantized beside float activations, with a note', () => {
    const { func, diagnostics } = importOne(
      'CONV_2D',
      [0, 1],
      [
        { shape: [1, 1, 1, 2], type: 'FLOAT32', name: 'x' },
        {
          shape: [2, 1, 1, 2],
          type: 'INT8',
          name: 'w',
          buffer: 1,
          quantization: { scale: [0.5, 0.25], zeroPoint: [0n, 0n], quantizedDimension: 0 },
        },
        { shape: [1, 1, 1, 2], type: 'FLOAT32', name: 'y' },
      ],
      [Uint8Array.of(1, 2, 3, 4)],
      { type: 'Conv2DOptions', value: { padding: 'VALID', strideW: 1, strideH: 1 } },
    );
    expect(func.ops.map((op) => op.definition.name)).toEqual(['constant', 'dequantize', 'conv2d']);
    expect(diagnostics.map((d) => d.code)).toEqual(['I8C0302']);
  });
});

describe('TRANSPOSE_CONV', () => {
  it('cuts off the padding of the convolution that reads its result, and widens a 16-bit bias', () => {
    const { func } = importOne(
      'TRANSPOSE_CONV',
      [1, 2, 0, 3],
      [
        { shape: [1, 2, 3, 1], type: 'INT16', name: 'x', quantization: scale(1) },
        { shape: [4], type: 'INT32', name: 'shape', buffer: 1 },
        { shape: [1, 3, 3, 1], type: 'INT8', name: 'w', buffer: 2, quantization: scale(1) },
        { shape: [1], type: 'INT16', name: 'b', buffer: 3, quantization: scale(1) },
        { shape: [1, 4, 5, 1], type: 'INT16', name: 'y', quantization: scale(1) },
      ],
      [
        Uint8Array.from([1, 4, 5, 1].flatMap((d) => [d, 0, 0, 0])),
        Uint8Array.from({ length: 9 }, (_, i) => i),
        Uint8Array.of(0xff, 0xff),
      ],
      { type: 'TransposeConvOptions', value: { padding: 'SAME', strideW: 2, strideH: 2 } },
    );
    const op = func.ops.at(-1);
    // SAME for 4 rows: 2 positions reach 5 rows, one is added below; for 5 columns: 3 positions reach 7, one each side.
    expect(op?.attributes).toMatchObject({ stride: [2, 2], pad: [0, 1], extent: [4, 5] });
    const bias = op?.operands[2];
    expect(bias && formatType(bias.type)).toBe('tensor<1xi32>');
    expect(contents(bias)).toEqual([-1]);
  });
});

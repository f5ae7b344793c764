// Damage that the reader lets pass and the importer must refuse, each found by fuzzing.
import { describe, expect, it } from 'vitest';
import { CompileError } from '../../ir/diagnostics.ts';
import { importTflite } from '../../src/frontends/tflite/importer.ts';
import type { Encodable, TfliteModel } from '../../src/frontends/tflite/schema.ts';
import { encodeTflite } from '../../src/frontends/tflite/writer.ts';
import { sampleModel } from './tflite-sample.ts';

/** The codes of the diagnostics with which importing a model ends. */
function codesOf(model: Encodable<TfliteModel>): string[] {
  try {
    importTflite(encodeTflite(model), { name: 'model' });
  } catch (error) {
    if (error instanceof CompileError) return error.diagnostics.map((d) => d.code);
    throw error;
  }
  return [];
}

describe('damaged models are refused', () => {
  it('a state with a negative dimension', () => {
    // A reading of a variable tensor: the memory behind it is made from the shape alone.
    const tensors = [
      { name: 'x', type: 'FLOAT32', shape: [1, 2] },
      { name: 'features', type: 'FLOAT32', shape: [1, 2], buffer: 1 },
      { name: 'time', type: 'FLOAT32', shape: [1, 3], buffer: 2 },
      { name: 'state', type: 'FLOAT32', shape: [1, -3], isVariable: true },
      { name: 'y', type: 'FLOAT32', shape: [1, 1] },
    ] as const;
    const options = { type: 'SVDFOptions', value: { rank: 1 } } as const;
    const model = {
      version: 3,
      operatorCodes: [{ deprecatedBuiltinCode: 27, builtinCode: 'SVDF', version: 1 }],
      subgraphs: [
        {
          tensors,
          inputs: [0],
          outputs: [4],
          operators: [{ opcodeIndex: 0, inputs: [0, 1, 2, -1, 3], outputs: [4], builtinOptions: options }],
        },
      ],
      buffers: [{}, { data: new Uint8Array(8) }, { data: new Uint8Array(12) }],
    } satisfies Encodable<TfliteModel>;
    expect(codesOf(model)).toEqual(['I8C0204']);
  });

  it('an input with a negative dimension', () => {
    const model = sampleModel();
    model.subgraphs[0]!.tensors[0]!.shape = [1, 4, -4, 1];
    expect(codesOf(model)).toContain('I8C0204');
  });

  it.each([-129n, 128n, -2147483648n])('an input of bytes with zero point %d', (zeroPoint) => {
    // Differences from it would not fit 32 bits, and reference and loops would wrap at different places.
    const model = sampleModel();
    Object.assign(model.subgraphs[0]!.tensors[0]!, { quantization: { scale: [0.5], zeroPoint: [zeroPoint] } });
    expect(codesOf(model)).toContain('I8C0208');
  });

  it('a fully connected layer of 32-bit inputs', () => {
    // Its products pass 32 bits; found where damage made a layer's input that of another layer's bias.
    const quantization = { scale: [0.5], zeroPoint: [0n] };
    const model = {
      version: 3,
      operatorCodes: [{ deprecatedBuiltinCode: 9, builtinCode: 'FULLY_CONNECTED', version: 4 }],
      subgraphs: [
        {
          tensors: [
            { name: 'x', type: 'INT32', shape: [1, 2], quantization },
            { name: 'w', type: 'INT8', shape: [1, 2], buffer: 1, quantization },
            { name: 'y', type: 'INT8', shape: [1, 1], quantization },
          ],
          inputs: [0],
          outputs: [2],
          operators: [
            {
              opcodeIndex: 0,
              inputs: [0, 1, -1],
              outputs: [2],
              builtinOptions: { type: 'FullyConnectedOptions', value: {} },
            },
          ],
        },
      ],
      buffers: [{}, { data: Uint8Array.of(127, 1) }],
    } satisfies Encodable<TfliteModel>;
    expect(codesOf(model)).toEqual(['I8C0207']);
  });
});

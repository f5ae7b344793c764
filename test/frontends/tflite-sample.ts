// A small TFLite model written by hand: one convolution with weights, a signature and metadata. Tests of the reader
// change single things in it.

import type { Encodable, TfliteModel } from '../../src/frontends/tflite/schema.ts';

/** The sample as the object that `encodeTflite` takes; fresh each time, so that a test may change its copy. */
export function sampleModel() {
  return {
    version: 3,
    description: 'sample',
    operatorCodes: [{ deprecatedBuiltinCode: 3, builtinCode: 'CONV_2D', version: 3 }],
    subgraphs: [
      {
        name: 'main',
        tensors: [
          {
            shape: [1, 4, 4, 1],
            shapeSignature: [-1, 4, 4, 1],
            type: 'INT8',
            name: 'input',
            quantization: { scale: [0.5], zeroPoint: [-3n] },
            hasRank: true,
          },
          {
            shape: [2, 1, 1, 1],
            type: 'INT8',
            buffer: 1,
            name: 'weights',
            quantization: { scale: [0.25, 0.125], zeroPoint: [0n, 0n], quantizedDimension: 0 },
          },
          { shape: [1, 2, 2, 2], type: 'INT8', name: 'output', quantization: { scale: [1], zeroPoint: [5n] } },
        ],
        inputs: [0],
        outputs: [2],
        operators: [
          {
            opcodeIndex: 0,
            inputs: [0, 1, -1],
            outputs: [2],
            builtinOptions: {
              type: 'Conv2DOptions',
              value: { padding: 'VALID', strideW: 2, strideH: 2, fusedActivationFunction: 'RELU6' },
            },
          },
        ],
      },
    ],
    buffers: [{}, { data: Uint8Array.of(7, 249) }],
    metadata: [{ name: 'min_runtime_version', buffer: 0 }],
    signatureDefs: [
      {
        signatureKey: 'serving_default',
        inputs: [{ name: 'x', tensorIndex: 0 }],
        outputs: [{ name: 'y', tensorIndex: 2 }],
      },
    ],
  } satisfies Encodable<TfliteModel>;
}

// Whole data sets through the library's face and compiled C: every byte that TensorFlow Lite Micro gave for each sample.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { elementCount } from '../../ir/types.ts';
import { createRunner, importModel } from '../../src/index.ts';
import { hasCompiler } from '../c-compiler.ts';
import { hasShared, sharedPath } from '../shared-folder.ts';

/** Files of images hold bytes from 0 to 255; the models' int8 is 128 less, which flips the top bit. */
const int8OfPixel = 0x80;

const dataSets = [
  { name: 'kws01', model: 'kws_ref_model', samples: 'mfcc_int8.bin', count: 499, flip: 0 },
  { name: 'cifar10', model: 'pretrainedResnet_quant', samples: 'test.bin', count: 500, flip: int8OfPixel },
  { name: 'micro_speech', model: 'micro_speech_quantized', samples: 'features_int8.bin', count: 499, flip: 0 },
  {
    name: 'mnist',
    model: 'trained_lstm_int8',
    samples: 'images.bin',
    answers: 'tflm_int8_outputs_first500.bin',
    count: 500,
    flip: int8OfPixel,
  },
];

describe.skipIf(!hasShared('data'))('compiled C equals TensorFlow Lite Micro on all of', () => {
  it.skipIf(!hasCompiler('gcc')).each(dataSets)('$name', { timeout: 300_000 }, async (set) => {
    const samples = readFileSync(sharedPath('data', set.name, set.samples));
    const answers = readFileSync(sharedPath('data', set.name, set.answers ?? 'tflm_int8_outputs.bin'));
    const program = await importModel(readFileSync(sharedPath('golden-tflite', set.model, 'model.tflite')));
    const runner = await createRunner(program, { target: 'c', cc: 'gcc' });
    const [input, output] = [program.inputs[0]!, program.outputs[0]!];
    const [inputSize, outputSize] = [elementCount(input.type.shape), elementCount(output.type.shape)];
    expect(answers.length).toBe(set.count * outputSize);
    try {
      const wrong: number[] = [];
      for (let k = 0; k < set.count; k++) {
        const sample = samples.subarray(k * inputSize, (k + 1) * inputSize);
        const feed = Int8Array.from(sample, (byte) => byte ^ set.flip);
        await runner.reset();
        const { [output.name]: given } = await runner.run({ [input.name]: feed });
        const expected = answers.subarray(k * outputSize, (k + 1) * outputSize);
        if (!expected.equals(Uint8Array.from(given as Int8Array))) wrong.push(k);
      }
      expect(wrong).toEqual([]);
    } finally {
      await runner.close();
    }
  });
});

// The given data sets, end to end: samples read here and run here give what TensorFlow Lite Micro gives for them, and
// labels that a float network agrees with.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { importModelFile } from '../../src/files/model-file.ts';
import { createRunner } from '../../src/runner.ts';
import { readLabels } from '../../src/samples/labels.ts';
import { openSamples } from '../../src/samples/open-samples.ts';
import { hasShared, sharedPath } from '../shared-folder.ts';

const given = hasShared('data', 'cifar10') && hasShared('golden-tflite') && hasShared('models', 'onnx');

test.skipIf(!given).each<[string, string, string, string, number]>([
  ['CIFAR-10', 'pretrainedResnet_quant', 'cifar10/test.bin', 'dtype=u8', 500],
  ['keyword clips', 'kws_ref_model', 'kws01/mfcc_int8.bin', '', 499],
])('%s: the int8 network gives the bytes that are given', async (_, model, data, preprocess, count) => {
  const program = await importModelFile(sharedPath('golden-tflite', model, 'model.tflite'));
  const source = await openSamples([sharedPath('data', data)], program.inputs, { preprocess });
  expect(source.count).toBe(count);
  const expected = new Int8Array(readFileSync(sharedPath('data', data, '..', 'tflm_int8_outputs.bin')));
  const runner = await createRunner(program, { target: 'wasm' });
  const classes = expected.length / count;
  for (let i = 0; i < 40; i++) {
    const [output] = Object.values(await runner.run(await source.read(i)));
    expect([...(output ?? [])]).toEqual([...expected.subarray(i * classes, (i + 1) * classes)]);
  }
  await runner.close();
});

test.skipIf(!given).each([
  ['resnet8_float_nhwc.onnx', 'dtype=u8'],
  ['resnet8_float.onnx', 'dtype=u8,layout=nchw'],
])('CIFAR-10: %s with %s agrees with most labels', async (model, preprocess) => {
  const program = await importModelFile(sharedPath('models', 'onnx', model));
  const source = await openSamples([sharedPath('data', 'cifar10', 'test.bin')], program.inputs, { preprocess });
  const labels = await readLabels(sharedPath('data', 'cifar10', 'labels.json'), source.names);
  expect(labels.length).toBe(source.count);
  const runner = await createRunner(program, { target: 'wasm' });
  let right = 0;
  for (let i = 0; i < 100; i++) {
    const [output] = Object.values(await runner.run(await source.read(i)));
    const scores = Array.from(output as Float32Array);
    if (scores.indexOf(Math.max(...scores)) === labels[i]) right++;
  }
  await runner.close();
  expect(right).toBeGreaterThan(80);
});

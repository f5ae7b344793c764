// The library face: statistics that were taken before give the program that the samples themselves give.
import { expect, test } from 'vitest';
import { printModule } from '../../ir/printer.ts';
import { calibrate, type Program, quantize, samplesOf } from '../../src/index.ts';
import { exampleNetwork, randomSamples } from './calibration-networks.ts';

const textOf = (program: Program) => printModule(program.module()).text;

test('statistics of samples stand for them where outputs are not looked at', async () => {
  const network = await exampleNetwork();
  const samples = randomSamples(network, 12);
  const statistics = await calibrate(network.program, samples);
  const fromStatistics = await quantize(network.program, samplesOf([]), { method: 'mse', statistics });
  const fromSamples = await quantize(network.program, samples, { method: 'mse' });
  expect(textOf(fromStatistics.program)).toBe(textOf(fromSamples.program));
  expect(fromStatistics.float).toEqual([]);
});

test('neither samples nor statistics is refused', async () => {
  const { program } = await exampleNetwork();
  await expect(quantize(program, samplesOf([]), { method: 'mse' })).rejects.toThrow(/I8C0402.*no samples/);
});

test('operators that are to stay float are found by the names of the model', async () => {
  const network = await exampleNetwork();
  const samples = randomSamples(network, 4);
  const { float } = await quantize(network.program, samples, {
    method: 'minmax',
    keepFloat: ['logits', 'stem/convolution'],
  });
  expect(float.map(({ where }) => where).sort()).toEqual([
    'CONV_2D #0 "stem/convolution"',
    'FULLY_CONNECTED #24 "logits"',
  ]);
  const wrong = quantize(network.program, samples, { keepFloat: ['logitz', 'stem/konvolution'] });
  await expect(wrong).rejects.toThrow(/"logitz".*Did you mean logits\?\n.*"stem\/konvolution".*stem\/convolution\?/);
});

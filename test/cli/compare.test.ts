// int8c compare: a float model beside its quantized form.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { Comparison, Sensitivity } from '../../src/compare/index.ts';
import { example, int8c, temporaryFolder } from './int8c.ts';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const model = example('shapes.tflite');
const data = ['--data', example('samples.npy')];

beforeAll(() => {
  const { labels } = JSON.parse(readFileSync(example('labels.json'), 'utf8')) as { labels: number[] };
  writeFileSync(at('labels.json'), JSON.stringify(labels.slice(0, 24)));
});

test('figures of the network, its outputs and its tensors, and which layers cost it', () => {
  const args = ['compare', model, ...data, '--method', 'mse', '--labels', at('labels.json'), '--html', at('page.html')];
  const { code, stdout } = int8c(args);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^shapes: 24 samples/);
  expect(stdout).toMatch(/accuracy, top 1 +\d/);
  expect(stdout).toMatch(/^ +i8 .* fully_connected +logits/m);
  expect(stdout).toContain('What each layer costs');
  expect(stdout).toContain(at('page.html'));
  expect(readFileSync(at('page.html'), 'utf8')).toMatch(/^<!doctype html>/);
});

test('--json holds the same', () => {
  const { code, stdout } = int8c([
    'compare',
    model,
    ...data,
    '--method',
    'mse',
    '--labels',
    at('labels.json'),
    '--json',
  ]);
  expect(code).toBe(0);
  const found = JSON.parse(stdout) as Comparison & { sensitivity: Sensitivity };
  expect(found.samples).toBe(24);
  expect(found.accuracy?.top1.float).toBeGreaterThan(0.9);
  expect(found.outputs.map(({ name }) => name)).toEqual(['probabilities']);
  expect(found.sensitivity.layers.length).toBeGreaterThan(5);
});

test('--against compares with a model that was quantized elsewhere, whose inputs are integers', () => {
  const { code, stdout } = int8c(['compare', model, ...data, '--against', example('shapes_int8.tflite'), '--json']);
  expect(code).toBe(0);
  const { agreement, layers } = JSON.parse(stdout) as Comparison;
  expect(agreement).toBeGreaterThan(0.9);
  expect(layers).toEqual([]);
});

test('samples to quantize with may be others, or statistics', () => {
  expect(int8c(['calibrate', model, ...data, '--limit', '5', '-o', at('stats.json')]).code).toBe(0);
  const compared = (...more: string[]) => {
    const { code, stdout } = int8c(['compare', model, ...data, '--method', 'minmax', '--json', ...more]);
    expect(code).toBe(0);
    return (JSON.parse(stdout) as Comparison).outputs;
  };
  const all = compared();
  expect(compared('--calibrate', example('samples.npy'))).toEqual(all);
  expect(compared('--stats', at('stats.json'))).not.toEqual(all);
});

test('what is missing or does not fit is said', () => {
  const without = int8c(['compare', model]);
  expect(without.stderr).toMatch(/^error\[I8C0401\] Option '--data' is missing/);
  expect(without.code).toBe(2);
  const labels = int8c(['compare', model, ...data, '--labels', example('labels.json')]);
  expect(labels.stderr).toMatch(/^error\[I8C0402\] .*There are 64 labels for 24 samples/);
  expect(labels.code).toBe(1);
});

// Comparison of small networks with their quantized forms.
import { beforeAll, describe, expect, it } from 'vitest';
import type { Comparison } from '../../src/compare/index.ts';
import { compare, compareWeights, htmlReport, sensitivity } from '../../src/compare/index.ts';
import { quantize } from '../../src/quantize/quantize.ts';
import { quantizedProgram } from '../../src/quantize/quantized-program.ts';
import { networkOf, randomSamples } from '../quantize/calibration-networks.ts';
import { chain, quantizedChain, type Subject } from './compared-networks.ts';

describe('a quantized network', () => {
  let subject: Subject;
  let comparison: Comparison;

  beforeAll(async () => {
    subject = await quantizedChain();
    comparison = await compare(subject.quantized, subject.samples);
  });

  it('is compared tensor by tensor', () => {
    expect(comparison.layers.map((l) => [l.name, l.operator, l.precision])).toEqual([
      ['x', 'input', 'i8'],
      ['a', 'conv2d', 'i8'],
      ['b', 'conv2d', 'i8'],
      ['c', 'conv2d', 'i8'],
    ]);
    for (const layer of comparison.layers) {
      expect(layer.snr).toBeGreaterThan(25);
      expect(layer.snr).toBeLessThan(60);
      expect(layer.cosine).toBeGreaterThan(0.998);
      expect(layer.worstChannel?.snr).toBeLessThanOrEqual(layer.snr);
    }
  });

  it('rounds its input to half a step, or clips it', () => {
    const [x] = comparison.layers;
    const { low, high } = x?.range?.chosen ?? { low: 0, high: 0 };
    const clipped = Math.max(0, (x?.seen.high ?? 0) - high, low - (x?.seen.low ?? 0));
    expect(x?.greatestError).toBeGreaterThan((0.4 * (high - low)) / 255);
    expect(x?.greatestError).toBeLessThan((0.501 * (high - low)) / 255 + clipped);
  });

  it('has the output of its last layer', () => {
    const [output] = comparison.outputs;
    const last = comparison.layers.at(-1);
    expect(output).toMatchObject({ name: 'scores', count: 12 * 180, snr: last?.snr, cosine: last?.cosine });
  });

  it('says which range is used how', () => {
    const [, a] = comparison.layers;
    // After a ReLU: nothing below zero, and zero is the least integer.
    expect(a?.seen.low).toBe(0);
    expect(a?.range?.chosen.low).toBe(0);
    expect(a?.range?.clipped.low).toBe(0);
    expect(a?.range?.levels).toBeGreaterThan(0.5);
  });

  it('costs less than the float network', () => {
    const { float, quantized } = comparison.cost;
    const macs = 36 * (64 + 64 + 40);
    expect(float.macsByPrecision).toEqual({ i8: 0, i16: 0, f32: macs });
    expect(quantized.macsByPrecision).toEqual({ i8: macs, i16: 0, f32: 0 });
    expect(float.energy.arithmetic).toBeCloseTo((macs * (3.7 + 0.9)) / 1000, 9);
    expect(quantized.energy.arithmetic).toBeCloseTo((macs * (0.2 + 0.1)) / 1000, 9);
    expect(quantized.energy.memory).toBeLessThan(float.energy.memory);
    expect(quantized.bytes.constants).toBeLessThan(float.bytes.constants);
    for (const b of quantized.memory) expect(b.offset + b.bytes).toBeLessThanOrEqual(quantized.bytes.arena);
  });

  it('gives the same with integer ports', async () => {
    const { network, decisions, statistics, float } = subject.quantized;
    const program = quantizedProgram(network, decisions, { ports: 'integer' });
    const other = await compare({ program, network, decisions, statistics, float }, subject.samples);
    expect(other.layers).toEqual(comparison.layers);
    expect(other.outputs).toEqual(comparison.outputs);
  });

  it('gives the same outputs as a pair of programs', async () => {
    const { network, program } = subject.quantized;
    const pair = await compare({ float: network.program, quantized: program }, subject.samples);
    expect(pair.outputs).toEqual(comparison.outputs);
    expect(pair.layers).toEqual([]);
  });

  it('reads each sample once and keeps none', async () => {
    const reads: number[] = [];
    const progress: number[] = [];
    const { count } = subject.samples;
    const read = (i: number) => {
      reads.push(i);
      return subject.samples.read(i);
    };
    await compare(subject.quantized, { count, read }, { onProgress: ({ done }) => progress.push(done) });
    expect(reads).toEqual(Array.from({ length: count }, (_, i) => i));
    expect(progress).toEqual(reads.map((i) => i + 1));
  });

  it('finds a range that is too small', async () => {
    const { network, decisions } = subject.quantized;
    const high = decisions.ranges.get('b')?.high ?? 0;
    const ranges = new Map([...decisions.ranges, ['b', { low: 0, high: high / 4 }] as const]);
    const program = quantizedProgram(network, { ...decisions, ranges });
    const { layers } = await compare({ ...subject.quantized, program }, subject.samples);
    const clipped = layers.map((l) => l.range?.clipped.high ?? 0);
    expect(clipped[2]).toBeGreaterThan(0.05);
    expect(Math.max(clipped[0] ?? 1, clipped[1] ?? 1)).toBeLessThan(0.01);
    expect(layers[2]?.snr).toBeLessThan((layers[1]?.snr ?? 0) - 10);
  });

  it('tells layers that stay float', async () => {
    const { network, decisions } = subject.quantized;
    const precisions = new Map([...decisions.precisions, ['c', 'f32'] as const]);
    const program = quantizedProgram(network, { ...decisions, precisions });
    const { layers, cost } = await compare({ ...subject.quantized, program }, subject.samples);
    expect(layers.map((l) => l.precision)).toEqual(['i8', 'i8', 'i8', 'f32']);
    expect(layers[3]?.range).toBeUndefined();
    expect(cost.quantized.macsByPrecision.f32).toBe(36 * 40);
  });
});

describe('comparison', () => {
  it('finds no difference between a program and itself', async () => {
    const network = await networkOf(chain());
    const samples = randomSamples(network, 3);
    const { outputs } = await compare({ float: network.program, quantized: network.program }, samples);
    expect(outputs[0]).toMatchObject({ snr: Number.POSITIVE_INFINITY, cosine: 1, greatestError: 0 });
  });

  it('follows an input through what moves it, up to where it is quantized', async () => {
    const network = await networkOf(`module @network
func @main(%x "x": tensor<1x2x4x4xf32>) {
  %w = constant {value = dense<[1, -0.5]>} : tensor<1x1x1x2xf32>
  %b = constant {value = dense<[0]>} : tensor<1xf32>
  %t = transpose %x {perm = [0, 2, 3, 1]} : tensor<1x4x4x2xf32>
  %y = conv2d %t, %w, %b : tensor<1x4x4x1xf32>
  return %y "y", %t "moved"
}`);
    // The moved input is an output, too: that one is rounded which the convolution takes.
    const samples = randomSamples(network, 4);
    const { layers } = await compare(await quantize(network.program, samples, { method: 'minmax' }), samples);
    expect(layers.map((l) => [l.name, l.precision])).toEqual([
      ['x', 'i8'],
      ['y', 'i8'],
    ]);
    // A cosine of tensors in different orders would be far from 1.
    expect(layers[0]?.cosine).toBeGreaterThan(0.9999);
    expect(layers[0]?.shape).toEqual([1, 4, 4, 2]);
  });

  it('counts labels of the options, or of the samples', async () => {
    const network = await networkOf(`module @network
func @main(%x "x": tensor<1x4xf32>) {
  %c = constant {value = dense<[0, 0, 0, 0]>} : tensor<4xf32>
  %y = add %x, %c : tensor<1x4xf32>
  return %y "y"
}`);
    const samples = randomSamples(network, 20);
    const quantized = await quantize(network.program, samples, { method: 'minmax' });
    const labels: number[] = [];
    for (let i = 0; i < samples.count; i++) {
      const x = Array.from((await samples.read(i)).x ?? [], Number);
      labels.push(x.indexOf(Math.max(...x)));
    }
    const { accuracy, agreement } = await compare(quantized, samples, { labels });
    expect(accuracy?.top1.float).toBe(1);
    expect(accuracy?.top1.quantized).toBe(agreement);
    expect((await compare(quantized, { ...samples, labels })).accuracy).toEqual(accuracy);
    await expect(compare(quantized, samples, { labels: labels.slice(1) })).rejects.toThrow('19 labels for 20 samples');
    await expect(compare(quantized, samples, { labels: labels.map(() => 4) })).rejects.toThrow('Label 4 of sample 0');
  });

  it('refuses programs of different interfaces, and feeds without an input', async () => {
    const { program: float } = await networkOf(chain());
    const other = await networkOf('module @network\nfunc @main(%x "x": tensor<1x4xf32>) {\n  return %x "y"\n}');
    const samples = randomSamples(other, 1);
    await expect(compare({ float, quantized: other.program }, samples)).rejects.toThrow(/differ in their inputs/);
    await expect(compare({ float, quantized: float }, { count: 1, read: async () => ({}) })).rejects.toThrow(
      'Input "x" is missing',
    );
  });

  it('leaves out what a table computes past', async () => {
    const network = await networkOf(`module @silu
func @main(%x "x": tensor<1x64xf32>) {
  %s = logistic %x : tensor<1x64xf32>
  %y = mul %x, %s : tensor<1x64xf32>
  return %y "y"
}`);
    const samples = randomSamples(network, 4);
    const quantized = await quantize(network.program, samples, { method: 'minmax' });
    const { layers } = await compare(quantized, samples);
    expect(layers.map((l) => [l.name, l.precision])).toEqual([
      ['x', 'i8'],
      ['y', 'i8'],
    ]);
    const costs = await sensitivity(network, quantized.decisions, samples);
    expect(costs.layers.map((l) => l.name).toSorted()).toEqual(['x', 'y']);
  });

  it.each([{ dynamic: true }, { weightOnly: true }] as const)(
    'compares programs of float activations: %j',
    async (how) => {
      const network = await networkOf(chain());
      const samples = randomSamples(network, 4);
      const quantized = await quantize(network.program, samples, how);
      const comparison = await compare(quantized, samples);
      expect(comparison.layers.map((l) => [l.name, l.precision])).toEqual(
        ['x', 'a', 'b', 'c'].map((name) => [name, 'f32']),
      );
      expect(comparison.outputs[0]?.snr).toBeGreaterThan(25);
      expect(comparison.outputs[0]?.snr).toBeLessThan(70);
      const costs = await sensitivity(network, quantized.decisions, samples);
      expect(costs).toEqual({ samples: 0, snr: Number.POSITIVE_INFINITY, layers: [], groups: [] });
      const page = htmlReport({ comparison, sensitivity: costs, quantized });
      expect(page).toContain('Distributions of weights');
      expect(page).not.toContain('What each layer costs');
    },
  );

  it('goes on with states from sample to sample', async () => {
    const network = await networkOf(`module @mean
func @main(%x "x": tensor<1x4xf32>) state(%s = splat<0> : tensor<1x4xf32>) {
  %c = constant {value = dense<[0.5]>} : tensor<1xf32>
  %h = mul %s, %c : tensor<1x4xf32>
  %y = add %x, %h : tensor<1x4xf32>
  return %y "y" next(%y)
}`);
    const samples = randomSamples(network, 30);
    const quantized = await quantize(network.program, samples, { method: 'minmax' });
    const { layers, outputs } = await compare(quantized, samples);
    expect(layers.map((l) => [l.name, l.operator])).toEqual([
      ['x', 'input'],
      ['s', 'state'],
      ['h', 'mul'],
      ['y', 'add'],
    ]);
    // The state before each run is what the run before gave: the sums differ by the last one alone.
    expect(layers[1]?.seen.high).toBeGreaterThan(0.5);
    expect(outputs[0]?.snr).toBeGreaterThan(35);
    const costs = await sensitivity(network, quantized.decisions, samples);
    expect(costs.samples).toBe(30);
    expect(Math.abs(costs.snr - (outputs[0]?.snr ?? 0))).toBeLessThan(1.5);
  });

  it('compares weights', async () => {
    const network = await networkOf(chain());
    const samples = randomSamples(network, 4);
    for (const how of [{ method: 'minmax' }, { dynamic: true }, { weightOnly: true }] as const) {
      const weights = compareWeights(await quantize(network.program, samples, how));
      expect(weights.map((w) => [w.name, w.count])).toEqual([
        ['a', 64],
        ['b', 64],
        ['c', 40],
      ]);
      for (const w of weights) {
        // Half a step of the coarsest channel at most; weights go up to 1.
        expect(w.greatestError).toBeLessThanOrEqual(w.scales.greatest * 0.501);
        expect(w.scales.greatest).toBeLessThan(1 / 127 + 1e-6);
        expect(w.histogram.counts.reduce((sum, n) => sum + n, w.histogram.zeros)).toBe(w.count);
      }
    }
  });

  it('takes the program as imported for the reference, whatever was pruned from it', async () => {
    const network = await networkOf(chain());
    const samples = randomSamples(network, 8);
    const whole = await compare(await quantize(network.program, samples, { method: 'minmax' }), samples);
    const half = await compare(await quantize(network.program, samples, { method: 'minmax', prune: 0.5 }), samples);
    expect(half.outputs[0]?.snr).toBeLessThan((whole.outputs[0]?.snr ?? 0) - 10);
  });

  it('measures what auto decided as the program computes it', async () => {
    const network = await networkOf(chain());
    const samples = randomSamples(network, 16);
    const quantized = await quantize(network.program, samples);
    const { outputs } = await compare(quantized, samples);
    const costs = await sensitivity(quantized.network, quantized.decisions, samples);
    expect(Math.abs(costs.snr - (outputs[0]?.snr ?? 0))).toBeLessThan(0.5);
  });
});

// What layers cost, on networks where the answer is known.
import { beforeAll, describe, expect, it } from 'vitest';
import { compare, rankedLayers, sensitivity } from '../../src/compare/index.ts';
import type { Decisions } from '../../src/quantize/plan.ts';
import { quantizedChain, type Subject } from './compared-networks.ts';

describe('sensitivity', () => {
  let subject: Subject;

  beforeAll(async () => {
    subject = await quantizedChain();
  });

  /** The decisions with the range of one tensor cut to a part. */
  function cut(name: string, part: number): Decisions {
    const { decisions } = subject.quantized;
    const { low, high } = decisions.ranges.get(name) ?? { low: 0, high: 0 };
    return { ...decisions, ranges: new Map([...decisions.ranges, [name, { low: low * part, high: high * part }]]) };
  }

  it('measures every quantized tensor, and all together as the quantized program computes them', async () => {
    const { network, decisions } = subject.quantized;
    const { layers, samples, snr, groups } = await sensitivity(network, decisions, subject.samples);
    expect(samples).toBe(12);
    expect(groups).toEqual([]);
    expect(layers.map((l) => l.name).toSorted()).toEqual(['a', 'b', 'c', 'x']);
    expect(layers.map((l) => l.share)).toEqual(layers.map((l) => l.share).toSorted((a, b) => b - a));
    expect(layers.reduce((sum, l) => sum + l.share, 0)).toBeCloseTo(1, 9);
    const { outputs } = await compare(subject.quantized, subject.samples);
    expect(Math.abs(snr - (outputs[0]?.snr ?? 0))).toBeLessThan(0.5);
    // The noise of all layers is about the sum of each one's: they are independent.
    const sum = layers.reduce((noise, l) => noise + 10 ** (-l.snr / 10), 0);
    expect(Math.abs(snr + 10 * Math.log10(sum))).toBeLessThan(1);
  });

  it.each(['a', 'b', 'x'])(
    'ranks %s first when its range is too small, and leaves the others as they were',
    async (name) => {
      const { network, decisions } = subject.quantized;
      const before = await sensitivity(network, decisions, subject.samples);
      const after = await sensitivity(network, cut(name, 1 / 4), subject.samples);
      expect(after.layers[0]?.name).toBe(name);
      expect(after.layers[0]?.share).toBeGreaterThan(0.9);
      expect(after.layers[0]?.gain).toBeGreaterThan(10);
      const rest = (s: typeof before) => new Map(s.layers.filter((l) => l.name !== name).map((l) => [l.name, l.snr]));
      // Weights of a layer are rounded to scales that follow from the bias and its input's scale only where a bias is huge.
      expect(rest(after)).toEqual(rest(before));
    },
  );

  it('finds weights that are rounded too coarsely', async () => {
    const { network, decisions } = subject.quantized;
    const coarse = decisions.weightScales.get('b')?.map((s) => 40 * s) ?? new Float32Array();
    const weightScales = new Map([...decisions.weightScales, ['b', coarse] as const]);
    const { layers } = await sensitivity(network, { ...decisions, weightScales }, subject.samples);
    expect(layers[0]).toMatchObject({ name: 'b', operator: 'conv2d' });
    expect(layers[0]?.share).toBeGreaterThan(0.9);
  });

  it('does not measure what stays float', async () => {
    const { network, decisions } = subject.quantized;
    const float = (name: string) => ({
      ...decisions,
      precisions: new Map([...decisions.precisions, [name, 'f32'] as const]),
    });
    const last = await sensitivity(network, float('c'), subject.samples);
    expect(last.layers.map((l) => l.name).toSorted()).toEqual(['a', 'b', 'x']);
    // What %c takes from %b is rounded all the same, but the weights of %b are not.
    const snr = ({ layers }: typeof last) => layers.find((l) => l.name === 'b')?.snr ?? 0;
    const inner = await sensitivity(network, float('b'), subject.samples);
    expect(snr(inner)).toBeGreaterThan(snr(last));
  });

  it('costs less in 16 bits', async () => {
    const { network, decisions } = subject.quantized;
    const precisions = new Map([...decisions.precisions, ['a', 'i16'] as const]);
    const of = async (d: Decisions) => {
      const { layers } = await sensitivity(network, d, subject.samples);
      return layers.find((l) => l.name === 'a')?.snr ?? 0;
    };
    expect(await of({ ...decisions, precisions })).toBeGreaterThan(await of(decisions));
  });

  it('keeps to its bounds', async () => {
    const { network, decisions } = subject.quantized;
    const few = await sensitivity(network, decisions, subject.samples, { samples: 5, gains: 1 });
    expect(few.samples).toBe(5);
    expect(few.layers.map((l) => l.gain !== undefined)).toEqual([true, false, false, false]);
    const none = await sensitivity(network, decisions, subject.samples, { seconds: 0 });
    expect(none).toMatchObject({ samples: 4, layers: [], groups: [{ layers: ['x', 'a', 'b', 'c'], share: 1 }] });
  });

  it('ranks the layers of a group as its equal parts', () => {
    const layer = (name: string, share: number) => ({ name, share, operator: 'conv2d', where: '', snr: 0 });
    const groups = [
      { layers: ['b', 'c', 'd'], share: 0.6, snr: 0 },
      { layers: ['f', 'g'], share: 0.05, snr: 0 },
    ];
    expect(rankedLayers({ layers: [layer('a', 0.25), layer('e', 0.1)], groups })).toEqual([...'abcdefg']);
  });
});

// Statistics from files that a stranger wrote: what contradicts itself is refused with a diagnostic, nothing else happens.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CompileError } from '../../ir/diagnostics.ts';
import { type StatisticsRecord, TensorStatistics } from '../../src/quantize/tensor-statistics.ts';

fc.configureGlobal({ seed: 20261123 });

function record(): StatisticsRecord {
  const s = new TensorStatistics(2);
  s.add(Float32Array.of(-1, 0, 2.5, 3));
  s.add(Float32Array.of(0.5, 1));
  return s.toJSON();
}

function messageOf(x: unknown): string {
  try {
    TensorStatistics.fromJSON(x);
  } catch (error) {
    if (error instanceof CompileError) return error.message;
    throw error;
  }
  return 'accepted';
}

test('the record itself is accepted', () => {
  expect(messageOf(record())).toBe('accepted');
});

const good = record();
const withChannels = (part: object) => ({ ...good, channels: { ...good.channels, ...part } });

describe('refused', () => {
  test.each<[string, unknown, RegExp]>([
    ['no object', 7, /no object/],
    ['null', null, /no object/],
    ['a list', [], /no object/],
    ['nothing in it', {}, /samples is no count/],
    ['a negative count', { ...good, samples: -1 }, /samples is no count/],
    ['a count beyond 2^53', { ...good, nonFinite: 2 ** 54 }, /nonFinite is no count/],
    ['bins as text', { ...good, bins: '12' }, /bins is no list/],
    ['half a value in a bin', { ...good, bins: good.bins.map((n) => n / 2) }, /bins holds something else/],
    ['a bin too few', { ...good, bins: good.bins.slice(1) }, /differently|end to end/],
    ['an empty lowest bin', { ...good, bins: [0, 1, ...good.bins.slice(2)] }, /lowest bin/],
    ['another sum of bins', { ...good, zeros: 5 }, /counted differently/],
    ['more samples than elements', { ...good, samples: 100 }, /samples do not fit/],
    ['values without extremes', { ...good, extremes: null }, /without extremes/],
    ['extremes in reverse', { ...good, extremes: [3, -1] }, /extremes of tensor and channels differ/],
    ['extremes that are none', { ...good, extremes: ['a', 3] }, /extremes holds something else/],
    ['three extremes', { ...good, extremes: [-1, 0, 3] }, /extremes is no pair/],
    ['sums out of reach', { ...good, sumOfExtremes: [-1, 1e9] }, /sums are out/],
    ['no channels', withChannels({ count: [] }), /no channel/],
    ['a million of channels in one list', withChannels({ count: new Array(1e6).fill(0) }), /one entry per channel/],
    ['an extreme that is no f32', withChannels({ min: [-1, 0.1] }), /f32/],
    ['a missing extreme', withChannels({ min: [null, 0] }), /f32/],
    ['a channel upside down', withChannels({ min: [-1, 3], max: [2.5, 1] }), /above the greatest/],
    ['a sum out of reach', withChannels({ sum: [100, 1] }), /sum of a channel/],
    ['a negative sum of squares', withChannels({ sumSquare: [-5, 1] }), /sum of squares/],
  ])('%s', (_, x, message) => {
    expect(messageOf(x)).toMatch(message);
  });
});

test('any JSON is accepted or refused with I8C0002, and what is accepted is whole', () => {
  const paths = ['samples', 'nonFinite', 'extremes', 'sumOfExtremes', 'zeros', 'bins', 'channels'] as const;
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.jsonValue(), (part, value) => {
      const answer = messageOf({ ...good, [part]: value });
      expect(answer === 'accepted' || answer.includes('I8C0002')).toBe(true);
    }),
  );
});

// Times as figures: quantiles, and steps added up by operator.
import { describe, expect, it } from 'vitest';
import { operatorTimes, speedOf } from '../../src/bench/profile.ts';
import { medianOf, spreadOf } from '../../src/bench/statistics.ts';

describe('spread', () => {
  it.each([
    [[7], { minimum: 7, lowerQuartile: 7, median: 7, upperQuartile: 7 }],
    [[4, 1, 3, 2, 5], { minimum: 1, lowerQuartile: 2, median: 3, upperQuartile: 4 }],
    // Between two numbers, in proportion; not sorted as texts.
    [[10, 9, 100, 2], { minimum: 2, lowerQuartile: 7.25, median: 9.5, upperQuartile: 32.5 }],
  ])('of %j', (numbers, spread) => {
    expect(spreadOf(numbers)).toEqual(spread);
  });

  it('is no number where there is none', () => {
    expect(medianOf([])).toBeNaN();
  });
});

describe('operators', () => {
  const steps = [
    { kernel: 'gate', location: 'LSTM #0' },
    { kernel: 'softmax', location: 'SOFTMAX #1' },
    { kernel: 'gate', location: 'LSTM #0' },
    { kernel: 'cell', location: 'LSTM #0' },
  ];
  const rounds = [
    [1, 10, 2, 3],
    [2, 2, 2, 2],
    [1, 1, 1, 1],
  ];

  it('have the times of all their steps, as medians of rounds', () => {
    expect(operatorTimes(steps, rounds, new Map([['LSTM #0', 12_000_000]]))).toEqual([
      {
        operator: 'LSTM #0',
        kernels: ['gate', 'cell'],
        macs: 12_000_000,
        milliseconds: 6,
        share: 0.75,
        gmacPerSecond: 2,
      },
      { operator: 'SOFTMAX #1', kernels: ['softmax'], macs: 0, milliseconds: 2, share: 0.25 },
    ]);
  });

  it('have no speed where no time passed', () => {
    expect(speedOf(1000, 0)).toEqual({});
    const [operator] = operatorTimes(steps.slice(0, 1), [[0]], new Map());
    expect(operator?.share).toBe(0);
  });
});

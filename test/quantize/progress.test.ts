// What quantizing tells of its progress, and that it can be ended wherever it tells.
import { expect, it } from 'vitest';
import { quantize } from '../../src/index.ts';
import type { QuantizationProgress } from '../../src/quantize/quantize.ts';
import { exampleNetwork, randomSamples } from './calibration-networks.ts';

const activities = ['pruning', 'calibrating', 'searching ranges', 'learning weights'] as const;

const { program } = await exampleNetwork();
const samples = randomSamples(await exampleNetwork(), 8);

it('goes from activity to activity, each from its first step towards its last', async () => {
  const seen: QuantizationProgress[] = [];
  await quantize(program, samples, { prune: 0.2, equalize: false, onProgress: (progress) => seen.push(progress) });
  expect([...new Set(seen.map(({ activity }) => activity))]).toEqual(activities);
  for (const activity of activities) {
    const steps = seen.filter((progress) => progress.activity === activity);
    const done = steps.map((progress) => progress.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(new Set(steps.map(({ count }) => count)).size).toBe(1);
    const end = steps[0]?.count ?? 0;
    // A search that finds nothing more ends before its budget does.
    if (activity === 'searching ranges') expect(done.at(-1)).toBeLessThanOrEqual(end);
    else expect(done.at(-1)).toBe(end);
  }
});

it.each(activities)('ends while %s', async (ended) => {
  const controller = new AbortController();
  const onProgress = ({ activity }: QuantizationProgress) => {
    if (activity === ended) controller.abort(new Error('enough'));
  };
  const run = quantize(program, samples, { prune: 0.2, equalize: false, onProgress, signal: controller.signal });
  await expect(run).rejects.toThrow('enough');
});

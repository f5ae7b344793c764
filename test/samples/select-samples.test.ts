// Choices and shards of a data set: each sample at most once, the same for the same seed, all of them together.
import { describe, expect, test } from 'vitest';
import { type SampleSource, samplesOf } from '../../src/samples/sample-source.ts';
import { selectSamples, shardOf } from '../../src/samples/select-samples.ts';
import { messageOf } from './temporary-folder.ts';

/** A set of `count` samples, each of which holds its own index, is labelled with it and named after it. */
function numbered(count: number): SampleSource {
  const indices = [...Array(count).keys()];
  const source = samplesOf(indices.map((i) => ({ x: Int32Array.of(i) })));
  return { ...source, labels: indices, names: indices.map((i) => `${i}.npy`) };
}

/** The indices of the samples that a source reads. */
async function indicesOf(source: SampleSource): Promise<number[]> {
  const indices = [];
  for (let i = 0; i < source.count; i++) indices.push(Number((await source.read(i)).x?.[0]));
  expect(source.labels).toEqual(indices);
  expect(source.names).toEqual(indices.map((i) => `${i}.npy`));
  return indices;
}

const ascending = (a: number, b: number) => a - b;

describe('selectSamples', () => {
  test('is the same for the same seed, another for another, and reads no sample twice', async () => {
    const chosen = await indicesOf(selectSamples(numbered(1000), { limit: 100, seed: 7 }));
    expect(await indicesOf(selectSamples(numbered(1000), { limit: 100, seed: 7 }))).toEqual(chosen);
    expect(await indicesOf(selectSamples(numbered(1000), { limit: 100, seed: 8 }))).not.toEqual(chosen);
    expect(new Set(chosen).size).toBe(100);
    expect(chosen).not.toEqual([...chosen].sort(ascending));
  });

  test('a smaller choice is the start of a larger one', async () => {
    const ten = await indicesOf(selectSamples(numbered(50), { limit: 10, seed: 3 }));
    expect((await indicesOf(selectSamples(numbered(50), { limit: 20, seed: 3 }))).slice(0, 10)).toEqual(ten);
  });

  test('takes all where there are no more', async () => {
    const all = await indicesOf(selectSamples(numbered(5), { limit: 9 }));
    expect([...all].sort(ascending)).toEqual([0, 1, 2, 3, 4]);
    expect(selectSamples(numbered(5), {}).count).toBe(5);
  });

  test('chooses every sample about equally often', async () => {
    const times = new Array(20).fill(0);
    for (let seed = 0; seed < 400; seed++) {
      for (const i of selectSamples(numbered(20), { limit: 5, seed }).labels ?? []) times[i]++;
    }
    // 400 * 5 / 20 = 100 is expected, with a standard deviation of 8.7.
    expect(Math.min(...times)).toBeGreaterThan(60);
    expect(Math.max(...times)).toBeLessThan(140);
  });

  test.each([0, -1, 1.5])('a limit of %d is refused', async (limit) => {
    expect(await messageOf(() => selectSamples(numbered(5), { limit }))).toContain('positive integer');
  });
});

describe('shardOf', () => {
  test('shards together are the whole, once each', async () => {
    const shards = [];
    for (const k of [1, 2, 3]) shards.push(await indicesOf(shardOf(numbered(8), k, 3)));
    expect(shards).toEqual([
      [0, 3, 6],
      [1, 4, 7],
      [2, 5],
    ]);
    expect(shardOf(numbered(1), 2, 3).count).toBe(0);
  });

  test('of a choice', async () => {
    const chosen = selectSamples(numbered(100), { limit: 10, seed: 1 });
    const whole = await indicesOf(chosen);
    expect(await indicesOf(shardOf(chosen, 2, 2))).toEqual(whole.filter((_, i) => i % 2 === 1));
  });

  test.each([
    [0, 2],
    [3, 2],
    [1.5, 2],
  ])('shard %d of %d is refused', async (k, n) => {
    expect(await messageOf(() => shardOf(numbered(5), k, n))).toContain('There is no shard');
  });
});

// All samples of a source as plain numbers.
import type { SampleSource } from '../../src/samples/sample-source.ts';

/** The samples in order; each a record of the numbers of every input. */
export async function readAll(source: SampleSource): Promise<Record<string, number[]>[]> {
  const samples = [];
  for (let i = 0; i < source.count; i++) {
    const feeds = Object.entries(await source.read(i));
    samples.push(
      Object.fromEntries(feeds.map(([name, data]) => [name, Array.from<number | bigint, number>(data, Number)])),
    );
  }
  return samples;
}

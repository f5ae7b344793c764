// Parts of a data set: a random choice of its samples, and the shards into which a scheduler splits it.
import { fail } from '../../ir/diagnostics.ts';
import { seededRandom } from '../random-tensor.ts';
import { checkIndex, type SampleSource } from './sample-source.ts';

export interface Selection {
  /** How many samples at most; all of them where absent. */
  limit?: number;
  /** The choice is the same for the same seed. */
  seed?: number;
}

/**
 * `limit` samples, shuffled: each sample at most once, and each as likely as any other (Fisher and Yates).
 *
 * @throws CompileError I8C0401 for a limit that is no positive integer.
 */
export function selectSamples(source: SampleSource, { limit, seed = 0 }: Selection): SampleSource {
  if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) {
    fail('I8C0401', `The number of samples is ${limit}; it is a positive integer.`);
  }
  const count = Math.min(limit ?? source.count, source.count);
  const random = seededRandom(seed);
  const indices = Uint32Array.from({ length: source.count }, (_, i) => i);
  for (let i = 0; i < count; i++) {
    const other = i + Math.floor(random() * (indices.length - i));
    [indices[i], indices[other]] = [indices[other] ?? i, indices[i] ?? i];
  }
  return samplesAt(source, indices.slice(0, count));
}

/**
 * Shard `k` (1 to `n`) of a data set: every n-th sample from the k-th on, so that each shard sees the set as a whole, in its
 * order, and the shards together see each sample once. One of a set with fewer samples than shards may be empty.
 *
 * @throws CompileError I8C0401 where k is not 1 to n.
 */
export function shardOf(source: SampleSource, k: number, n: number): SampleSource {
  if (!Number.isInteger(n) || !Number.isInteger(k) || k < 1 || k > n) {
    fail('I8C0401', `There is no shard ${k} of ${n}.`, { hint: 'The first of eight shards is 1/8, the last 8/8.' });
  }
  const count = Math.max(0, Math.ceil((source.count - (k - 1)) / n));
  return samplesAt(
    source,
    Uint32Array.from({ length: count }, (_, i) => k - 1 + i * n),
  );
}

/** The samples at these indices, in this order. */
export function samplesAt(source: SampleSource, indices: Uint32Array): SampleSource {
  const { labels, names } = source;
  const at = (index: number) => indices[checkIndex(index, indices.length)] ?? 0;
  return {
    count: indices.length,
    ...(labels === undefined ? {} : { labels: Array.from(indices, (i) => labels[i] ?? 0) }),
    ...(names === undefined ? {} : { names: Array.from(indices, (i) => names[i] ?? '') }),
    read: async (index) => source.read(at(index)),
  };
}

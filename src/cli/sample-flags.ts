// The options by which a subcommand is told its samples.
import { fail } from '../../ir/diagnostics.ts';
import type { TensorInfo } from '../program.ts';
import type { SampleSource } from '../samples/sample-source.ts';
import { shardNamed, wholeNumber } from './flag-values.ts';

export interface SampleFlags {
  readonly preprocess?: string;
  readonly limit?: string;
  readonly seed?: string;
  readonly shard?: string;
  readonly labels?: string;
}

/** The samples that patterns mean, with labels where a file of them is named, then those that were asked for. */
export async function samplesFrom(
  patterns: readonly string[],
  inputs: readonly TensorInfo[],
  flags: SampleFlags,
): Promise<SampleSource> {
  const limit = flags.limit === undefined ? undefined : wholeNumber('--limit', flags.limit, 1);
  const seed = flags.seed === undefined ? undefined : wholeNumber('--seed', flags.seed, 0);
  const shard = flags.shard === undefined ? undefined : shardNamed('--shard', flags.shard);
  const [{ openSamples }, { selectSamples, shardOf }] = await Promise.all([
    import('../samples/open-samples.ts'),
    import('../samples/select-samples.ts'),
  ]);
  const { preprocess, labels } = flags;
  const all = await openSamples(patterns, inputs, preprocess === undefined ? {} : { preprocess });
  const labelled = labels === undefined ? all : await withLabels(all, labels);
  const chosen =
    limit === undefined && seed === undefined
      ? labelled
      : selectSamples(labelled, { ...(limit === undefined ? {} : { limit }), ...(seed === undefined ? {} : { seed }) });
  return shard === undefined ? chosen : shardOf(chosen, ...shard);
}

async function withLabels(samples: SampleSource, path: string): Promise<SampleSource> {
  const { readLabels } = await import('../samples/labels.ts');
  const labels = Array.from(await readLabels(path, samples.names));
  if (labels.length !== samples.count) {
    fail('I8C0402', `There are ${labels.length} labels for ${samples.count} samples.`, { where: path });
  }
  return { ...samples, labels };
}

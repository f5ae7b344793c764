// Statistics of several calibrations of one model, such as the shards of a data set, as those of one.
import { fail, quoteName } from '../../ir/diagnostics.ts';
import { checkFinished, type StatisticsFile } from './statistics-file.ts';
import { TensorStatistics } from './tensor-statistics.ts';

/** A file that was read, with its path for messages. */
export interface NamedStatistics {
  readonly path: string;
  readonly file: StatisticsFile;
}

/**
 * Statistics of all files as one: counts, extremes and histograms are exact, whatever the order.
 *
 * @throws CompileError I8C0402 where files are of several models or of the same samples, or one is not finished.
 */
export function mergeStatistics(files: readonly NamedStatistics[]): StatisticsFile {
  const [first] = files;
  if (first === undefined) return fail('I8C0401', 'There is nothing to merge.');
  const seen = new Map<string, string>();
  for (const { path, file } of files) {
    checkFinished(file, path);
    for (const { fingerprint } of file.samples) {
      const other = seen.get(fingerprint);
      if (other !== undefined) {
        fail('I8C0402', `The samples are also those of ${quoteName(other)}.`, {
          where: path,
          hint: 'Merge the statistics of each shard once.',
        });
      }
      seen.set(fingerprint, path);
    }
  }
  const merged = new Map(
    [...first.file.tensors].map(([name, { channels }]) => [name, new TensorStatistics(channels)] as const),
  );
  for (const { path, file } of files) {
    const { sha256, name } = first.file.model;
    if (file.model.sha256 !== sha256 || file.tensors.size !== merged.size) {
      fail('I8C0402', `The statistics are not of the model of ${quoteName(first.path)}, ${quoteName(name)}.`, {
        where: path,
      });
    }
    for (const [tensor, statistics] of file.tensors) {
      const known = merged.get(tensor);
      if (known === undefined) {
        fail('I8C0402', `Tensor ${quoteName(tensor)} is not in ${quoteName(first.path)}.`, { where: path });
      }
      known.merge(statistics);
    }
  }
  return { model: first.file.model, samples: files.flatMap(({ file }) => file.samples), tensors: merged };
}

// The samples of a data set, as what calibrates and compares networks reads them: one at a time, in any order, nothing kept.
import { internalError } from '../../ir/diagnostics.ts';
import type { Feeds } from '../runner.ts';

/** Samples of a data set, each one feed of a program's inputs. May be read in any order, and again. */
export interface SampleSource {
  readonly count: number;
  /** The class of each sample, where the data set says so itself (a folder for each class); else undefined. */
  readonly labels?: readonly number[];
  /** The file of each sample, where samples are files or parts of them. */
  readonly names?: readonly string[];
  /**
   * Sample `index` (0 up to count - 1) as feeds of the program's inputs. Reads it then and there: nothing is kept.
   *
   * @throws CompileError where the file of the sample is damaged, or does not fit the program.
   */
  read(index: number): Promise<Feeds>;
}

/** Samples in memory. */
export function samplesOf(feeds: readonly Feeds[]): SampleSource {
  return { count: feeds.length, read: async (index) => feeds[checkIndex(index, feeds.length)] ?? {} };
}

/** Holds an index to what a source has: one beyond it is a mistake of the caller, not of the user. */
export function checkIndex(index: number, count: number): number {
  if (!Number.isInteger(index) || index < 0 || index >= count) internalError(`no sample ${index} of ${count}`);
  return index;
}

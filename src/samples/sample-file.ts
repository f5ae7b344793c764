// A file of a data set, as one of several forms opens it.
import { CompileError, quoteName } from '../../ir/diagnostics.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import type { InputTarget } from './input-target.ts';

/** What a file holds for one input: one sample or several. */
export interface SampleFile {
  readonly count: number;
  /** Sample `index` as the elements of the input. */
  read(index: number): Promise<TensorArray>;
}

/** Looks at a file no further than is needed to count its samples. */
export type OpenSampleFile = (path: string, target: InputTarget) => Promise<SampleFile>;

/** Does something about a file; every diagnostic then says which one. */
export async function about<T>(path: string, target: InputTarget, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    const where = `input ${quoteName(target.input.name)} from ${quoteName(path)}`;
    throw new CompileError(error.diagnostics.map((d) => ({ ...d, where })));
  }
}

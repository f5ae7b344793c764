// What backends that print text do with a program first: unrolled loops are written out, and what intervals decide is
// folded. Kernels stay in their order; calls follow them.
import { foldRanges } from './fold-ranges.ts';
import type { Kernel, LoopProgram } from './kernel.ts';
import { mapKernels } from './map-kernels.ts';
import { ContentRanges, programRanges } from './program-ranges.ts';
import type { KernelRanges } from './ranges.ts';
import { expandUnrolledLoops } from './unroll.ts';

export interface PreparedProgram {
  /** The program with each kernel made ready; its results are the same for every input. */
  readonly program: LoopProgram;
  /** The intervals of the new kernels. */
  readonly ranges: ReadonlyMap<Kernel, KernelRanges>;
}

export function prepareWithRanges(program: LoopProgram): PreparedProgram {
  const contents = new ContentRanges();
  const unrolled = expandUnrolledLoops(program);
  const ranges = programRanges(unrolled, contents);
  const folded = mapKernels(unrolled, (kernel) => {
    const known = ranges.get(kernel);
    return known === undefined ? kernel : foldRanges(kernel, known);
  });
  return { program: folded, ranges: programRanges(folded, contents) };
}

/** The same without the intervals. */
export function prepareForPrinting(program: LoopProgram): LoopProgram {
  return prepareWithRanges(program).program;
}

// What backends that print text do with a program first: unrolled loops are written out, and what intervals decide is
// folded. Kernels stay in their order; calls follow them.
import { foldRanges } from './fold-ranges.ts';
import type { LoopProgram } from './kernel.ts';
import { mapKernels } from './map-kernels.ts';
import { programRanges } from './program-ranges.ts';
import { expandUnrolledLoops } from './unroll.ts';

/** The program with each kernel made ready; its results are the same for every input. */
export function prepareForPrinting(program: LoopProgram): LoopProgram {
  const unrolled = expandUnrolledLoops(program);
  const ranges = programRanges(unrolled);
  return mapKernels(unrolled, (kernel) => {
    const known = ranges.get(kernel);
    return known === undefined ? kernel : foldRanges(kernel, known);
  });
}

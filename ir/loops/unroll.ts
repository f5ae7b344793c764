// Writes out loops of kind `unrolled`: their iterations one after the other, with the counter a constant that folds into
// index arithmetic. For backends that print text, before they analyse values.
import { constantValue } from './builder.ts';
import type { Block, ForInstruction, Kernel, LoopProgram } from './kernel.ts';
import { mapKernels } from './map-kernels.ts';
import { rebuildKernel } from './rebuild.ts';
import { blocksOf } from './uses.ts';

/** Most instructions that one loop may become; a longer one stays a loop. */
const maxInstructions = 512;

/** The program with its unrolled loops written out. Kernels without any are kept. */
export function expandUnrolledLoops(program: LoopProgram): LoopProgram {
  return mapKernels(program, unrollKernel);
}

/** The kernel with its unrolled loops written out; the same one if it has none. */
export function unrollKernel(kernel: Kernel): Kernel {
  return hasUnrolledLoop(kernel.body) ? rebuildKernel(kernel, { iterations: iterationsToWrite }) : kernel;
}

function hasUnrolledLoop(block: Block): boolean {
  return block.body.some(
    (x) => (x.kind === 'for' && iterationsToWrite(x) !== undefined) || blocksOf(x).some(hasUnrolledLoop),
  );
}

/** The counter's values, where the loop is to be written out. */
function iterationsToWrite(x: ForInstruction): number[] | undefined {
  const [lower, upper] = [constantValue(x.lower), constantValue(x.upper)];
  if (x.mode !== 'unrolled' || lower === undefined || upper === undefined) return undefined;
  const count = Math.max(0, Math.ceil((Number(upper) - Number(lower)) / x.step));
  if (count * sizeOf(x.block) > maxInstructions) return undefined;
  return Array.from({ length: count }, (_, i) => Number(lower) + i * x.step);
}

/** Instructions in a block once all that is unrolled in it is written out. */
function sizeOf(block: Block): number {
  let size = 0;
  for (const x of block.body) {
    const times = x.kind === 'for' ? (iterationsToWrite(x)?.length ?? 1) : 1;
    for (const inside of blocksOf(x)) size += times * sizeOf(inside);
    size++;
  }
  return size;
}

// Drops what no store depends on: schedules compute indices for epilogues that may not ask for them.
import type { Block, Kernel } from '../../ir/loops/kernel.ts';
import { blocksOf, kernelUses } from '../../ir/loops/uses.ts';

/** The kernel without instructions whose results do not matter. */
export function withoutDeadCode(kernel: Kernel): Kernel {
  const uses = kernelUses(kernel);
  const clean = (block: Block): void => {
    const kept = block.body.filter((i) => uses.matters(i));
    block.body.splice(0, block.body.length, ...kept);
    for (const i of kept) for (const inner of blocksOf(i)) clean(inner);
  };
  clean(kernel.body);
  return kernel;
}

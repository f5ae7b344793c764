// Changes every kernel of a program; calls follow.
import type { Kernel, LoopProgram } from './kernel.ts';

/** The program with each kernel replaced by what `change` gives for it, asked once per kernel. */
export function mapKernels(program: LoopProgram, change: (kernel: Kernel) => Kernel): LoopProgram {
  const changed = new Map<Kernel, Kernel>();
  const of = (kernel: Kernel): Kernel => {
    const known = changed.get(kernel) ?? change(kernel);
    changed.set(kernel, known);
    return known;
  };
  return {
    ...program,
    kernels: program.kernels.map(of),
    calls: program.calls.map((call) => ({ ...call, kernel: of(call.kernel) })),
  };
}

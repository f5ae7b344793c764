// A program's calls by the kernel that they run.
import type { Call, Kernel, LoopProgram } from './kernel.ts';

/** The kernels that the program calls, in the order of their first calls, each with its calls in order. */
export function callsByKernel(program: LoopProgram): Map<Kernel, Call[]> {
  const calls = new Map<Kernel, Call[]>();
  for (const call of program.calls) {
    const known = calls.get(call.kernel);
    if (known === undefined) calls.set(call.kernel, [call]);
    else known.push(call);
  }
  return calls;
}

// A program's calls by the kernel that they run, and what one call makes of its kernel.
import type { Argument, Call, Kernel, LoopProgram, LoopValue } from './kernel.ts';
import { rebuildKernel } from './rebuild.ts';
import { type Buffer, laneOf } from './types.ts';
import { operandsOf } from './uses.ts';

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

/** Elements that a call passes for a buffer: as many as the buffer has, or where that varies, the rest of the storage. */
export function argumentLength(buffer: Buffer | undefined, { storage, offset }: Argument): number {
  const length = buffer?.length ?? 0;
  return buffer?.varies ? Math.min(length, Math.max(0, storage.length - offset)) : length;
}

/** The kernel as one call runs it: its scalars are constants, its buffers as long as the arguments. */
export function kernelOfCall({ kernel, args, scalars }: Call): Kernel {
  const buffers = new Map(
    kernel.buffers.map((b, i) => {
      const { varies: _, ...fixed } = b;
      const argument = args[i];
      return [b, argument === undefined ? b : { ...fixed, length: argumentLength(b, argument) }] as const;
    }),
  );
  const numbers = new Map<LoopValue, number>(kernel.scalars.map((s, i) => [s, scalars[i] ?? 0]));
  const rebuilt = rebuildKernel(kernel, {
    operand(x, position, b) {
      const v = operandsOf(x)[position]!;
      const number = numbers.get(v);
      return number === undefined ? undefined : b.constant(laneOf(v.type) === 'i64' ? BigInt(number) : number, v.type);
    },
    access: ({ buffer, align }) => ({ buffer: buffers.get(buffer) ?? buffer, align }),
  });
  return { ...rebuilt, buffers: [...buffers.values()], scalars: [] };
}

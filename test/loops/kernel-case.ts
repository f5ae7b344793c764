// A kernel with its memory before and after: what the tests of the interpreter and of the backends run.
import type { Kernel } from '../../ir/loops/kernel.ts';
import type { LaneValue } from '../../ir/loops/opcodes.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';

export interface KernelCase {
  readonly title: string;
  readonly kernel: Kernel;
  readonly scalars: readonly LaneValue[];
  /** One for each buffer of the kernel, in its order. */
  readonly memory: readonly BufferCase[];
}

export interface BufferCase {
  readonly buffer: Buffer;
  readonly before: TensorArray;
  readonly after: TensorArray;
}

/** Copies of the memory before the kernel. */
export function memoryBefore(c: KernelCase): Map<Buffer, TensorArray> {
  return new Map(c.memory.map((m) => [m.buffer, m.before.slice()]));
}

/** The memory after the kernel, by the buffers' names: compare with {@link contents}. */
export function expectedContents(c: KernelCase): Record<string, TensorArray> {
  return Object.fromEntries(c.memory.map((m) => [m.buffer.name, m.after]));
}

export function contents(memory: ReadonlyMap<Buffer, TensorArray>): Record<string, TensorArray> {
  return Object.fromEntries([...memory].map(([buffer, array]) => [buffer.name, array]));
}

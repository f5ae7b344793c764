// Which arguments of a call share no memory with any other, so that a compiler may be told.
import type { Argument, Call, LoopProgram } from '../../ir/loops/kernel.ts';
import { bytesPerElement } from '../../ir/types.ts';

/** True when the argument at `position` overlaps no other argument of the call. */
export function isStandAlone(program: LoopProgram, call: Call, position: number): boolean {
  const own = spanOf(program, call, position);
  return call.args.every((_, i) => i === position || !overlap(own, spanOf(program, call, i)));
}

interface Span {
  /** What memory: the arena, or the storage itself. */
  readonly memory: unknown;
  readonly start: number;
  readonly end: number;
}

function spanOf(program: LoopProgram, call: Call, position: number): Span {
  const { storage, offset } = call.args[position] as Argument;
  const buffer = call.kernel.buffers[position];
  const size = bytesPerElement(storage.element);
  const base = storage.storage === 'arena' ? (program.arena.offsets.get(storage) ?? 0) : 0;
  const start = base + offset * size;
  const length =
    buffer === undefined ? (storage.length - offset) * size : buffer.length * bytesPerElement(buffer.element);
  return { memory: storage.storage === 'arena' ? program.arena : storage, start, end: start + length };
}

function overlap(a: Span, b: Span): boolean {
  return a.memory === b.memory && a.start < b.end && b.start < a.end;
}

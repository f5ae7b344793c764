// Small whole programs: one with state, and one whose memory plan can be wrong in several ways.
import { LoopBuilder } from '../../ir/loops/builder.ts';
import type { Argument, Call, Kernel, LoopProgram, Storage } from '../../ir/loops/kernel.ts';
import type { Buffer, BufferRole } from '../../ir/loops/types.ts';

const whole = (storage: Storage): Argument => ({ storage, offset: 0 });

function program(
  name: string,
  storages: Storage[],
  calls: Call[],
  offsets: [Storage, number][],
  bytes: number,
): LoopProgram {
  const kernels = [...new Set(calls.map((c) => c.kernel))];
  return { name, storages, kernels, calls, arena: { offsets: new Map(offsets), bytes, lowerBound: bytes } };
}

/** Adds x to the state, which starts as [10, 20, 30, 40]; y is the sum. */
export function accumulatorProgram(): LoopProgram {
  const x: Storage = { name: 'x', storage: 'input', element: 'i32', length: 4 };
  const y: Storage = { name: 'y', storage: 'output', element: 'i32', length: 4 };
  const s: Storage = { name: 's', storage: 'state', element: 'i32', length: 4, data: Int32Array.of(10, 20, 30, 40) };
  const buffer = (name: string, role: BufferRole): Buffer => ({ name, element: 'i32', length: 4, role });
  const [xs, ys, ss] = [buffer('x', 'in'), buffer('y', 'out'), buffer('s', 'inout')];
  const b = new LoopBuilder();
  b.for(0, 4, (i) => {
    const next = b.add(b.load(ss, i), b.load(xs, i));
    b.store(ss, i, next);
    b.store(ys, i, next);
  });
  const kernel = b.finish('accumulate', 'adds the input to the state', [xs, ss, ys]);
  const call: Call = { kernel, args: [x, s, y].map(whole), scalars: [], location: 'accumulate' };
  return program('accumulator', [x, s, y], [call], [], 0);
}

/** y = 3x + 1, in i8, by way of an i32 and an i64 storage of the arena. */
export function chainProgram(plan: 'good' | 'overlapping' | 'misaligned' | 'outside'): LoopProgram {
  const x: Storage = { name: 'x', storage: 'input', element: 'i8', length: 4 };
  const w: Storage = { name: 'w', storage: 'const', element: 'i32', length: 3, data: Int32Array.of(9, 3, 1) };
  const t: Storage = { name: 't', storage: 'arena', element: 'i32', length: 4 };
  const u: Storage = { name: 'u', storage: 'arena', element: 'i64', length: 4 };
  const y: Storage = { name: 'y', storage: 'output', element: 'i8', length: 4 };
  const offsets: Record<typeof plan, [number, number, number]> = {
    good: [0, 16, 48],
    overlapping: [0, 0, 48],
    misaligned: [4, 32, 64],
    outside: [48, 0, 56],
  };
  const [at, ut, bytes] = offsets[plan];
  const calls: Call[] = [
    { kernel: triple(), args: [whole(x), { storage: w, offset: 1 }, whole(t)], scalars: [], location: 'triple' },
    { kernel: widen(), args: [whole(t), whole(u)], scalars: [], location: 'widen' },
    { kernel: finish(), args: [whole(u), { storage: w, offset: 2 }, whole(y)], scalars: [4], location: 'finish' },
  ];
  return program(
    'chain',
    [x, w, t, u, y],
    calls,
    [
      [t, at],
      [u, ut],
    ],
    bytes,
  );
}

/** t = x * w[0]; the iterations are independent. */
function triple(): Kernel {
  const x: Buffer = { name: 'x', element: 'i8', length: 4, role: 'in' };
  const w: Buffer = { name: 'w', element: 'i32', length: 1, role: 'const' };
  const t: Buffer = { name: 't', element: 'i32', length: 4, role: 'out' };
  const b = new LoopBuilder();
  b.for(0, 4, (i) => b.store(t, i, b.mul(b.load(x, i), b.load(w, 0))), { mode: 'parallel' });
  return b.finish('triple', 'multiplies by a constant', [x, w, t]);
}

function widen(): Kernel {
  const t: Buffer = { name: 't', element: 'i32', length: 4, role: 'in' };
  const u: Buffer = { name: 'u', element: 'i64', length: 4, role: 'out' };
  const b = new LoopBuilder();
  b.for(0, 4, (i) => b.store(u, i, b.convert(b.load(t, i), 'i64')));
  return b.finish('widen', 'converts to 64 bits', [t, u]);
}

function finish(): Kernel {
  const u: Buffer = { name: 'u', element: 'i64', length: 4, role: 'in' };
  const w: Buffer = { name: 'w', element: 'i32', length: 1, role: 'const' };
  const y: Buffer = { name: 'y', element: 'i8', length: 4, role: 'out' };
  const n = { type: 'i32', name: 'n' };
  const b = new LoopBuilder();
  b.for(0, n, (i) => b.store(y, i, b.add(b.convert(b.load(u, i), 'i32'), b.load(w, 0))));
  return b.finish('finish', 'adds a constant and narrows', [u, w, y], [n]);
}

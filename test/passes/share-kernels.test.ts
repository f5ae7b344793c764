// One kernel for several that differ only in how they requantize: it must do what each of them did.
import { describe, expect, it } from 'vitest';
import { LoopBuilder } from '../../ir/loops/builder.ts';
import { runKernel } from '../../ir/loops/interpreter.ts';
import type { Call, Kernel, Storage } from '../../ir/loops/kernel.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { shareKernels } from '../../passes/lower/share-kernels.ts';

const length = 16;
const x: Buffer = { name: 'x', element: 'i32', length, role: 'in' };
const y: Buffer = { name: 'y', element: 'i8', length, role: 'out' };

interface Numbers {
  readonly multiplier: number;
  readonly shift: number;
  readonly zero: number;
}

/** y = clamp(requantize(x) + zero), `lanes` elements at a time. */
function rescaling({ multiplier, shift, zero }: Numbers, lanes = 1): Kernel {
  const b = new LoopBuilder();
  b.for(
    0,
    length,
    (i) => {
      const scaled = b.requantize(b.load(x, i, lanes), multiplier, shift, 'double');
      const type = scaled.type;
      const sum = b.add(scaled, b.constant(zero, type));
      const limited = b.clamp(sum, b.constant(-128, type), b.constant(127, type));
      b.store(y, i, lanes === 1 ? limited : b.narrow(limited, `i8x${lanes}` as 'i8x4'));
    },
    { step: lanes },
  );
  return b.finish('rescale', 'Rescales.', [x, y]);
}

const storage: Storage = { name: 's', storage: 'arena', element: 'i32', length };
const callOf = (kernel: Kernel): Call => ({
  kernel,
  args: [
    { storage, offset: 0 },
    { storage, offset: 0 },
  ],
  scalars: [],
  location: '',
});

const input = Int32Array.from({ length }, (_, i) => (i - 7) * 991 + i);

function run(kernel: Kernel, scalars: Call['scalars']): Int8Array {
  const result = new Int8Array(length);
  runKernel(
    kernel,
    new Map<Buffer, Int32Array | Int8Array>([
      [kernel.buffers[0]!, input.slice()],
      [kernel.buffers[1]!, result],
    ]),
    scalars,
  );
  return result;
}

const different: readonly Numbers[] = [
  { multiplier: 1276881792, shift: -6, zero: 3 },
  { multiplier: 1590606080, shift: -7, zero: 3 },
  { multiplier: 1276881792, shift: -5, zero: -20 },
];

describe.each([1, 4])('kernels on %d lanes', (lanes) => {
  it('that differ in multiplier, shift and zero point are shared', () => {
    const kernels = different.map((numbers) => rescaling(numbers, lanes));
    const calls = shareKernels(kernels.map(callOf));
    expect(new Set(calls.map((c) => c.kernel)).size).toBe(1);
    expect(calls[0]?.kernel.scalars.map((s) => s.name)).toEqual(['multiplier', 'shift', 'zero']);
    for (const [i, call] of calls.entries()) {
      const expected = run(kernels[i]!, []);
      expect(new Set(expected).size).toBeGreaterThan(2);
      expect(run(call.kernel, call.scalars)).toEqual(expected);
    }
  });

  it('keep as constants what is the same in all', () => {
    const calls = shareKernels(different.slice(0, 2).map((numbers) => callOf(rescaling(numbers, lanes))));
    expect(calls[0]?.kernel.scalars.map((s) => s.name)).toEqual(['multiplier', 'shift']);
    expect(calls.map((c) => c.scalars)).toEqual([
      [1276881792, -6],
      [1590606080, -7],
    ]);
  });
});

it('kernels that shift left are apart from those that shift right, which have a cheaper form', () => {
  const calls = shareKernels([-3, -4, 2, 3].map((shift) => callOf(rescaling({ ...different[0]!, shift }))));
  expect(new Set(calls.map((c) => c.kernel)).size).toBe(2);
});

it('limits are no parameters', () => {
  const limit = (high: number) => {
    const b = new LoopBuilder();
    b.for(0, length, (i) => b.store(y, i, b.min(b.load(x, i), high)));
    return b.finish('limit', '', [x, y]);
  };
  const calls = [callOf(limit(5)), callOf(limit(6))];
  expect(shareKernels(calls)).toEqual(calls);
});

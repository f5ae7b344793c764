// One kernel for several that differ only in how they requantize: it must do what each of them did.
import { describe, expect, it } from 'vitest';
import { instantiateWasm } from '../../backends/wasm/instantiate.ts';
import { LoopBuilder } from '../../ir/loops/builder.ts';
import { runKernel, runProgram } from '../../ir/loops/interpreter.ts';
import type { Call, Kernel, LoopProgram, LoopValue, Storage } from '../../ir/loops/kernel.ts';
import { parseKernels } from '../../ir/loops/parser.ts';
import { printKernel } from '../../ir/loops/printer.ts';
import { verifyProgram } from '../../ir/loops/program-verifier.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { sharedExtents, shareKernels } from '../../passes/lower/share-kernels.ts';

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

/** Sums rows: y[r] = offset + sum over c of x[r * columns + c], two columns at a time. */
function rowSums(rows: number, columns: number, offset: number): Kernel {
  const input: Buffer = { name: 'x', element: 'i8', length: rows * columns, role: 'in' };
  const result: Buffer = { name: 'y', element: 'i32', length: rows, role: 'out' };
  const b = new LoopBuilder();
  b.for(0, rows, (r) => {
    const row = b.mul(r, columns);
    const add = (c: LoopValue, [acc]: readonly LoopValue[]) => {
      const at = b.add(row, c);
      return [b.add(b.add(acc!, b.load(input, at, 1)), b.load(input, b.add(at, 1)))];
    };
    b.store(result, r, b.forCarry(0, columns, [b.constant(offset)], add, { step: 2 })[0]!);
  });
  return b.finish('row_sums', '', [input, result]);
}

describe('kernels of different extents', () => {
  const sizes: readonly (readonly [number, number, number])[] = [
    [3, 4, 7],
    [5, 8, 7],
    [2, 12, 9],
  ];
  const inputs = sizes.map(([rows, columns]): Storage => {
    const data = Int8Array.from({ length: rows * columns }, (_, i) => (i * 37) % 251);
    return { name: `x${columns}`, storage: 'const', element: 'i8', length: data.length, data };
  });
  const outputs = sizes.map(([rows, columns]): Storage => {
    return { name: `y${columns}`, storage: 'output', element: 'i32', length: rows };
  });
  const calls = sizes.map(([rows, columns, offset], i): Call => {
    const args = [inputs[i]!, outputs[i]!].map((storage) => ({ storage, offset: 0 }));
    return { kernel: rowSums(rows, columns, offset), args, scalars: [], location: '' };
  });
  const programOf = (of: readonly Call[]): LoopProgram => ({
    name: 'sums',
    storages: [...inputs, ...outputs],
    kernels: [...new Set(of.map((c) => c.kernel))],
    calls: of,
    arena: { offsets: new Map(), bytes: 0, lowerBound: 0 },
  });
  const shared = shareKernels(calls, sharedExtents);

  it('are one where code is downloaded, for buffers as long as the longest', () => {
    expect(new Set(shared.map((c) => c.kernel)).size).toBe(1);
    expect(shared.map((c) => c.scalars)).toEqual(sizes.map(([rows, columns, offset]) => [rows, columns, offset]));
    expect(shared[0]?.kernel.buffers.map((b) => [b.length, b.varies])).toEqual([
      [40, true],
      [5, true],
    ]);
    expect(verifyProgram(programOf(shared))).toEqual([]);
    const text = printKernel(shared[0]!.kernel);
    expect(text).toContain('i8[40] varies');
    expect(parseKernels(text).map(printKernel)).toEqual([text]);
  });

  it('compute what each of them did', () => {
    const expected = runProgram(programOf(calls)).run([]);
    expect(runProgram(programOf(shared)).run([])).toEqual(expected);
    for (const features of ['scalar', 'simd'] as const) {
      expect(instantiateWasm(programOf(shared), features).run([])).toEqual(expected);
    }
  });

  it('may not be called with scalars that lead out of the arguments', () => {
    const [first, ...others] = shared as [Call, ...Call[]];
    const wrong = programOf([{ ...first, scalars: [4, 4, 7] }, ...others]);
    expect(verifyProgram(wrong).map((d) => d.message)).toEqual([
      'reaches element 14 of buffer "x", which has 12.',
      'reaches element 15 of buffer "x", which has 12.',
      'reaches element 3 of buffer "y", which has 3.',
    ]);
  });

  it('stay apart in firmware', () => {
    expect(shareKernels(calls)).toEqual(calls);
  });
});

it('a multiple of a parameter is no other parameter', () => {
  const strided = (stride: number) => {
    const b = new LoopBuilder();
    b.for(0, 2, (i) => {
      const sum = b.add(b.load(x, b.add(i, stride)), b.load(x, b.add(i, 3 * stride + 1)));
      b.store(y, i, sum);
    });
    return b.finish('strided', '', [x, y]);
  };
  const strides = [2, 3, 4];
  const calls = shareKernels(
    strides.map((stride) => callOf(strided(stride))),
    sharedExtents,
  );
  expect(calls.map((c) => c.scalars)).toEqual(strides.map((s) => [s]));
  for (const [i, call] of calls.entries()) {
    expect(run(call.kernel, call.scalars)).toEqual(run(strided(strides[i]!), []));
  }
});

// What the wasm backend does to vectors only when it knows something of their values: requantization by products with
// powers of two, limits that saturation makes, loads that extend.
import { describe, expect, it } from 'vitest';
import { LoopBuilder } from '../../ir/loops/builder.ts';
import { runKernel } from '../../ir/loops/interpreter.ts';
import type { LoopValue } from '../../ir/loops/kernel.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import { Random } from '../../src/example/random.ts';
import { contents } from '../loops/kernel-case.ts';
import { type KernelRun, runKernels } from './wasm-harness.ts';

const count = 256;

/** A kernel that makes `lanes` results at a time from as many elements of each operand. */
function elementwise(
  operands: readonly TensorArray[],
  result: TensorArray,
  lanes: number,
  compute: (b: LoopBuilder, ...values: LoopValue[]) => LoopValue,
): KernelRun {
  const elementOf = (array: TensorArray) =>
    array instanceof Int8Array
      ? 'i8'
      : array instanceof Uint8Array
        ? 'u8'
        : array instanceof Int16Array
          ? 'i16'
          : 'i32';
  const inputs = operands.map(
    (array, i): Buffer => ({ name: `x${i}`, element: elementOf(array), length: count, role: 'in' }),
  );
  const y: Buffer = { name: 'y', element: elementOf(result), length: count, role: 'out' };
  const b = new LoopBuilder();
  b.for(
    0,
    count,
    (i) => {
      b.store(y, i, compute(b, ...inputs.map((buffer) => b.load(buffer, i, lanes))));
    },
    { step: lanes },
  );
  const kernel = b.finish('elementwise', 'test', [...inputs, y]);
  return {
    kernel,
    scalars: [],
    memory: new Map([...inputs.map((x, i) => [x, operands[i]!.slice()] as const), [y, result.slice()]]),
  };
}

/** Compares with the interpreter; what operands hold is known at compile time. */
function expectRuns(runs: readonly KernelRun[]): void {
  const after = runKernels(runs, true, 'simd');
  runs.forEach(({ kernel, memory }, i) => {
    const copy = new Map(Array.from(memory, ([buffer, array]) => [buffer, array.slice()]));
    runKernel(kernel, copy);
    expect(contents(after[i]!), `run ${i}`).toEqual(contents(copy));
  });
}

const random = new Random(5);
const edges = [0, 1, -1, 2147483647, -2147483648, -2147483647, 1073741824, -1073741824, 3, -3, 255, -256];

function accumulators(bits: number): Int32Array {
  const any = () => (random.next() | 0) >> (32 - bits);
  return Int32Array.from({ length: count }, (_, i) => (bits === 32 && i < edges.length ? edges[i]! : any()));
}

describe('requantization of vectors', () => {
  const shifts: Readonly<Record<string, readonly [number, number]>> = {
    'to the right by any amount': [-31, -1],
    'to the right by at least 8': [-31, -8],
    'to the right or not at all': [-31, 0],
    'to both sides': [-31, 30],
    'not at all': [0, 0],
  };

  describe.each(['double', 'single'] as const)('%s', (rounding) => {
    it.each(Object.entries(shifts))('%s', (_title, [least, greatest]) => {
      const shift = Int8Array.from({ length: count }, () => least + random.integer(greatest - least + 1));
      shift.set([least, greatest]);
      const multiplier = Int32Array.from({ length: count }, () => 1073741824 + random.integer(1073741824));
      multiplier.set([1073741824, 2147483647, 0], 2);
      const runs = [32, 24, 12].flatMap((bits) =>
        [4, 8].map((lanes) =>
          elementwise([accumulators(bits), multiplier, shift], new Int32Array(count), lanes, (b, acc, m, s) =>
            b.requantize(acc!, m!, b.convert(s!, `i32x${lanes}`), rounding),
          ),
        ),
      );
      expectRuns(runs);
    });

    it('by multipliers of any sign', () => {
      const multiplier = Int32Array.from(accumulators(32)).reverse();
      multiplier.set(edges);
      const shift = new Int8Array(count).fill(-3);
      expectRuns([
        elementwise([accumulators(32), multiplier, shift], new Int32Array(count), 4, (b, acc, m, s) =>
          b.requantize(acc!, m!, b.convert(s!, 'i32x4'), rounding),
        ),
      ]);
    });
  });

  it('rounding shifts by every amount', () => {
    expectRuns(
      Array.from({ length: 32 }, (_, n) =>
        elementwise([accumulators(32)], new Int32Array(count), 4, (b, x) =>
          b.compute('shr_round', [x!, b.splat(b.constant(n), 'i32x4')]),
        ),
      ),
    );
  });
});

describe('limits before narrow lanes', () => {
  const limits = [
    [-128, 127],
    [-129, 200],
    [0, 127],
    [-128, 6],
    [0, 255],
    [-5, 5],
    [-32768, 32767],
    [-200, 200],
  ] as const;

  it.each([
    ['i8', new Int8Array(count)],
    ['u8', new Uint8Array(count)],
    ['i16', new Int16Array(count)],
  ] as const)('%s', (lane, result) => {
    const runs = limits.flatMap(([low, high]) =>
      (['narrow', 'convert'] as const).map((opcode) =>
        elementwise([accumulators(18)], result, 8, (b, x) => {
          const limit = (value: number) => b.splat(b.constant(value), 'i32x8');
          return b.compute(opcode, [b.min(b.max(x!, limit(low)), limit(high))], {}, `${lane}x8`);
        }),
      ),
    );
    expectRuns(runs);
  });
});

describe('loads that extend', () => {
  it('read every kind of integer', () => {
    const bytes = Int8Array.from({ length: count }, () => random.integer(256) - 128);
    const words = Int16Array.from({ length: count }, () => random.integer(65536) - 32768);
    const wide = (b: LoopBuilder, x: LoopValue | undefined) =>
      b.add(b.convert(x!, 'i32x8'), b.splat(b.constant(7), 'i32x8'));
    expectRuns([
      elementwise([bytes], new Int32Array(count), 8, wide),
      elementwise([Uint8Array.from(bytes)], new Int32Array(count), 8, wide),
      elementwise([words], new Int32Array(count), 8, wide),
      elementwise([bytes], new Int16Array(count), 16, (b, x) => b.convert(x!, 'i16x16')),
    ]);
  });

  it('read before the store that follows them', () => {
    const x: Buffer = { name: 'x', element: 'i8', length: 8, role: 'inout' };
    const y: Buffer = { name: 'y', element: 'i16', length: 8, role: 'out' };
    const b = new LoopBuilder();
    const before = b.load(x, 0, 8);
    b.store(x, 0, b.splat(b.constant(9), 'i8x8'));
    b.store(y, 0, b.convert(before, 'i16x8'));
    const kernel = b.finish('order', 'test', [x, y]);
    const memory = new Map<Buffer, TensorArray>([
      [x, Int8Array.of(1, -2, 3, -4, 5, -6, 7, -8)],
      [y, new Int16Array(8)],
    ]);
    expectRuns([{ kernel, scalars: [], memory }]);
  });
});

describe('sums with comparisons', () => {
  const values = { i8: new Int8Array(count), i16: new Int16Array(count), i32: new Int32Array(count) };
  it.each(Object.entries(values))('of %s lanes', (lane, zeros) => {
    const few = () => zeros.map(() => random.integer(5) - 2);
    const [x, y, acc] = [few(), few(), few()];
    const runs = [4, 8, 16].flatMap((lanes) =>
      (['eq', 'lt', 'ge'] as const).flatMap((compare) =>
        (['add', 'sub'] as const).map((opcode) =>
          elementwise([x, y, acc], zeros, lanes, (b, p, q, to) =>
            b[opcode](to!, b.convert(b.compare(compare, p!, q!), `${lane}x${lanes}`)),
          ),
        ),
      ),
    );
    expectRuns(runs);
  });

  it('of other lanes than were compared', () => {
    const few = (array: Int8Array | Int32Array) => array.map(() => random.integer(5) - 2);
    const runs = [4, 8, 16].map((lanes) =>
      elementwise([few(values.i8), few(values.i8), few(values.i32)], values.i32, lanes, (b, p, q, to) =>
        b.add(to!, b.convert(b.compare('lt', p!, q!), `i32x${lanes}`)),
      ),
    );
    expectRuns(runs);
  });
});

// Loops that copy or fill consecutive elements, which WebAssembly moves many at a time: every length and offset around
// the size of a chunk, and loops that look alike but are not.
import { describe, expect, it } from 'vitest';
import { LoopBuilder } from '../../ir/loops/builder.ts';
import { runKernel } from '../../ir/loops/interpreter.ts';
import type { Kernel, LoopValue } from '../../ir/loops/kernel.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { allocateArray, type TensorArray } from '../../ir/tensor-data.ts';
import type { ElementType } from '../../ir/types.ts';
import { contents } from '../loops/kernel-case.ts';
import { type KernelRun, runKernels } from './wasm-harness.ts';

const length = 80;

type Build = (b: LoopBuilder, x: Buffer, y: Buffer, n: LoopValue, from: LoopValue, to: LoopValue) => void;

/** A kernel over x and y with three scalars, on memory that is 1, 2, 3 ... and 101, 102 ... */
function kernelRun(element: ElementType, build: Build, scalars: readonly number[]): KernelRun {
  const [x, y] = (['in', 'inout'] as const).map((role, i): Buffer => ({ name: 'xy'[i]!, element, length, role })) as [
    Buffer,
    Buffer,
  ];
  const values = ['n', 'from', 'to'].map((name): LoopValue => ({ type: 'i32', name }));
  const b = new LoopBuilder();
  build(b, x, y, ...(values as [LoopValue, LoopValue, LoopValue]));
  const kernel: Kernel = b.finish('run', 'moves elements', [x, y], values);
  const counting = (start: number): TensorArray => {
    const array = allocateArray(element, length);
    for (let i = 0; i < length; i++) array[i] = array instanceof BigInt64Array ? BigInt(start + i) : start + i;
    return array;
  };
  return { kernel, scalars, memory: new Map([x, y].map((buffer, i) => [buffer, counting(1 + 100 * i)])) };
}

/** Runs as one program and compares with the interpreter. */
function expectRuns(runs: readonly KernelRun[]): void {
  for (const features of ['scalar', 'simd'] as const) {
    const after = runKernels(runs, false, features);
    runs.forEach(({ kernel, scalars, memory }, i) => {
      const copy = new Map(Array.from(memory, ([buffer, array]) => [buffer, array.slice()]));
      runKernel(kernel, copy, scalars);
      expect(contents(after[i]!), `${features}, n = ${scalars}`).toEqual(contents(copy));
    });
  }
}

const copy: Build = (b, x, y, n, from, to) => {
  b.for(0, n, (i) => b.store(y, b.add(to, i), b.load(x, b.add(from, i))));
};

/** Lengths of no bytes, of less than a chunk, of chunks, and between; negative ones are empty. */
const lengths = [-3, 0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 23, 24, 31, 32, 33, 47, 48, 49, 64, 70];

describe('runs', () => {
  it.each(['i8', 'u8', 'i16', 'i32', 'f32', 'i64'] as const)('are copied: %s', (element) => {
    expectRuns(
      lengths.flatMap((n, i) => [kernelRun(element, copy, [n, 0, 0]), kernelRun(element, copy, [n, i % 10, 3])]),
    );
  });

  it('are copied from a bound on, with constants in their place', () => {
    const build: Build = (b, x, y, n, from, to) => {
      b.for(from, n, (i) => b.store(y, b.add(b.add(i, to), 2), b.load(x, b.add(3, i))));
    };
    expectRuns(lengths.map((n, i) => kernelRun('i8', build, [n, i % 5, 1])));
  });

  it('are filled with a byte', () => {
    const build: Build = (b, _x, y, n, from, to) => b.for(0, n, (i) => b.store(y, b.add(to, i), from));
    expectRuns(lengths.flatMap((n) => [kernelRun('i8', build, [n, -77, 5]), kernelRun('u8', build, [n, 511, 0])]));
  });
});

describe('what is no run', () => {
  const builds: Record<string, Build> = {
    'a copy onto the elements that follow': (b, _x, y, n) => {
      b.for(0, n, (i) => b.store(y, b.add(i, 1), b.load(y, i)));
    },
    'a copy from every second element': (b, x, y, n) => {
      b.for(0, n, (i) => b.store(y, i, b.load(x, b.add(i, i))));
    },
    'a loop with steps of two': (b, x, y, n) => {
      b.for(0, n, (i) => b.store(y, i, b.load(x, i)), { step: 2 });
    },
    'one element from many': (b, x, y, n, from) => {
      b.for(0, n, (i) => b.store(y, i, b.load(x, from)));
    },
    'a copy that computes': (b, x, y, n) => {
      b.for(0, n, (i) => b.store(y, i, b.add(b.load(x, i), i)));
    },
  };

  it.each(Object.entries(builds))('%s', (_title, build) => {
    expectRuns([0, 1, 9, 17, 33, 40].map((n) => kernelRun('i8', build, [n, 4, 0])));
  });
});

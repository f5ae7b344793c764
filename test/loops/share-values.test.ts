// Sharing of values: what is moved, what must stay, and that results are the same.
import { describe, expect, it } from 'vitest';
import { runKernel } from '../../ir/loops/interpreter.ts';
import { parseKernels } from '../../ir/loops/parser.ts';
import { printKernel } from '../../ir/loops/printer.ts';
import { kernelRanges } from '../../ir/loops/ranges.ts';
import { shareValues } from '../../ir/loops/share-values.ts';
import { verifyKernel } from '../../ir/loops/verifier.ts';
import { contents } from './kernel-case.ts';
import { randomKernel } from './random-kernels.ts';
import { randomVectorKernel } from './random-vectors.ts';

function shared(text: string): string {
  const [kernel] = parseKernels(text);
  if (kernel === undefined) return expect.fail('no kernel');
  const after = shareValues(kernel, kernelRanges(kernel));
  expect(verifyKernel(after)).toEqual([]);
  return printKernel(after);
}

/** The text without its first line, blank space apart. */
const lines = (text: string) => text.replace(/\s+/g, ' ').trim();

const head = 'kernel @k(%x: in i32[64], %w: const i32[64], %y: out i32[64])';

describe('values are shared', () => {
  it('computes once what is equal, in loops and outside of them', () => {
    const before = `${head} {
      for %i = 0 to 8 {
        %a = mul %i, 8 : i32
        %m = load %w[3] : i32
        for %j = 0 to 8 {
          %b = mul %i, 8 : i32
          %at = add %b, %j : i32
          %n = load %w[3] : i32
          %v = load %x[%at] : i32
          %p = mul %v, %n : i32
          store %y[%at], %p
        }
        store %y[%a], %m
      }
    }`;
    const after = `${head} {
      %m = load %w[3] : i32
      for %i = 0 to 8 {
        %a = mul %i, 8 : i32
        for %j = 0 to 8 {
          %at = add %a, %j : i32
          %v = load %x[%at] : i32
          %p = mul %v, %m : i32
          store %y[%at], %p
        }
        store %y[%a], %m
      }
    }`;
    expect(lines(shared(before))).toBe(lines(after));
  });

  it('keeps vectors out of the way of loops that carry vectors', () => {
    const text = `kernel @k(%x: in i32[64], %w: const i32[64], %y: out i32[64]) {
      for %i = 0 to 64 step 4 {
        %start = splat 0 : i32x4
        %sum = for %k = 0 to 8 carry(%acc = %start: i32x4) {
          %v = load %x[%i] : i32x4
          %next = add %acc, %v : i32x4
          yield %next
        }
        %seven = splat 7 : i32x4
        %w_1 = load %w[3] : i32x4
        %a = add %sum, %seven : i32x4
        %b = add %a, %w_1 : i32x4
        store %y[%i], %b
      }
    }`;
    expect(lines(shared(text))).toBe(lines(text));
  });

  it('leaves loads of what may change, and loads that may not run, where they are', () => {
    const text = `${head} {
      %n = load %x[0] : i32
      %more = gt %n, 3 : bool
      for %i = 0 to %n {
        %a = load %w[%n] : i32
        %b = load %x[1] : i32
        %c = add %a, %b : i32
        store %y[%i], %c
        if %more {
          %d = mul %n, 3 : i32
          store %y[%i], %d
        } else {
          %d_1 = mul %n, 3 : i32
          store %y[%i], %d_1
        }
        %e = load %x[1] : i32
        store %y[%i], %e
      }
    }`;
    const printed = lines(shared(text));
    expect(printed).toMatch(/for %i = 0 to %n \{ %a = load %w\[%n\] : i32 %b = load %x\[1\]/);
    expect(printed.match(/load %x\[1\]/g)).toHaveLength(2);
    expect(printed.match(/mul %n, 3/g)).toHaveLength(2);
  });
});

it.each([
  ['kernels', randomKernel],
  ['vectors', randomVectorKernel],
] as const)('random %s compute the same', (_title, make) => {
  for (let seed = 0; seed < 150; seed++) {
    const { kernel, memory } = make(seed);
    const run = (k: typeof kernel) => {
      const copy = new Map(Array.from(memory, ([b, array]) => [b, array.slice()]));
      runKernel(k, copy);
      return contents(copy);
    };
    const after = shareValues(kernel, kernelRanges(kernel));
    expect(verifyKernel(after)).toEqual([]);
    expect(run(after), kernel.name).toEqual(run(kernel));
  }
});

// Vectorized loops: what they look like, what stays as it was, and that they compute the same.
import { describe, expect, it } from 'vitest';
import { runKernel } from '../../ir/loops/interpreter.ts';
import type { Block, Kernel } from '../../ir/loops/kernel.ts';
import { kernelKey } from '../../ir/loops/kernel-key.ts';
import { parseKernels } from '../../ir/loops/parser.ts';
import { printKernel } from '../../ir/loops/printer.ts';
import { lanesOf } from '../../ir/loops/types.ts';
import { blocksOf } from '../../ir/loops/uses.ts';
import { assertKernelVerified, verifyKernel } from '../../ir/loops/verifier.ts';
import { vectorizeKernel } from '../../passes/schedule/vectorize.ts';
import { runKernels } from '../backends/wasm-harness.ts';
import { contents } from '../loops/kernel-case.ts';
import { randomNumbers } from '../ops/operator-runs.ts';
import { randomMap } from './random-map.ts';

const bytes = 16;

function parsed(text: string): Kernel {
  const [kernel] = parseKernels(text);
  return kernel ?? expect.fail('no kernel');
}

function vectorized(text: string): Kernel {
  const after = vectorizeKernel(parsed(text), bytes);
  expect(verifyKernel(after)).toEqual([]);
  return after;
}

/** The two compute the same in the same steps; names do not count. */
function expectKernel(actual: Kernel, text: string): void {
  expect(kernelKey(actual), printKernel(actual)).toBe(kernelKey(parsed(text)));
}

describe('loops become vectors', () => {
  it('of the narrowest lanes that hold the values', () => {
    const before = `kernel @max(%x: in i8[192], %y: out i8[64]) {
      parallel %c = 0 to 64 {
        %most = for %k = 0 to 3 carry (%acc = -128 : i32) {
          %row = mul %k, 64 : i32
          %at = add %row, %c : i32
          %v = load %x[%at] : i32
          %next = max %acc, %v : i32
          yield %next
        }
        store %y[%c], %most
      }
    }`;
    expectKernel(
      vectorized(before),
      `kernel @max(%x: in i8[192], %y: out i8[64]) {
        parallel %c = 0 to 64 step 16 {
          %0 = splat -128 : i8x16
          %most = for %k = 0 to 3 carry (%acc = %0 : i8x16) {
            %row = mul %k, 64 : i32
            %at = add %row, %c : i32
            %v = load %x[%at] : i8x16
            %next = max %acc, %v : i8x16
            yield %next
          }
          store %y[%c], %most
        }
      }`,
    );
  });

  it('with one more block over the last elements where nothing can be overwritten', () => {
    const before = `kernel @add(%x: in i8[40], %w: const i8[20], %y: out i8[20]) {
      parallel %c = 0 to 20 {
        %v = load %x[%c] : i32
        %d = load %w[%c] : i32
        %s = add %v, %d : i32
        store %y[%c], %s
      }
    }`;
    const after = printKernel(vectorized(before));
    expect(after).toContain('parallel %c = 0 to 20 step 8');
    expect(after).toMatch(/min %c, 12/);
    // The same with an operand whose place the result may take: what is left are single elements.
    const inPlace = printKernel(vectorized(before.replaceAll('i8[40]', 'i8[20]')));
    expect(inPlace).not.toContain('min ');
    expect(inPlace).toContain('parallel %c = 16 to 20 {');
  });

  it('and quotients that f32 computes exactly become those of f32', () => {
    const mean = (bits: string) => `kernel @mean(%x: in ${bits}[16], %y: out i32[16]) {
      parallel %c = 0 to 16 {
        %v = load %x[%c] : i32
        %q = div %v, 125 : i32
        store %y[%c], %q
      }
    }`;
    expect(printKernel(vectorized(mean('i16')))).toMatch(/div %\d+, %\d+ : f32x/);
    expectKernel(vectorized(mean('i32')), mean('i32'));
  });
});

const unchanged: Readonly<Record<string, string>> = {
  'strides other than one': `
      %two = mul %c, 2 : i32
      %v = load %x[%two] : i32
      %w = add %v, 1 : i32
      store %y[%c], %w`,
  'indices that are data': `
      %i = load %x[%c] : i32
      %j = and %i, 15 : i32
      %v = load %x[%j] : i32
      store %y[%c], %v`,
  'conditions that differ': `
      %v = load %x[%c] : i32
      %negative = lt %v, 0 : bool
      if %negative {
        store %y[%c], %v
      } else {
      }`,
  'shifts by different amounts': `
      %v = load %x[%c] : i32
      %n = and %v, 7 : i32
      %s = shl 1, %n : i32
      store %y[%c], %s`,
  'plain copies, which are moved as runs': `
      %v = load %x[%c] : i32
      store %y[%c], %v`,
  'counters as values': `
      %v = load %x[%c] : i32
      %s = add %v, %c : i32
      store %y[%c], %s`,
};

describe('loops stay', () => {
  it.each(Object.entries(unchanged))('with %s', (_title, body) => {
    const text = `kernel @k(%x: in i8[64], %y: out i8[32]) {\n    parallel %c = 0 to 32 {${body}\n    }\n}`;
    expectKernel(vectorized(text), text);
  });
});

const hasVectors = (block: Block): boolean =>
  block.body.some((x) => (x.kind === 'load' && lanesOf(x.result.type) > 1) || blocksOf(x).some(hasVectors));

describe.each([16, 32, 128])('random maps on registers of %d bytes', (registerBytes) => {
  it('equal their loops over elements, in the interpreter and in WebAssembly', { timeout: 60_000 }, () => {
    const random = randomNumbers(registerBytes);
    const maps = Array.from({ length: 150 }, () => randomMap(random));
    const expected = maps.map(({ kernel, memory }) => {
      assertKernelVerified(kernel);
      const after = new Map(Array.from(memory, ([b, array]) => [b, array.slice()]));
      runKernel(kernel, after);
      return after;
    });
    const changed = maps.map(({ kernel, memory }) => ({ kernel: vectorizeKernel(kernel, registerBytes), memory }));
    let vectors = 0;
    for (const [i, { kernel, memory }] of changed.entries()) {
      assertKernelVerified(kernel);
      if (hasVectors(kernel.body)) vectors++;
      const after = new Map(Array.from(memory, ([b, array]) => [b, array.slice()]));
      runKernel(kernel, after, [], { reverseParallel: i % 2 === 1 });
      expect(contents(after), printKernel(maps[i]!.kernel)).toEqual(contents(expected[i]!));
    }
    expect(vectors).toBeGreaterThan(registerBytes > 64 ? 10 : 50);
    const wasm = runKernels(
      changed.map((c) => ({ ...c, scalars: [] })),
      registerBytes === 32,
      'simd',
    );
    for (const [i, after] of wasm.entries()) {
      expect(contents(after), printKernel(changed[i]!.kernel)).toEqual(contents(expected[i]!));
    }
  });
});

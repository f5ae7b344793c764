// Generated WGSL against the meaning of the loop IR: every opcode, control flow, random kernels, whole programs, with
// operands unknown or known at compile time.
import { describe, expect, it } from 'vitest';
import { printWgsl } from '../../backends/wgsl/print.ts';
import { runKernel } from '../../ir/loops/interpreter.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import { createWgslEngine } from '../../src/runners/wgsl.ts';
import { controlCases } from '../loops/control-cases.ts';
import { contents, expectedContents, type KernelCase, memoryBefore } from '../loops/kernel-case.ts';
import { opcodeCases } from '../loops/opcode-cases.ts';
import { randomKernel } from '../loops/random-kernels.ts';
import { accumulatorProgram, chainProgram } from '../loops/small-programs.ts';
import { withoutSubnormals } from '../subnormals.ts';
import { hasWebGpu } from '../web-gpu.ts';
import { type KernelRun, runKernels } from './wgsl-harness.ts';

const runOf = (c: KernelCase): KernelRun => ({
  kernel: c.kernel,
  scalars: c.scalars.map(Number),
  memory: memoryBefore(c),
});

/** The opcodes of f32 in which a device may take subnormal numbers as zero. */
const flushing = ['try_add', 'try_sub', 'try_mul'];

/** What a kernel leaves behind where its subnormal operands and results are zeros. */
function flushedContents(c: KernelCase): Record<string, TensorArray> {
  const memory = new Map(Array.from(memoryBefore(c), ([b, array]) => [b, withoutSubnormals(array)] as const));
  runKernel(c.kernel, memory, c.scalars);
  return Object.fromEntries(Array.from(memory, ([b, array]) => [b.name, withoutSubnormals(array)]));
}

/** Compares the memory after a case; subnormal numbers in sums and products may have been kept or not. */
function expectCase(c: KernelCase, after: Record<string, TensorArray>): void {
  const expected = expectedContents(c);
  const { y } = after;
  if (flushing.includes(c.kernel.name) && y instanceof Float32Array) {
    const flushed = flushedContents(c).y!;
    y.forEach((value, i) => {
      if (Object.is(value, flushed[i])) y[i] = Number(expected.y![i]);
    });
  }
  expect(after, c.title).toEqual(expected);
}

/** Kernels of one module: each entry point takes time that grows with the module. */
const perModule = 16;

/** Runs cases in a few programs and compares every buffer of each. */
async function expectCases(cases: readonly KernelCase[], constants: boolean, builtins: boolean): Promise<void> {
  for (let from = 0; from < cases.length; from += perModule) {
    const some = cases.slice(from, from + perModule);
    const after = await runKernels(some.map(runOf), constants, { builtins });
    some.forEach((c, i) => {
      expectCase(c, contents(after[i]!));
    });
  }
}

describe.skipIf(!hasWebGpu)('on a WebGPU device', () => {
  // Packed bytes by WGSL's builtins, and by the functions that take their place where these are missing or slow.
  const ways = [
    { constants: false, builtins: true },
    { constants: true, builtins: false },
  ];

  it.each(ways)(
    'computes every opcode (operands constant: $constants, builtins: $builtins)',
    { timeout: 120_000 },
    async (way) => {
      await expectCases(opcodeCases(), way.constants, way.builtins);
    },
  );

  it.each(ways)(
    'runs control flow and memory (inputs constant: $constants, builtins: $builtins)',
    { timeout: 60_000 },
    async (way) => {
      await expectCases(controlCases(), way.constants, way.builtins);
    },
  );

  it('does what the interpreter does on random kernels', { timeout: 120_000 }, async () => {
    const made = Array.from({ length: 100 }, (_, seed) => randomKernel(seed + 9000));
    const after = await runKernels(
      made.map(({ kernel, memory }) => ({ kernel, scalars: [], memory })),
      false,
    );
    made.forEach(({ kernel, memory }, i) => {
      const interpreted = new Map(Array.from(memory, ([b, array]) => [b, array.slice()]));
      runKernel(kernel, interpreted);
      expect(contents(after[i]!), kernel.name).toEqual(contents(interpreted));
    });
  });

  it('keeps states from run to run and restores them', async () => {
    const engine = await createWgslEngine(accumulatorProgram());
    const output = async () => [...((await engine.run([Int32Array.of(1, 2, 3, 4)]))[0] as Int32Array)];
    expect(await output()).toEqual([11, 22, 33, 44]);
    expect(await output()).toEqual([12, 24, 36, 48]);
    await engine.reset();
    expect(await output()).toEqual([11, 22, 33, 44]);
    await engine.close?.();
  });

  it('lays the arena out as planned', async () => {
    const run = async (plan: 'good' | 'overlapping') =>
      (await (await createWgslEngine(chainProgram(plan))).run([Int8Array.of(1, -2, 3, -128)]))[0];
    expect(await run('good')).toEqual(Int8Array.of(4, -5, 10, -127));
    expect(await run('overlapping')).not.toEqual(await run('good'));
  });
});

it('gives the same files each time', () => {
  expect(printWgsl(chainProgram('good'))).toEqual(printWgsl(chainProgram('good')));
});

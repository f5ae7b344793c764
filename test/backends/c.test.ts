// Generated C against the meaning of the loop IR: every opcode, control flow and random kernels, with both compilers,
// optimized or not, under sanitizers, and with operands unknown or known at compile time.
import { describe, expect, it } from 'vitest';
import { runKernel } from '../../ir/loops/interpreter.ts';
import { hasCompiler } from '../c-compiler.ts';
import { controlCases } from '../loops/control-cases.ts';
import { contents, expectedContents, type KernelCase, memoryBefore } from '../loops/kernel-case.ts';
import { opcodeCases } from '../loops/opcode-cases.ts';
import { randomKernel } from '../loops/random-kernels.ts';
import { builds, type KernelRun, runKernels } from './c-harness.ts';

const runOf = (c: KernelCase): KernelRun => ({
  kernel: c.kernel,
  scalars: c.scalars.map(Number),
  memory: memoryBefore(c),
});

/** Runs cases as one program and compares every buffer of each. */
function expectCases(cases: readonly KernelCase[], constants: boolean, cc: string, flags: readonly string[]): void {
  const after = runKernels(cases.map(runOf), constants, cc, flags);
  cases.forEach((c, i) => {
    expect(contents(after[i]!), c.title).toEqual(expectedContents(c));
  });
}

describe.each(builds)('$title', ({ cc, flags, constants }) => {
  const test = it.skipIf(!hasCompiler(cc));

  // Operands known at compile time narrow the intervals, and with them change what is printed.
  test.each(constants)('computes every opcode (operands constant: %s)', { timeout: 120_000 }, (isConstant) => {
    expectCases(opcodeCases(), isConstant, cc, flags);
  });

  test.each(constants)('runs control flow and memory (inputs constant: %s)', { timeout: 120_000 }, (isConstant) => {
    expectCases(controlCases(), isConstant, cc, flags);
  });

  test('does what the interpreter does on random kernels', { timeout: 120_000 }, () => {
    const made = Array.from({ length: 100 }, (_, seed) => randomKernel(seed + 5000));
    const after = runKernels(
      made.map(({ kernel, memory }) => ({ kernel, scalars: [], memory })),
      false,
      cc,
      flags,
    );
    made.forEach(({ kernel, memory }, i) => {
      const interpreted = new Map(Array.from(memory, ([b, array]) => [b, array.slice()]));
      runKernel(kernel, interpreted);
      expect(contents(after[i]!), kernel.name).toEqual(contents(interpreted));
    });
  });
});

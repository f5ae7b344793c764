// Generated WebAssembly against the meaning of the loop IR: every opcode, control flow, random kernels, whole programs;
// lane by lane and on v128 values, with operands unknown or known at compile time.
import { describe, expect, it } from 'vitest';
import type { WasmFeatures } from '../../backends/wasm/features.ts';
import { instantiateWasm } from '../../backends/wasm/instantiate.ts';
import { buildModule } from '../../backends/wasm/module.ts';
import { runKernel } from '../../ir/loops/interpreter.ts';
import { controlCases } from '../loops/control-cases.ts';
import { contents, expectedContents, type KernelCase, memoryBefore } from '../loops/kernel-case.ts';
import { opcodeCases } from '../loops/opcode-cases.ts';
import { randomKernel } from '../loops/random-kernels.ts';
import { randomVectorKernel } from '../loops/random-vectors.ts';
import { accumulatorProgram, chainProgram } from '../loops/small-programs.ts';
import { type KernelRun, runKernels } from './wasm-harness.ts';

const features: readonly WasmFeatures[] = ['scalar', 'simd'];

const runOf = (c: KernelCase): KernelRun => ({
  kernel: c.kernel,
  scalars: c.scalars.map(Number),
  memory: memoryBefore(c),
});

/** Runs cases as one program and compares every buffer of each. */
function expectCases(cases: readonly KernelCase[], constants: boolean, features: WasmFeatures): void {
  const after = runKernels(cases.map(runOf), constants, features);
  cases.forEach((c, i) => {
    expect(contents(after[i]!), c.title).toEqual(expectedContents(c));
  });
}

describe.each(features)('%s', (features) => {
  it.each([false, true])('computes every opcode (operands constant: %s)', (constants) => {
    expectCases(opcodeCases(), constants, features);
  });

  it.each([false, true])('runs control flow and memory (inputs constant: %s)', (constants) => {
    expectCases(controlCases(), constants, features);
  });

  it.each([
    ['random kernels', randomKernel, 300],
    ['random vectors', randomVectorKernel, features === 'scalar' ? 40 : 200],
  ] as const)('does what the interpreter does on %s', (_title, make, count) => {
    const made = Array.from({ length: count }, (_, seed) => make(seed + 9000));
    const after = runKernels(
      made.map(({ kernel, memory }) => ({ kernel, scalars: [], memory })),
      false,
      features,
    );
    made.forEach(({ kernel, memory }, i) => {
      const interpreted = new Map(Array.from(memory, ([b, array]) => [b, array.slice()]));
      runKernel(kernel, interpreted);
      expect(contents(after[i]!), kernel.name).toEqual(contents(interpreted));
    });
  });

  it('keeps states from run to run and restores them', () => {
    const program = instantiateWasm(accumulatorProgram(), features);
    const output = () => [...(program.run([Int32Array.of(1, 2, 3, 4)])[0] as Int32Array)];
    expect(output()).toEqual([11, 22, 33, 44]);
    expect(output()).toEqual([12, 24, 36, 48]);
    program.reset();
    expect(output()).toEqual([11, 22, 33, 44]);
  });

  it('lays the arena out as planned', () => {
    const run = (plan: 'good' | 'overlapping') =>
      instantiateWasm(chainProgram(plan), features).run([Int8Array.of(1, -2, 3, -128)])[0];
    expect(run('good')).toEqual(Int8Array.of(4, -5, 10, -127));
    expect(run('overlapping')).not.toEqual(run('good'));
  });

  it('refuses a program that no address reaches the end of', () => {
    const program = chainProgram('good');
    const arena = { ...program.arena, bytes: 2 ** 31 };
    expect(() => buildModule({ ...program, arena }, features)).toThrow('I8C0004');
  });

  it('gives the same bytes each time', () => {
    const binary = () => buildModule(chainProgram('good'), features).binary;
    expect(binary()).toEqual(binary());
  });
});

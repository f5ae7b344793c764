// Random contractions and maps, scheduled for WGSL, on a WebGPU device: what their plain loops compute.
import { describe, expect, it } from 'vitest';
import { LoopBuilder } from '../../ir/loops/builder.ts';
import { runKernel } from '../../ir/loops/interpreter.ts';
import type { Lowering } from '../../ir/loops/lowering.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { allocateArray, bytesOf, type TensorArray } from '../../ir/tensor-data.ts';
import { wgsl } from '../../passes/schedule/isa.ts';
import { schedulePlain } from '../../passes/schedule/plain.ts';
import { scheduleKernel } from '../../passes/schedule/schedule.ts';
import { randomNumbers } from '../ops/operator-runs.ts';
import { forms, randomContraction } from '../passes/random-contraction.ts';
import { randomMapLowering } from '../passes/random-map-lowering.ts';
import { hasWebGpu } from '../web-gpu.ts';
import { type KernelRun, runKernels } from './wgsl-harness.ts';

/** A lowering with contents for its buffers; those of `constants` are known to the schedule. */
interface Case {
  readonly lowering: Lowering;
  readonly result: Buffer;
  readonly contents: ReadonlyMap<Buffer, TensorArray>;
  readonly constants: ReadonlySet<Buffer>;
}

/** The result by the plain loops, on the interpreter. */
function expected({ lowering, result, contents }: Case): TensorArray {
  const b = new LoopBuilder();
  schedulePlain(b, lowering);
  const y = allocateArray(result.element, result.length);
  const memory = new Map(contents).set(result, y);
  runKernel(b.finish('plain', '', [...memory.keys()]), memory);
  return y;
}

/** The scheduled kernel and the memory that it starts from. */
function scheduled({ lowering, result, contents, constants }: Case): KernelRun {
  const memory = new Map(contents).set(result, allocateArray(result.element, result.length));
  const add = (buffer: Buffer, array: TensorArray): Buffer => {
    memory.set(buffer, array);
    return buffer;
  };
  const { kernel, buffers } = scheduleKernel(lowering, wgsl, {
    ...{ name: 'kernel', comment: '' },
    contents: (buffer) => (constants.has(buffer) ? contents.get(buffer) : undefined),
    constant: (name, element, data, packing) =>
      add({ name, element, length: data.length, role: 'const', ...(packing === undefined ? {} : { packing }) }, data),
    scratch: (name, element, length) => add({ name, element, length, role: 'scratch' }, allocateArray(element, length)),
  });
  const used = buffers.map((b) => [b, memory.get(b) ?? expect.fail(`${b.name} has no contents`)] as const);
  return { kernel, scalars: [], memory: new Map(used) };
}

async function expectCases(cases: readonly Case[], builtins: boolean): Promise<void> {
  const after = await runKernels(cases.map(scheduled), true, { builtins });
  cases.forEach((c, i) => {
    const y = after[i]?.get(c.result) ?? expect.fail(`case ${i} has no result`);
    expect(bytesOf(y), `case ${i}`).toEqual(bytesOf(expected(c)));
  });
}

describe.skipIf(!hasWebGpu)('scheduled for WGSL', () => {
  it.each(forms)('contractions of %s equal the plain loops', { timeout: 60_000 }, async (form) => {
    const random = randomNumbers(31);
    const cases = Array.from({ length: 10 }, (): Case => {
      const { contraction, contents, constants } = randomContraction(random, form, wgsl);
      return { lowering: contraction, result: contraction.result.buffer, contents, constants };
    });
    // The dot product of packed bytes, as WGSL has it and as it is written out.
    for (const builtins of form === 'i8' ? [true, false] : [false]) await expectCases(cases, builtins);
  });

  it('maps equal the plain loops', { timeout: 60_000 }, async () => {
    const random = randomNumbers(32);
    const cases = Array.from({ length: 24 }, (): Case => {
      const { map, contents } = randomMapLowering(random);
      return { lowering: map, result: map.result, contents, constants: new Set() };
    });
    await expectCases(cases, true);
  });
});

// Runs kernels of the loop IR as WGSL on given memory: for the tests of the WGSL backend.
import type { Call, Kernel, LoopProgram, Storage } from '../../ir/loops/kernel.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { bytesOf, type TensorArray } from '../../ir/tensor-data.ts';
import { gpuDevice } from '../../src/runners/web-gpu.ts';
import { type LoadOptions, loadWgsl } from '../../src/runners/wgsl.ts';

/** A kernel and the memory that it starts from; buffers of role `in` may be compiled in as constants. */
export interface KernelRun {
  readonly kernel: Kernel;
  readonly scalars: readonly number[];
  readonly memory: ReadonlyMap<Buffer, TensorArray>;
}

/** A program that runs each kernel on storages of its own, all of them outputs unless they are constant. */
export function programOf(runs: readonly KernelRun[], constants: boolean): LoopProgram {
  const storages: Storage[] = [];
  const calls = runs.map(({ kernel, scalars, memory }, run): Call => {
    const args = Array.from(memory, ([{ name, element, length, role }, array]) => {
      const isConstant = constants && (role === 'in' || role === 'const');
      const storage: Storage = {
        name: `${name}_${run}`,
        storage: isConstant ? 'const' : 'output',
        element,
        length,
        ...(isConstant ? { data: array } : {}),
      };
      storages.push(storage);
      return { storage, offset: 0 };
    });
    return { kernel, args, scalars, location: kernel.comment };
  });
  const arena = { offsets: new Map(), bytes: 0, lowerBound: 0 };
  return { name: 'probe', storages, kernels: runs.map((r) => r.kernel), calls, arena };
}

/** Runs many kernels as one program. Returns every kernel's memory after it. */
export async function runKernels(
  runs: readonly KernelRun[],
  constants: boolean,
  options: LoadOptions = {},
): Promise<Map<Buffer, TensorArray>[]> {
  const program = programOf(runs, constants);
  const model = await loadWgsl(program, options);
  const { device } = await gpuDevice();
  const before = runs.flatMap(({ memory }) => [...memory.values()]);
  const names = new Map<TensorArray, string>();
  program.storages.forEach((s, i) => {
    if (s.storage === 'output') names.set(before[i]!, `output${names.size}`);
  });
  for (const [array, name] of names) {
    const padded = new Uint8Array(Math.ceil(array.byteLength / 4) * 4);
    padded.set(bytesOf(array));
    device.queue.writeBuffer(model.arena, model.outputs[name]!.offset, padded);
  }
  const results = await model.run({});
  model.destroy();
  return runs.map(
    ({ memory }) =>
      new Map(Array.from(memory, ([buffer, array]) => [buffer, results[names.get(array) ?? ''] ?? array] as const)),
  );
}

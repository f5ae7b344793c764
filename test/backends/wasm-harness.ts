// Runs kernels of the loop IR as WebAssembly on given memory: for the tests of the wasm backend.

import type { WasmFeatures } from '../../backends/wasm/features.ts';
import { instantiateWasm } from '../../backends/wasm/instantiate.ts';
import type { Call, Kernel, LoopProgram, Storage } from '../../ir/loops/kernel.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { bytesOf, type TensorArray } from '../../ir/tensor-data.ts';

/** A kernel and the memory that it starts from; buffers of role `in` may be compiled in as constants. */
export interface KernelRun {
  readonly kernel: Kernel;
  readonly scalars: readonly number[];
  readonly memory: ReadonlyMap<Buffer, TensorArray>;
}

/** Runs many kernels as one program, each on storages of its own. Returns every kernel's memory after it. */
export function runKernels(
  runs: readonly KernelRun[],
  constants: boolean,
  features: WasmFeatures,
): Map<Buffer, TensorArray>[] {
  const storages = new Map<TensorArray, Storage>();
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
      storages.set(array, storage);
      return { storage, offset: 0 };
    });
    return { kernel, args, scalars, location: kernel.comment };
  });
  const program: LoopProgram = {
    name: 'probe',
    storages: [...storages.values()],
    kernels: runs.map((r) => r.kernel),
    calls,
    arena: { offsets: new Map(), bytes: 0, lowerBound: 0 },
  };
  const wasm = instantiateWasm(program, features);
  const viewOf = (array: TensorArray) => wasm.view(storages.get(array)!);
  for (const array of storages.keys()) bytesOf(viewOf(array)).set(bytesOf(array));
  wasm.invoke();
  return runs.map(({ memory }) => new Map(Array.from(memory, ([buffer, array]) => [buffer, viewOf(array).slice()])));
}

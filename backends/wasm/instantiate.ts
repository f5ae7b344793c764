// Runs a loop program in this process as WebAssembly: what tests and the runner use.
import type { LoopProgram, Storage } from '../../ir/loops/kernel.ts';
import { checkArray, viewAs } from '../../ir/loops/storage-memory.ts';
import { bytesOf, type TensorArray } from '../../ir/tensor-data.ts';
import { compileModule, exportsOf, isValidModule, type ProgramExports } from './engine.ts';
import type { WasmFeatures } from './features.ts';
import { buildModule, type WasmModuleOptions } from './module.ts';
import { relaxedProbe } from './relaxed-dot.ts';

/** A program with its memory. */
export interface WasmProgram {
  /** One inference. Inputs in the program's order, of its element types and lengths; returns the outputs, copied. */
  run(inputs: readonly TensorArray[]): TensorArray[];
  /** Runs the calls on what is in memory. */
  invoke(): void;
  /** Each call by itself, in order; none unless the module was built with `callExports`. */
  readonly calls: readonly (() => void)[];
  /** The memory of an input, an output, a state or a constant of the program. */
  view(storage: Storage): TensorArray;
  /** Puts every state back to its starting contents. */
  reset(): void;
}

/** The instructions to use in this process: relaxed SIMD only where the engine computes what modules rely on. */
export function usableFeatures(features: WasmFeatures): WasmFeatures {
  if (features !== 'relaxed') return features;
  const probe = relaxedProbe();
  if (!isValidModule(probe)) return 'simd';
  const { check } = exportsOf(compileModule(probe)) as { check: () => number };
  return check() === 1 ? 'relaxed' : 'simd';
}

/** Compiles a program to WebAssembly and instantiates it. */
export function instantiateWasm(
  program: LoopProgram,
  features: WasmFeatures,
  options: WasmModuleOptions = {},
): WasmProgram {
  const { binary, layout } = buildModule(program, features, options);
  const exports = exportsOf(compileModule(binary)) as ProgramExports;
  const { memory, invoke, reset } = exports;
  const of = (kind: Storage['storage']) => program.storages.filter((s) => s.storage === kind);
  const view = (s: Storage) => viewAs(s.element, memory.buffer, layout.addressOf(s), s.length);
  const inputs = of('input').map((storage) => ({ storage, view: view(storage) }));
  const outputs = of('output').map(view);
  return {
    invoke,
    calls: program.calls.flatMap((_, i) => exports[`call${i}`] ?? []),
    view,
    reset,
    run(given) {
      inputs.forEach(({ storage, view }, i) => {
        const array = given[i]!;
        checkArray(storage.name, storage.element, storage.length, array);
        bytesOf(view).set(bytesOf(array));
      });
      invoke();
      return outputs.map((o) => o.slice());
    },
  };
}

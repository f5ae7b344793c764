// Times WebAssembly in this process, on inputs that lie in its memory.
import { instantiateWasm, usableFeatures, type WasmProgram } from '../../../backends/wasm/instantiate.ts';
import type { WasmModuleOptions } from '../../../backends/wasm/module.ts';
import type { LoopProgram } from '../../../ir/loops/kernel.ts';
import { bytesOf } from '../../../ir/tensor-data.ts';
import { lowerProgram } from '../../compile.ts';
import { wasmIsa } from '../../wasm-isa.ts';
import { type MeasuringJob, type MeasuringTarget, stepsOf, timeCalls } from '../measured.ts';

export const wasm: MeasuringTarget = {
  async prepare(job) {
    const { invoke } = instantiate(job).wasm;
    return { time: timeCalls(invoke) };
  },

  async prepareSteps(job) {
    const { wasm, loops } = instantiate(job, { callExports: true });
    const { calls } = wasm;
    return {
      steps: stepsOf(loops),
      time() {
        const times = new Float64Array(calls.length);
        for (const [i, call] of calls.entries()) {
          const start = performance.now();
          call();
          times[i] = performance.now() - start;
        }
        return times;
      },
    };
  },
};

function instantiate(
  { program, inputs, runner }: MeasuringJob,
  options: WasmModuleOptions = {},
): { readonly wasm: WasmProgram; readonly loops: LoopProgram } {
  const features = usableFeatures(runner.wasm ?? 'simd');
  const { loops } = lowerProgram(program, { isa: wasmIsa(features) });
  const wasm = instantiateWasm(loops, features, options);
  for (const [i, storage] of loops.storages.filter((s) => s.storage === 'input').entries()) {
    const given = inputs[i];
    if (given !== undefined) bytesOf(wasm.view(storage)).set(bytesOf(given));
  }
  return { wasm, loops };
}

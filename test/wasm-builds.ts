// The forms of WebAssembly that tests run: what the module may use, and the instruction set it is scheduled for. Where
// the running engine computes relaxed dots otherwise than modules rely on, the relaxed schedule runs with the exact
// instructions of plain SIMD.
import type { WasmFeatures } from '../backends/wasm/features.ts';
import { usableFeatures } from '../backends/wasm/instantiate.ts';
import type { Isa } from '../passes/schedule/isa.ts';
import { wasmIsa } from '../src/wasm-isa.ts';

export interface WasmBuild {
  readonly name: string;
  readonly features: WasmFeatures;
  readonly isa: Isa;
}

export const wasmBuilds: readonly WasmBuild[] = (['scalar', 'simd', 'relaxed'] as const).map((asked) => {
  const features = usableFeatures(asked);
  const name = features === asked ? asked : `${asked} with the instructions of ${features}`;
  return { name, features, isa: wasmIsa(asked) };
});

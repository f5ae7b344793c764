// The forms of WebAssembly that tests run: what the module may use, and the instruction set it is scheduled for.
import type { WasmFeatures } from '../backends/wasm/features.ts';
import type { Isa } from '../passes/schedule/isa.ts';
import { wasmIsa } from '../src/wasm-isa.ts';

export interface WasmBuild {
  readonly features: WasmFeatures;
  readonly isa: Isa;
}

export const wasmBuilds: readonly WasmBuild[] = (['scalar', 'simd'] as const).map((features) => ({
  features,
  isa: wasmIsa(features),
}));

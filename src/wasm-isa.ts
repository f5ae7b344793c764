// Which instruction set WebAssembly is scheduled for, by the instructions that a module may use.
import type { WasmFeatures } from '../backends/wasm/features.ts';
import { type Isa, isas, scalar } from '../passes/schedule/isa.ts';

export function wasmIsa(features: WasmFeatures): Isa {
  const row = features === 'scalar' ? undefined : isas.find((isa) => isa.name === 'wasm-simd128');
  return row ?? scalar;
}

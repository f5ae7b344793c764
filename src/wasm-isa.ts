// Which instruction set WebAssembly is scheduled for, by the instructions that a module may use.
import type { WasmFeatures } from '../backends/wasm/features.ts';
import { internalError } from '../ir/diagnostics.ts';
import { type Isa, isas, scalar } from '../passes/schedule/isa.ts';

/** Names of the rows for modules that may use SIMD. */
const rows: Record<Exclude<WasmFeatures, 'scalar'>, string> = { simd: 'wasm-simd128', relaxed: 'wasm-relaxed' };

export function wasmIsa(features: WasmFeatures): Isa {
  if (features === 'scalar') return scalar;
  const row = rows[features];
  return isas.find((isa) => isa.name === row) ?? internalError(`there is no instruction set ${row}`);
}

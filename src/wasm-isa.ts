// Which instruction set WebAssembly is scheduled for, by the instructions that a module may use.
import type { WasmFeatures } from '../backends/wasm/features.ts';
import { internalError } from '../ir/diagnostics.ts';
import { type Isa, isas, scalar } from '../passes/schedule/isa.ts';

/** Both kinds of SIMD take the one schedule: the relaxed row's operands would have to be unsigned to be exact. */
export function wasmIsa(features: WasmFeatures): Isa {
  if (features === 'scalar') return scalar;
  return isas.find((isa) => isa.name === 'wasm-simd128') ?? internalError('there is no schedule for wasm SIMD');
}

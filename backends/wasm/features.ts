// What instructions a module may use, in binaryen's terms.
import binaryen from 'binaryen';

/** Instructions that a module may use beyond plain WebAssembly. */
export type WasmFeatures = 'scalar' | 'simd' | 'relaxed';

export function featureBits(features: WasmFeatures): number {
  const { MutableGlobals, NontrappingFPToInt, SignExt, BulkMemory, BulkMemoryOpt, SIMD128, RelaxedSIMD } =
    binaryen.Features;
  const plain = MutableGlobals | NontrappingFPToInt | SignExt | BulkMemory | BulkMemoryOpt;
  if (features === 'scalar') return plain;
  return features === 'simd' ? plain | SIMD128 : plain | SIMD128 | RelaxedSIMD;
}

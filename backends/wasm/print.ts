// The WebAssembly backend: prints a loop program as NAME.wasm, a loader NAME.js and its types NAME.d.ts.
import { identifierOf } from '../../ir/identifiers.ts';
import type { LoopProgram } from '../../ir/loops/kernel.ts';
import { portsOf } from '../ports.ts';
import { printDeclarations } from './declarations.ts';
import type { WasmFeatures } from './features.ts';
import { type LoaderModule, printLoader } from './loader.ts';
import { buildModule } from './module.ts';
import { relaxedProbe } from './relaxed-dot.ts';

export interface WasmPrintOptions {
  /** Instructions that the module may use. */
  readonly features: WasmFeatures;
  /** Writes the modules into NAME.js instead of files beside it. */
  readonly inline: boolean;
  /**
   * For `relaxed`: the program that runs where the engine lacks relaxed SIMD or computes it otherwise than the module
   * relies on. It uses SIMD alone and has the same inputs and outputs. Without it, `program` itself runs so.
   */
  readonly fallback?: LoopProgram;
}

/**
 * The files of a program: `NAME.wasm` (and for `relaxed` `NAME.simd.wasm`) unless it is inline, `NAME.js` and
 * `NAME.d.ts`. The same program gives the same bytes.
 */
export function printWasm(program: LoopProgram, options: WasmPrintOptions): Map<string, string | Uint8Array> {
  const { features, inline, fallback = program } = options;
  const name = identifierOf(program.name) || 'model';
  const files = new Map<string, string | Uint8Array>();
  const module = (file: string, from: LoopProgram, uses: WasmFeatures, probe?: Uint8Array): LoaderModule => {
    const { binary, layout } = buildModule(from, uses);
    if (!inline) files.set(file, binary);
    const addresses = (kind: 'input' | 'output') => portsOf(from, kind).map(({ storage }) => layout.addressOf(storage));
    const inlined = inline ? binary : undefined;
    return { file, inline: inlined, probe, inputs: addresses('input'), outputs: addresses('output') };
  };
  const modules =
    features === 'relaxed'
      ? [module(`${name}.wasm`, program, 'relaxed', relaxedProbe()), module(`${name}.simd.wasm`, fallback, 'simd')]
      : [module(`${name}.wasm`, program, features)];
  files.set(`${name}.js`, printLoader(name, program, modules));
  files.set(`${name}.d.ts`, printDeclarations(name, program));
  return files;
}

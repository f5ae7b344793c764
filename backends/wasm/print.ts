// The WebAssembly backend: prints a loop program as NAME.wasm, a loader NAME.js and its types NAME.d.ts.
import { identifierOf } from '../../ir/identifiers.ts';
import type { LoopProgram } from '../../ir/loops/kernel.ts';
import { portsOf } from '../ports.ts';
import { printDeclarations } from './declarations.ts';
import { type LoaderModule, printLoader } from './loader.ts';
import { buildModule, type WasmFeatures } from './module.ts';

export interface WasmPrintOptions {
  /** Instructions that the module may use. */
  readonly features: WasmFeatures;
  /** Writes the module into NAME.js instead of a file beside it. */
  readonly inline: boolean;
}

/** The files of a program: `NAME.wasm` unless it is inline, `NAME.js` and `NAME.d.ts`. The same program gives the same bytes. */
export function printWasm(program: LoopProgram, options: WasmPrintOptions): Map<string, string | Uint8Array> {
  const name = identifierOf(program.name) || 'model';
  const files = new Map<string, string | Uint8Array>();
  const { binary, layout } = buildModule(program, options.features);
  const file = `${name}.wasm`;
  if (!options.inline) files.set(file, binary);
  const addresses = (kind: 'input' | 'output') =>
    portsOf(program, kind).map(({ storage }) => layout.addressOf(storage));
  const module: LoaderModule = {
    file,
    inline: options.inline ? binary : undefined,
    probe: undefined,
    inputs: addresses('input'),
    outputs: addresses('output'),
  };
  files.set(`${name}.js`, printLoader(name, program, [module]));
  files.set(`${name}.d.ts`, printDeclarations(name, program));
  return files;
}

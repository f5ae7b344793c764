// NAME.js: the ES module that loads a program's WebAssembly and hands tensors in and out. It depends on nothing, runs
// wherever WebAssembly does, and evaluates no text as code, so that a strict content security policy (with
// 'wasm-unsafe-eval', which WebAssembly itself needs) lets it through.

import type { LoopProgram } from '../../ir/loops/kernel.ts';
import { base64 } from '../base64.ts';
import { portExports } from '../port-text.ts';
import { stringLiteral } from '../ports.ts';
import { loaderSource } from './loader-source.ts';

/** One module that the loader can choose. */
export interface LoaderModule {
  /** Name of the file beside the loader. */
  readonly file: string;
  /** The module itself where it is to be written into the loader. */
  readonly inline: Uint8Array | undefined;
  /** A small module whose `check` tells by 1 whether the engine computes what the module relies on. */
  readonly probe: Uint8Array | undefined;
  /** Addresses of inputs and outputs, in the program's order. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** The loader's text; `name` is an identifier. The modules stand in order of preference; the last one has no probe. */
export function printLoader(name: string, program: LoopProgram, modules: readonly LoaderModule[]): string {
  return [
    `// ${name}: a neural network as WebAssembly, written by int8c.\n//\n`,
    `//   import { load } from "./${name}.js";\n//   const model = await load();\n`,
    `//   const outputs = model.run({ ... }); // typed arrays by tensor name; ${name}.d.ts has the types\n\n`,
    portExports(program),
    '\n// The modules in order of preference, and where inputs and outputs are in their memory.\n',
    `const modules = [\n${modules.map(moduleLine).join('')}];\n`,
    loaderSource,
  ].join('');
}

function moduleLine({ file, inline, probe, inputs, outputs }: LoaderModule): string {
  const fields = [
    `file: ${stringLiteral(file)}`,
    `url: () => new URL(${stringLiteral(file)}, import.meta.url)`,
    ...(inline === undefined ? [] : [`code: '${base64(inline)}'`]),
    ...(probe === undefined ? [] : [`probe: '${base64(probe)}'`]),
    `inputs: [${inputs.join(', ')}]`,
    `outputs: [${outputs.join(', ')}]`,
  ];
  return `  {\n${fields.map((f) => `    ${f},\n`).join('')}  },\n`;
}

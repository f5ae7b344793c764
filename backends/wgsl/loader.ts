// NAME.js: the ES module that runs a program's shaders on a WebGPU device and hands tensors in and out. It depends on
// nothing and evaluates no text as code.
import type { LoopProgram } from '../../ir/loops/kernel.ts';
import { portExports } from '../port-text.ts';
import { portsOf, stringLiteral } from '../ports.ts';
import { requiredLimits } from './limits.ts';
import { loaderSource } from './loader-source.ts';
import type { InitializedPart } from './memory-layout.ts';
import type { Dispatch, WgslModule } from './module.ts';

/** The loader's text; `name` is an identifier, `files` are beside it. */
export function printLoader(
  name: string,
  program: LoopProgram,
  module: WgslModule,
  files: { readonly shaders: string; readonly weights: string },
): string {
  const { layout, dispatches, packedFunctions } = module;
  const addresses = (kind: 'input' | 'output') =>
    portsOf(program, kind).map(({ storage }) => layout.addressOf(storage));
  return [
    `// ${name}: a neural network as WebGPU compute shaders, written by int8c.\n//\n`,
    `//   import { createModel, requiredLimits } from './${name}.js';\n`,
    '//   const adapter = await navigator.gpu.requestAdapter();\n',
    '//   const model = await createModel(await adapter.requestDevice({ requiredLimits }));\n',
    `//   const outputs = await model.run({ ... }); // typed arrays by tensor name; ${name}.d.ts has the types\n\n`,
    portExports(program),
    '\n// What a device must allow, for adapter.requestDevice({ requiredLimits }).\n',
    `export const requiredLimits = ${limitsText(requiredLimits(layout))};\n`,
    `\nconst files = { shaders: ${stringLiteral(files.shaders)}, weights: ${stringLiteral(files.weights)} };\n\n`,
    '// Bytes of the memory that the network works in, and where its inputs and outputs begin in it.\n',
    `const arenaBytes = ${layout.arenaBytes};\n`,
    `const inputAddresses = [${addresses('input').join(', ')}];\n`,
    `const outputAddresses = [${addresses('output').join(', ')}];\n\n`,
    '// Parts of it that start from bytes of the weights file, or from zeros.\n',
    `const states = [${layout.states.map(partText).join('')}];\n`,
    `const copies = [${layout.copies.map(partText).join('')}];\n\n`,
    "// An inference, in order: entry points, what they are told by constants, workgroups, the model's operators.\n",
    `const dispatches = [\n${dispatches.map(dispatchText).join('')}];\n\n`,
    '// Builtin functions of packed_4x8_integer_dot_product, for implementations without it and for software adapters.\n',
    `const packedFunctions = \`${packedFunctions}\`;\n`,
    loaderSource,
  ].join('');
}

function limitsText(limits: Readonly<Record<string, number>>): string {
  const fields = Object.entries(limits).map(([limit, least]) => `${limit}: ${least}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

function partText({ address, bytes, initial }: InitializedPart): string {
  const from = initial === undefined ? '' : `, initial: ${initial}`;
  return `\n  { address: ${address}, bytes: ${bytes}${from} },`;
}

function dispatchText({ entry, constants, workgroups, location }: Dispatch): string {
  const values = Object.entries(constants).map(([key, value]) => `${key}: ${value}`);
  const fields = [
    `entry: '${entry}'`,
    `constants: ${values.length === 0 ? '{}' : `{ ${values.join(', ')} }`}`,
    `workgroups: [${workgroups.join(', ')}]`,
    `location: ${stringLiteral(location)}`,
  ];
  return `  { ${fields.join(', ')} },\n`;
}

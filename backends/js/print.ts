// Writes a loop program as one JavaScript module with its constants inside.
import type { LoopProgram } from '../../ir/loops/kernel.ts';
import { bytesOf } from '../../ir/tensor-data.ts';
import { base64 } from '../base64.ts';
import { commentText } from './names.ts';
import { printProgram } from './print-program.ts';

const decode = `const decode = (type, text) => {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return new type(bytes.buffer);
};
`;

/**
 * A program as one ES module without imports that runs wherever JavaScript does. It exports `create()`, which gives
 * `{run(inputs, outputs), reset()}`: typed arrays in the order of the program's inputs and outputs, of their element
 * types and lengths; `run` fills the outputs. Constants are base64 inside of the module.
 */
export function printJs(program: LoopProgram): string {
  const { text, constants } = printProgram(program);
  const literals = constants.map((c) => `  decode(${c.constructor.name}, '${base64(bytesOf(c))}'),\n`);
  return [
    `// ${commentText(program.name)}, written by int8c. create() gives { run(inputs, outputs), reset() }.\n`,
    decode,
    `const constants = [\n${literals.join('')}];\n\n`,
    text.replace('function create()', 'export function create()'),
  ].join('');
}

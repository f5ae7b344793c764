// A program's inputs and outputs as loaders for the web export them (JavaScript) and as their types declare them.
import type { LoopProgram } from '../ir/loops/kernel.ts';
import { type Port, portsOf, quantizationFields, stringLiteral } from './ports.ts';

const kinds = ['input', 'output'] as const;

/** `export const inputs = {...}` and `outputs`: what each tensor is, by name. */
export function portExports(program: LoopProgram): string {
  const exports = kinds.map(
    (kind) =>
      `/** The ${kind}s by name: element type, shape, and quantization: real = scale * (q - zeroPoint). */\n` +
      `export const ${kind}s = {\n${portsOf(program, kind).map(portLine).join('')}};\n`,
  );
  return exports.join('\n');
}

function portLine({ name, storage, shape, quant }: Port): string {
  const fields: [string, string][] = [
    ['type', `'${storage.element}'`],
    ['shape', `[${shape.join(', ')}]`],
    ...quantizationFields(quant),
  ];
  // A computed key makes a property of any name, also of __proto__.
  return `  [${stringLiteral(name)}]: { ${fields.map(([key, value]) => `${key}: ${value}`).join(', ')} },\n`;
}

/** The interfaces `Inputs` and `Outputs` of typed arrays, and the types of `inputs` and `outputs`. */
export function portDeclarations(program: LoopProgram): string {
  const [inputs, outputs] = kinds.map((kind) => portsOf(program, kind)) as [Port[], Port[]];
  return [
    '/** Typed arrays of the inputs, row by row, by tensor name. */\n',
    `export interface Inputs {\n${inputs.map(property).join('')}}\n\n`,
    '/** Typed arrays of the outputs. */\n',
    `export interface Outputs {\n${outputs.map(property).join('')}}\n\n`,
    '/** What a tensor is. real = scale * (q - zeroPoint), along an axis where these are arrays. */\n',
    `export declare const inputs: {\n${inputs.map(description).join('')}};\n`,
    `export declare const outputs: {\n${outputs.map(description).join('')}};\n`,
  ].join('');
}

function property({ name, shape, quant, array }: Port): string {
  const quantization =
    quant === undefined || quant.axis !== undefined
      ? ''
      : `, real = ${quant.scale[0]} * (q ${(quant.zero[0] ?? 0) < 0 ? '+' : '-'} ${Math.abs(quant.zero[0] ?? 0)})`;
  return `  /** [${shape.join(', ')}]${quantization} */\n  readonly ${stringLiteral(name)}: ${array};\n`;
}

function description({ name, storage, shape, quant }: Port): string {
  const fields: [string, string][] = [
    ['type', `'${storage.element}'`],
    ['shape', `readonly [${shape.join(', ')}]`],
    ...quantizationFields(quant).map(([key, value]): [string, string] => [
      key,
      value.startsWith('[') ? 'readonly number[]' : value,
    ]),
  ];
  return `  readonly ${stringLiteral(name)}: { ${fields.map(([key, value]) => `readonly ${key}: ${value}`).join('; ')} };\n`;
}

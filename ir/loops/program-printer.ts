// Prints programs of the loop IR as text: their kernels, then the storages and the calls in order.
import { formatFloat } from '../attributes.ts';
import { type ContentPrintOptions, formatContent } from '../content-text.ts';
import { formatName, type PrintedText } from '../printer.ts';
import { formatType, tensorType } from '../types.ts';
import type { Call, LoopProgram, Storage } from './kernel.ts';
import { printKernel } from './printer.ts';

function formatStorage(
  storage: Storage,
  program: LoopProgram,
  resources: Map<string, Uint8Array>,
  options: ContentPrintOptions,
): string {
  const { data, packing, tensor, element } = storage;
  const offset = program.arena.offsets.get(storage);
  const parts = [
    `${storage.storage} ${formatName('%', storage.name)}`,
    data === undefined ? '' : `= ${formatContent(element, data, resources, options)}`,
    `: ${element}[${storage.length}]`,
    packing === undefined ? '' : `packed ${JSON.stringify(packing)}`,
    offset === undefined ? '' : `at ${offset}`,
    tensor === undefined
      ? ''
      : `as ${JSON.stringify(tensor.name)} ${formatType(tensorType(element, tensor.shape, tensor.quant))}`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function formatCall({ kernel, args, scalars, location }: Call): string {
  const list = args.map(({ storage, offset }) => formatName('%', storage.name) + (offset === 0 ? '' : ` + ${offset}`));
  const numbers = scalars.length === 0 ? '' : `; ${scalars.map(formatFloat).join(', ')}`;
  const loc = location === '' ? '' : ` loc ${JSON.stringify(location)}`;
  return `call ${formatName('@', kernel.name)}(${list.join(', ')}${numbers})${loc}`;
}

/** The text of a program and its kernels, and the contents too long for it. `parseProgram` reads it back. */
export function printProgram(program: LoopProgram, options: ContentPrintOptions = {}): PrintedText {
  const resources = new Map<string, Uint8Array>();
  const { bytes, lowerBound } = program.arena;
  const storages = program.storages.map((s) => `  ${formatStorage(s, program, resources, options)}\n`);
  const calls = program.calls.map((call) => `  ${formatCall(call)}\n`);
  const head = `program ${formatName('@', program.name)} arena ${bytes} bound ${lowerBound}`;
  const kernels = program.kernels.map((kernel) => `${printKernel(kernel)}\n`);
  return { text: `${kernels.join('')}${head} {\n${storages.join('')}${calls.join('')}}\n`, resources };
}

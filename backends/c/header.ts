// Prints NAME.h: the network's interface, documented for the firmware that calls it.
import type { InterfaceTensor, Storage } from '../../ir/loops/kernel.ts';
import { bytesPerElement } from '../../ir/types.ts';
import { elementType } from './c-types.ts';
import { comment, commentText, stringLiteral } from './comments.ts';
import { floatText } from './literals.ts';
import type { NamedStorage, StorageNames } from './storage-names.ts';

/** What a caller's arena must be aligned to, in bytes: its widest elements are int64_t. */
export const arenaAlignment = 8;

export interface HeaderFigures {
  readonly arenaBytes: number;
  readonly stateBytes: number;
  /** Weights and tables. */
  readonly constantBytes: number;
  readonly manifestComment: string | undefined;
}

/** The header's text. */
export function printHeader(names: StorageNames, figures: HeaderFigures): string {
  const { prefix } = names;
  const macro = prefix.toUpperCase();
  const guard = `${macro}_H`;
  const invoke = invokeDeclaration(names);
  return [
    introduction(prefix, names, figures),
    `#ifndef ${guard}`,
    `#define ${guard}`,
    '',
    '#include <stdint.h>',
    '',
    '#ifdef __cplusplus',
    'extern "C" {',
    '#endif',
    '',
    comment(['Bytes of working memory, of state kept between runs, and of constants (weights and tables).']),
    `#define ${macro}_ARENA_BYTES ${figures.arenaBytes}`,
    `#define ${macro}_ARENA_ALIGNMENT ${arenaAlignment}`,
    `#define ${macro}_STATE_BYTES ${figures.stateBytes}`,
    `#define ${macro}_CONSTANT_BYTES ${figures.constantBytes}`,
    '',
    ...ports(macro, 'INPUT', names.inputs),
    ...ports(macro, 'OUTPUT', names.outputs),
    comment([
      'Runs the network once. Elements are in row-major order; buffers must not overlap. Returns 0, or -1 when the file ' +
        `was built with ${macro}_EXTERNAL_ARENA and no arena has been set.`,
    ]),
    `${invoke};`,
    '',
    comment(['Puts the state back to where it starts. It also starts there without this call.']),
    `void ${prefix}_reset(void);`,
    '',
    `#ifdef ${macro}_EXTERNAL_ARENA`,
    comment([
      `Gives the network its working memory: ${macro}_ARENA_BYTES bytes, aligned to ${macro}_ARENA_ALIGNMENT, for as ` +
        'long as it runs; its contents need not be kept between runs. Memory from an allocator or a linker section is ' +
        'best; a declared array should be of int64_t. Returns 0, or -1 when the pointer is null or not aligned.',
    ]),
    `int ${prefix}_set_arena(void *memory);`,
    '#endif',
    '',
    '#ifdef __cplusplus',
    '}',
    '#endif',
    '',
    '#endif',
    '',
  ].join('\n');
}

/** `int NAME_invoke(...)`, one parameter to a line where the line would be long. */
export function invokeDeclaration(names: StorageNames): string {
  const parameter = (isInput: boolean) => (n: NamedStorage) =>
    `${isInput ? 'const ' : ''}${elementType(n.storage.element)} *${n.name}`;
  const parameters = [...names.inputs.map(parameter(true)), ...names.outputs.map(parameter(false))];
  const head = `int ${names.prefix}_invoke(`;
  const one = `${head}${parameters.join(', ') || 'void'})`;
  return one.length <= 100 ? one : `${head}\n    ${parameters.join(',\n    ')})`;
}

function introduction(prefix: string, names: StorageNames, figures: HeaderFigures): string {
  const macro = prefix.toUpperCase();
  const sources = names.isSeparate ? `${prefix}.c and ${prefix}_weights.c` : `${prefix}.c`;
  return comment([
    `${prefix}: a neural network as plain C99, written by int8c. Compile ${sources} with any optimization.`,
    '',
    ...names.inputs.map((n, i) => `in  ${i}: ${describe(n.storage)}`),
    ...names.outputs.map((n, i) => `out ${i}: ${describe(n.storage)}`),
    '',
    'There is no allocation, no input or output, and no global constructor. One run at a time: the working memory is ' +
      `static, or the caller's with -D${macro}_EXTERNAL_ARENA.`,
    ...(figures.manifestComment === undefined ? [] : ['', ...figures.manifestComment.split('\n')]),
  ]);
}

/** `int8_t[1][49][10] "model/input"; real = 0.5 * (value - 83)`. */
function describe(s: Storage): string {
  const tensor = tensorOf(s);
  const shape = tensor.shape.map((d) => `[${d}]`).join('');
  const { quant } = tensor;
  const [scale, zero] = [quant?.scale[0], quant?.zero[0]];
  let meaning = '';
  if (quant?.axis !== undefined) meaning = `; quantized along axis ${quant.axis}`;
  else if (scale !== undefined && zero !== undefined) {
    const shifted = zero === 0 ? 'value' : zero > 0 ? `(value - ${zero})` : `(value + ${-zero})`;
    meaning = `; real = ${floatText(scale).slice(0, -1)} * ${shifted}`;
  }
  return `${elementType(s.element)}${shape} ${commentText(JSON.stringify(tensor.name))}${meaning}`;
}

function tensorOf(s: Storage): InterfaceTensor {
  return s.tensor ?? { name: s.name, shape: [s.length] };
}

function ports(macro: string, role: 'INPUT' | 'OUTPUT', named: readonly NamedStorage[]): string[] {
  const lines = [`#define ${macro}_${role}_COUNT ${named.length}`, ''];
  named.forEach(({ storage }, i) => {
    const tensor = tensorOf(storage);
    const define: Define = (name, value) =>
      `#define ${macro}_${role}${i}_${name} ${typeof value === 'number' && value < 0 ? `(${value})` : value}`;
    lines.push(
      comment([`${role === 'INPUT' ? 'Input' : 'Output'} ${i}: ${describe(storage)}`]),
      define('NAME', stringLiteral(tensor.name)),
      define('TYPE', elementType(storage.element)),
      define('COUNT', storage.length),
      define('BYTES', storage.length * bytesPerElement(storage.element)),
      define('RANK', tensor.shape.length),
      ...tensor.shape.map((d, axis) => define(`DIM${axis}`, d)),
      ...(tensor.shape.length > 0 ? [define('SHAPE', `{${tensor.shape.join(', ')}}`)] : []),
      ...quantization(tensor, define),
      '',
    );
  });
  return lines;
}

type Define = (name: string, value: string | number) => string;

function quantization({ quant }: InterfaceTensor, define: Define): string[] {
  if (quant === undefined) return [];
  if (quant.axis === undefined) {
    return [define('SCALE', floatText(quant.scale[0] ?? 1)), define('ZERO_POINT', quant.zero[0] ?? 0)];
  }
  return [
    define('AXIS', quant.axis),
    define('SCALE_COUNT', quant.scale.length),
    define('SCALES', `{${quant.scale.map(floatText).join(', ')}}`),
    define('ZERO_POINTS', `{${quant.zero.join(', ')}}`),
  ];
}

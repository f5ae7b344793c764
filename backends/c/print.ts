// The C backend: prints a loop program as C99. NAME.c holds kernels and the run, NAME.h the interface, and
// NAME_weights.c the constants where they are large.
import { internalError } from '../../ir/diagnostics.ts';
import type { Call, Kernel, LoopProgram } from '../../ir/loops/kernel.ts';
import { wrapLane } from '../../ir/loops/opcodes.ts';
import { prepareWithRanges } from '../../ir/loops/prepare-for-printing.ts';
import type { KernelRanges } from '../../ir/loops/ranges.ts';
import { type Buffer, laneOf } from '../../ir/loops/types.ts';
import { bytesPerElement } from '../../ir/types.ts';
import { isStandAlone } from './aliasing.ts';
import { elementType } from './c-types.ts';
import { comment, commentText } from './comments.ts';
import { floatGuard } from './float-guard.ts';
import { invokeDeclaration, printHeader } from './header.ts';
import { sanitized } from './identifiers.ts';
import { printKernel } from './kernel-printer.ts';
import { literal } from './literals.ts';
import {
  arenaDefinition,
  arenaType,
  constantDeclarations,
  constantDefinitions,
  paddedArenaBytes,
  resetFunction,
  startsWithReset,
  stateDefinitions,
  usesArena,
} from './memory.ts';
import { StorageNames } from './storage-names.ts';
import { Support } from './support.ts';

export interface CPrintOptions {
  /** Base name of the files and prefix of identifiers; what is not an identifier in it is replaced. */
  readonly name: string;
  /** Text for the comment at the top of the header: a summary of the manifest. */
  readonly manifestComment?: string;
  /** Calls a function `NAME_after_call` of someone else's, with its position, after each call: for its time. */
  readonly afterCall?: boolean;
}

/** The files of a program: `NAME.c`, `NAME.h`, and `NAME_weights.c` for constants of more than 64 KB. */
export function printC(program: LoopProgram, options: CPrintOptions): Map<string, string | Uint8Array> {
  const { program: prepared, ranges } = prepareWithRanges(program);
  const prefix = sanitized(options.name, 'net');
  const names = new StorageNames(prepared, prefix);
  const bytesOf = (named: StorageNames['states']) =>
    named.reduce((sum, { storage }) => sum + storage.length * bytesPerElement(storage.element), 0);
  const header = printHeader(names, {
    arenaBytes: usesArena(prepared) ? paddedArenaBytes(prepared) : 0,
    stateBytes: bytesOf(names.states),
    constantBytes: names.constantBytes,
    manifestComment: options.manifestComment,
  });
  const files = new Map<string, string | Uint8Array>([
    [`${prefix}.c`, printSource(prepared, names, ranges, options.afterCall === true)],
    [`${prefix}.h`, header],
  ]);
  if (names.isSeparate) files.set(`${prefix}_weights.c`, printWeights(names));
  return files;
}

function printWeights(names: StorageNames): Uint8Array {
  const head = [
    comment([`Constants of ${names.prefix}: weights in the order in which the kernels read them, and tables.`]),
    '#include <stdint.h>',
    ...(hasInfinities(names) ? ['#include <math.h>'] : []),
    '',
    '',
  ];
  return joinBytes([new TextEncoder().encode(head.join('\n')), ...constantDefinitions(names)]);
}

function printSource(
  program: LoopProgram,
  names: StorageNames,
  ranges: ReadonlyMap<Kernel, KernelRanges>,
  afterCall: boolean,
): string | Uint8Array {
  const { prefix } = names;
  const support = new Support();
  const kernels = printKernels(program, names, ranges, support);
  if (hasInfinities(names)) support.header('math.h');
  const isLocal = !names.isSeparate && names.constants.length > 0;
  const before = [
    comment([
      `${prefix}: written by int8c. The interface is described in ${prefix}.h; what follows is, in order: ` +
        'support functions, constants, state and working memory, one function for each kind of layer, and the run.',
      "It relies on what every C compiler for such machines does: two's complement, int of at least 32 bits, casts " +
        'to a signed type that keep the low bits, and >> of negative numbers that keeps the sign.',
    ]),
    `#include "${prefix}.h"`,
    '',
    ...support.headers.map((h) => `#include <${h}>`),
    '#include <limits.h>',
    '',
    '#if INT_MAX < 2147483647',
    '#error "This code needs an int of at least 32 bits."',
    '#endif',
    ...(support.has('float.h') ? floatGuard : []),
    '',
    ...support.definitions.flatMap((d) => [d, '']),
    ...(names.isSeparate ? [comment([`Constants, in ${prefix}_weights.c.`]), ...constantDeclarations(names), ''] : []),
    ...(isLocal ? [comment(['Constants: weights in the order in which the kernels read them, and tables.']), ''] : []),
  ];
  const after = [
    ...stateDefinitions(names),
    ...arenaDefinition(names, program),
    ...kernels.texts.flatMap((k) => [k, '']),
    ...resetFunction(names),
    ...(afterCall ? [`void ${prefix}_after_call(int call);`, ''] : []),
    ...invokeFunction(program, names, kernels.names, afterCall),
  ];
  const [head, tail] = [before, after].map((lines) => lines.join('\n'));
  if (!isLocal) return `${head}${tail}`;
  const encoder = new TextEncoder();
  return joinBytes([encoder.encode(head), ...constantDefinitions(names), encoder.encode(tail)]);
}

function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** True when a constant needs the macros INFINITY or NAN of math.h. */
function hasInfinities(names: StorageNames): boolean {
  return [...names.constants, ...names.states].some(({ storage: { data } }) => {
    return data instanceof Float32Array && data.some((x) => !Number.isFinite(x));
  });
}

/** Every kernel that is called, once, with its function's name. */
function printKernels(
  program: LoopProgram,
  names: StorageNames,
  ranges: ReadonlyMap<Kernel, KernelRanges>,
  support: Support,
): { texts: string[]; names: Map<Kernel, string> } {
  const calls = new Map<Kernel, Call[]>();
  for (const call of program.calls) calls.set(call.kernel, [...(calls.get(call.kernel) ?? []), call]);
  const functions = new Map<Kernel, string>();
  for (const kernel of calls.keys()) {
    functions.set(kernel, names.scope.unique(`${names.prefix}_${sanitized(kernel.name, 'kernel')}`));
  }
  const texts = Array.from(calls, ([kernel, ofKernel]) => {
    const isInArena = (buffer: Buffer) => {
      const position = kernel.buffers.indexOf(buffer);
      return ofKernel.some((call) => call.args[position]?.storage.storage === 'arena');
    };
    return printKernel(kernel, {
      name: functions.get(kernel) ?? kernel.name,
      ranges: ranges.get(kernel) ?? internalError(`kernel ${kernel.name} was not analysed`),
      support,
      scope: names.scope,
      parameterType: (b) => (isInArena(b) ? arenaType(b.element) : elementType(b.element)),
      isAlone: (b) => ofKernel.every((call) => isStandAlone(program, call, kernel.buffers.indexOf(b))),
    });
  });
  return { texts, names: functions };
}

/** A scalar argument as a literal of its parameter's type. */
function scalarArgument(kernel: Kernel, position: number, value: number): string {
  const lane = laneOf(kernel.scalars[position]?.type ?? 'i32');
  return literal(lane, wrapLane(lane, lane === 'i64' ? BigInt(value) : value)).text;
}

/** NAME_invoke: the calls in order, each under the names that its operators have in the user's model. */
function invokeFunction(
  program: LoopProgram,
  names: StorageNames,
  functions: ReadonlyMap<Kernel, string>,
  afterCall: boolean,
): string[] {
  const lines = [`${invokeDeclaration(names)} {`];
  if (usesArena(program)) {
    lines.push(
      `#ifdef ${names.prefix.toUpperCase()}_EXTERNAL_ARENA`,
      '  if (!arena) {',
      '    return -1;',
      '  }',
      '#endif',
    );
  }
  if (startsWithReset(names)) {
    lines.push(`  if (!${names.prefix}_state_is_set) {`, `    ${names.prefix}_reset();`, '  }');
  }
  const used = new Set(program.calls.flatMap((c) => c.args.map((a) => a.storage)));
  for (const { storage, name } of [...names.inputs, ...names.outputs]) {
    if (!used.has(storage)) lines.push(`  (void)${name};`);
  }
  let location = '';
  for (const [position, call] of program.calls.entries()) {
    if (call.location !== location && call.location !== '') lines.push(comment([commentText(call.location)], '  '));
    location = call.location;
    const args = [
      ...call.args.map((a, i) => names.pointer(a, call.kernel.buffers[i]?.element ?? a.storage.element)),
      ...call.scalars.map((value, i) => scalarArgument(call.kernel, i, value)),
    ];
    const head = `  ${functions.get(call.kernel)}(`;
    const one = `${head}${args.join(', ')});`;
    lines.push(one.length <= 110 ? one : `${head}\n      ${args.join(',\n      ')});`);
    if (afterCall) lines.push(`  ${names.prefix}_after_call(${position});`);
  }
  return [...lines, '  return 0;', '}', ''];
}

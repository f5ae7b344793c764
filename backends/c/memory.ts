// Prints a program's memory: constants, states with their reset, and the arena.
import type { LoopProgram } from '../../ir/loops/kernel.ts';
import type { ElementType } from '../../ir/types.ts';
import { bytesPerElement } from '../../ir/types.ts';
import { elementType } from './c-types.ts';
import { comment } from './comments.ts';
import { arrayInitializer, isUniform } from './constant-arrays.ts';
import { arenaAlignment } from './header.ts';
import { elementText } from './literals.ts';
import { arenaMember, type NamedStorage, type StorageNames } from './storage-names.ts';

const encoder = new TextEncoder();

/** C's arrays have at least one element. */
const atLeastOne = (length: number) => Math.max(1, length);

const constantType = ({ storage, name }: NamedStorage) =>
  `const ${elementType(storage.element)} ${name}[${atLeastOne(storage.length)}]`;

/** Definitions of the constants, as bytes: there can be megabytes of them. */
export function constantDefinitions(names: StorageNames): Uint8Array[] {
  return names.constants.flatMap((n) => {
    // Definitions for other files to see are declared first, as strict compilers ask.
    const head = names.isSeparate
      ? `extern ${constantType(n)};\n${constantType(n)} = `
      : `static ${constantType(n)} = `;
    const data = n.storage.data ?? new Int8Array(0);
    return [encoder.encode(head), arrayInitializer(data), encoder.encode(';\n\n')];
  });
}

/** Declarations of constants that are defined in another file. */
export function constantDeclarations(names: StorageNames): string[] {
  return names.constants.map((n) => `extern ${constantType(n)};`);
}

/** True when some state starts with anything but zeros, so that the first run must set it. */
export function startsWithReset(names: StorageNames): boolean {
  return names.states.some(({ storage }) => !isZero(storage.data));
}

function isZero(data: NamedStorage['storage']['data']): boolean {
  return data === undefined || data.length === 0 || (isUniform(data) && Object.is(Number(data[0]), 0));
}

/** State arrays; those that start neither zero nor uniform have a constant copy of their start. */
export function stateDefinitions(names: StorageNames): string[] {
  if (names.states.length === 0) return [];
  const lines = [comment(['State: what one run leaves for the next.'])];
  for (const { storage, name } of names.states) {
    const type = elementType(storage.element);
    lines.push(`static ${type} ${name}[${atLeastOne(storage.length)}];`);
    if (storage.data !== undefined && !isUniform(storage.data)) {
      const initializer = new TextDecoder().decode(arrayInitializer(storage.data));
      lines.push(`static const ${type} ${startName(name)}[${storage.length}] = ${initializer};`);
    }
  }
  if (startsWithReset(names)) lines.push(`static int ${names.prefix}_state_is_set;`);
  return [...lines, ''];
}

const startName = (name: string) => `${name}_at_reset`;

/** NAME_reset. */
export function resetFunction(names: StorageNames): string[] {
  const lines = [`void ${names.prefix}_reset(void) {`];
  if (names.states.length === 0) lines.push('  /* This network keeps nothing from run to run. */');
  for (const { storage, name } of names.states) {
    const { data, element } = storage;
    const uniform = data === undefined || isUniform(data);
    const first = data?.[0] ?? 0;
    const value = uniform ? elementText(first, element === 'f32') : `${startName(name)}[i]`;
    lines.push(
      `  for (int32_t i = 0; i < ${storage.length}; ++i) {`,
      `    ${name}[i] = ${data === undefined && element === 'f32' ? '0.0f' : value};`,
      '  }',
    );
  }
  if (startsWithReset(names)) lines.push(`  ${names.prefix}_state_is_set = 1;`);
  return [...lines, '}', ''];
}

/** Element types that the arena holds. */
function arenaElements(program: LoopProgram): ElementType[] {
  const elements = new Map<string, ElementType>();
  for (const { kernel, args } of program.calls) {
    args.forEach(({ storage }, i) => {
      const element = kernel.buffers[i]?.element;
      if (storage.storage === 'arena' && element !== undefined) elements.set(arenaMember(element), element);
    });
  }
  return [...elements].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, element]) => element);
}

/** True when any call works in the arena. */
export function usesArena(program: LoopProgram): boolean {
  return program.calls.some((call) => call.args.some(({ storage }) => storage.storage === 'arena'));
}

/** The size of the arena's union: the plan's, up to a whole number of its widest elements. */
export function paddedArenaBytes(program: LoopProgram): number {
  return Math.ceil(program.arena.bytes / arenaAlignment) * arenaAlignment;
}

/** Multi-byte elements in the arena, whose pointers need the type of {@link arenaType}. */
export function sharesArena(element: ElementType): boolean {
  return bytesPerElement(element) > 1;
}

/** The type of an element of the arena in a kernel's parameters. */
export function arenaType(element: ElementType): string {
  return sharesArena(element) ? `arena_${arenaMember(element)}` : elementType(element);
}

/**
 * The arena as a union of arrays. Each of its bytes holds elements of different types at different times; C99 6.5.2.3
 * allows that through a union, and compilers that look only at the pointer's type are told by an attribute.
 */
export function arenaDefinition(names: StorageNames, program: LoopProgram): string[] {
  const { prefix } = names;
  const macro = prefix.toUpperCase();
  const elements = arenaElements(program);
  if (elements.length === 0) return setArenaFunction(names, false);
  const padded = paddedArenaBytes(program);
  const shared = elements.filter(sharesArena);
  const typedefs = (attribute: string) => shared.map((e) => `typedef ${elementType(e)} ${attribute}${arenaType(e)};`);
  const members = elements.map((e) => `  ${elementType(e)} ${arenaMember(e)}[${padded / bytesPerElement(e)}];`);
  const aligns = elements.includes('i64') ? [] : [`  int64_t i64[${padded / 8}]; /* for its alignment */`];
  return [
    comment(['Working memory. Its bytes hold elements of different types at different times, which a union allows.']),
    ...(shared.length === 0
      ? []
      : [
          '#if defined(__GNUC__) /* and compilers that judge by the type of a pointer alone must be told: */',
          ...typedefs('__attribute__((__may_alias__)) '),
          '#else',
          ...typedefs(''),
          '#endif',
        ]),
    `union ${prefix}_arena {`,
    ...members,
    ...aligns,
    '};',
    `#ifdef ${macro}_EXTERNAL_ARENA`,
    `static union ${prefix}_arena *arena;`,
    '#else',
    `static union ${prefix}_arena ${prefix}_arena_memory;`,
    `static union ${prefix}_arena *const arena = &${prefix}_arena_memory;`,
    '#endif',
    '',
    ...setArenaFunction(names, true),
  ];
}

function setArenaFunction({ prefix }: StorageNames, isUsed: boolean): string[] {
  return [
    `#ifdef ${prefix.toUpperCase()}_EXTERNAL_ARENA`,
    `int ${prefix}_set_arena(void *memory) {`,
    `  if (!memory || (uintptr_t)memory % ${prefix.toUpperCase()}_ARENA_ALIGNMENT != 0) {`,
    '    return -1;',
    '  }',
    ...(isUsed ? [`  arena = (union ${prefix}_arena *)memory;`] : []),
    '  return 0;',
    '}',
    '#endif',
    '',
  ];
}

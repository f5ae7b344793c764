// How elements are read and written in buffers of 32-bit words. An index counts elements from the start of the memory.
//
// Three names for memory: `arena`, what a program works in; `constants`; and `atomics`, which is the arena again, in
// kernels whose invocations write parts of the same word.
import type { SupportFunction } from './support.ts';

export type Space = 'arena' | 'constants' | 'atomics';

const spaces: readonly Space[] = ['arena', 'constants', 'atomics'];

/** The word at an index. */
export function wordAt(space: Space, index: string): string {
  return space === 'atomics' ? `atomicLoad(&atomics[${index}])` : `${space}[${index}]`;
}

/** A statement that writes a word. */
export function storeWord(space: Space, index: string, value: string): string {
  return space === 'atomics' ? `atomicStore(&atomics[${index}], ${value});` : `${space}[${index}] = ${value};`;
}

function readers(space: Space): Record<string, SupportFunction> {
  const where = space === 'constants' ? 'constant' : 'element of the arena';
  const small = (name: string, elementBits: number, shape: (word: string, shift: string) => string) => {
    const perWord = 32 / elementBits;
    const word = wordAt(space, `at >> ${Math.log2(perWord)}u`);
    return {
      [`${space}_${name}`]: {
        doc: `An ${name} ${where}.`,
        parameters: 'at: i32',
        result: 'i32',
        body: `  return ${shape(word, `u32(at & ${perWord - 1}) * ${elementBits}u`)};`,
      },
    };
  };
  const signExtended = (bits: number) => (word: string, shift: string) =>
    `extractBits(bitcast<i32>(${word}), ${shift}, ${bits}u)`;
  return {
    ...small('i8', 8, signExtended(8)),
    ...small('u8', 8, (word, shift) => `i32(extractBits(${word}, ${shift}, 8u))`),
    ...small('i16', 16, signExtended(16)),
    [`${space}_i32`]: {
      doc: `An i32 ${where}.`,
      parameters: 'at: i32',
      result: 'i32',
      body: `  return bitcast<i32>(${wordAt(space, 'at')});`,
    },
    [`${space}_f32`]: {
      doc: `An f32 ${where}.`,
      parameters: 'at: i32',
      result: 'f32',
      body: `  return bitcast<f32>(${wordAt(space, 'at')});`,
    },
    [`${space}_i64`]: {
      doc: `An i64 ${where}, low word first.`,
      parameters: 'at: i32',
      result: 'vec2u',
      body: `  return vec2u(${wordAt(space, '2 * at')}, ${wordAt(space, '2 * at + 1')});`,
    },
    [`${space}_bytes`]: {
      doc: 'Four bytes, from any byte on.',
      parameters: 'at: i32',
      result: 'u32',
      body: `
  let shift = u32(at & 3) * 8u;
  let first = ${wordAt(space, 'at >> 2u')} >> shift;
  if (shift == 0u) {
    return first;
  }
  return first | (${wordAt(space, '(at >> 2u) + 1')} << (32u - shift));`,
    },
  };
}

/** Writers of parts of a word: reading, changing and writing it where it has one owner, else by atomic operations. */
function writers(name: string, bits: number): Record<string, SupportFunction> {
  const perWord = 32 / bits;
  const mask = `${2 ** bits - 1}u`;
  const [index, shift] = [`at >> ${Math.log2(perWord)}u`, `u32(at & ${perWord - 1}) * ${bits}u`];
  const parameters = 'at: i32, value: i32';
  return {
    [`arena_store_${name}`]: {
      doc: `Writes ${bits} bits of a word that no other invocation writes.`,
      parameters,
      result: 'void',
      body: `
  let word = ${index};
  arena[word] = insertBits(arena[word], u32(value), ${shift}, ${bits}u);`,
    },
    [`atomics_store_${name}`]: {
      doc: `Writes ${bits} bits of a word whose other bits other invocations may write.`,
      parameters,
      result: 'void',
      body: `
  let word = ${index};
  let shift = ${shift};
  atomicAnd(&atomics[word], ~(${mask} << shift));
  atomicOr(&atomics[word], (u32(value) & ${mask}) << shift);`,
    },
  };
}

export const memoryFunctions: Readonly<Record<string, SupportFunction>> = {
  ...Object.assign({}, ...spaces.map(readers)),
  packed_halves: {
    doc: 'The low halves of two integers in one word.',
    parameters: 'first: i32, second: i32',
    result: 'u32',
    body: '  return (u32(first) & 0xffffu) | (u32(second) << 16u);',
  },
  ...writers('byte', 8),
  ...writers('half', 16),
};

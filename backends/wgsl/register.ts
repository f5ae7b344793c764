// How a register of the loop IR is held in WGSL: in chunks of up to four lanes. A chunk is a scalar or vector of WGSL,
// four bytes packed in a word, or its lanes one by one, and is brought into the form that its user needs.
import { internalError } from '../../ir/diagnostics.ts';
import type { Lanes } from '../../ir/loops/opcodes.ts';
import { type Lane, type LoopType, laneOf, lanesOf } from '../../ir/loops/types.ts';
import { type Code, call, component, primary } from './code.ts';
import { literal, packedLiteral } from './literals.ts';
import { type LaneLetter, type Support, typeName } from './support.ts';

export type Chunk =
  /** A value of the chunk's own type. */
  | { readonly form: 'value'; readonly code: Code }
  /** Four i8 or u8 lanes in a u32. */
  | { readonly form: 'word'; readonly code: Code }
  | { readonly form: 'lanes'; readonly codes: readonly Code[] };

export interface Register {
  readonly type: LoopType;
  readonly chunks: readonly Chunk[];
  /** The lanes' values where they are known at compile time. */
  readonly constant?: Lanes;
}

/** Most lanes of one WGSL vector. */
const maxWidth = 4;

/** Lanes per chunk: 64-bit integers are pairs of words, so that each is on its own. */
export function chunkLanes(type: LoopType): number {
  return laneOf(type) === 'i64' ? 1 : maxWidth;
}

/** The number of lanes of each chunk. */
export function chunkWidths(type: LoopType): number[] {
  const each = chunkLanes(type);
  const lanes = lanesOf(type);
  return Array.from({ length: Math.ceil(lanes / each) }, (_, c) => Math.min(each, lanes - c * each));
}

/** WGSL computes small integers in i32. */
export function letterOf(lane: Lane): LaneLetter {
  return lane === 'f32' ? 'F' : lane === 'bool' ? 'B' : 'I';
}

/** The WGSL type of a chunk's value. */
export function valueType(lane: Lane, width: number): string {
  return lane === 'i64' ? 'vec2u' : typeName(letterOf(lane), width);
}

export function isByte(lane: Lane): boolean {
  return lane === 'i8' || lane === 'u8';
}

export const value = (code: Code): Chunk => ({ form: 'value', code });

/** A register of one chunk per code. */
export function registerOf(type: LoopType, codes: readonly Code[]): Register {
  return { type, chunks: codes.map(value) };
}

/** A vector from its lanes; one lane is itself. */
export function joined(lane: Lane, codes: readonly Code[]): Code {
  const [first] = codes;
  if (first === undefined) return internalError('a chunk has lanes');
  if (codes.length === 1) return first;
  const same = codes.every((c) => c.text === first.text);
  return call(valueType(lane, codes.length), ...(same ? [first] : codes));
}

/** The register that holds known values. */
export function constantRegister(type: LoopType, values: Lanes, support: Support): Register {
  const each = chunkLanes(type);
  const chunks = chunkWidths(type).map((width, c): Chunk => {
    const codes = values.slice(c * each, c * each + width).map((v) => literal(laneOf(type), v, support));
    return value(joined(laneOf(type), codes));
  });
  return { type, chunks, constant: values };
}

/** A chunk as a scalar or vector of its lanes. */
export function asValue(register: Register, c: number): Code {
  const chunk = chunkAt(register, c);
  const lane = laneOf(register.type);
  switch (chunk.form) {
    case 'value':
      return chunk.code;
    case 'word':
      return lane === 'u8' ? call('vec4i', call('unpack4xU8', chunk.code)) : call('unpack4xI8', chunk.code);
    case 'lanes':
      return joined(lane, chunk.codes);
  }
}

/** A chunk of four bytes as a word; values beyond a byte keep their low bits. */
export function asWord(register: Register, c: number): Code {
  if (register.constant !== undefined) return packedLiteral(register.constant.slice(4 * c, 4 * c + 4));
  const chunk = chunkAt(register, c);
  return chunk.form === 'word' ? chunk.code : call('pack4xI8', asValue(register, c));
}

/** The lanes of a register one by one. `atom` names an expression that is taken apart. */
export function laneCodes(register: Register, support: Support, atom: (code: Code) => Code): Code[] {
  const lane = laneOf(register.type);
  if (register.constant !== undefined) return register.constant.map((v) => literal(lane, v, support));
  return chunkWidths(register.type).flatMap((width, c) => {
    const chunk = chunkAt(register, c);
    if (chunk.form === 'lanes') return chunk.codes;
    if (width === 1) return [asValue(register, c)];
    if (chunk.form === 'word') {
      const word = atom(chunk.code);
      return Array.from({ length: width }, (_, l) => byteOf(word, l, lane));
    }
    const vector = atom(chunk.code);
    return Array.from({ length: width }, (_, l) => component(vector, l));
  });
}

function byteOf(word: Code, lane: number, type: Lane): Code {
  const [from, to] = type === 'u8' ? ['', 'i32'] : ['bitcast<i32>', ''];
  const bits = `extractBits(${from === '' ? word.text : `${from}(${word.text})`}, ${8 * lane}u, 8u)`;
  return primary(to === '' ? bits : `${to}(${bits})`);
}

function chunkAt(register: Register, c: number): Chunk {
  return register.chunks[c] ?? internalError(`a register of ${register.type} has no chunk ${c}`);
}

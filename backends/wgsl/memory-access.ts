// Loads and stores in WGSL: elements of any type in memories of 32-bit words.
import type { Lane } from '../../ir/loops/types.ts';
import { type LoopType, laneOf, lanesOf } from '../../ir/loops/types.ts';
import type { ElementType } from '../../ir/types.ts';
import { type Code, call, component, infix, primary, signed } from './code.ts';
import { type Space, storeWord, wordAt } from './memory-functions.ts';
import {
  asValue,
  asWord,
  type Chunk,
  chunkLanes,
  chunkWidths,
  isByte,
  laneCodes,
  type Register,
  value,
} from './register.ts';
import type { Support } from './support.ts';

/** An access of a buffer: consecutive elements from `at` on, counted from the start of its memory. */
export interface Access {
  readonly space: Space;
  /** What the buffer is called, for names of locals. */
  readonly name: string;
  readonly element: ElementType;
  readonly at: Code;
  /** Bytes to which the address is known to be aligned. */
  readonly alignment: number;
}

/** What access to memory needs of the printer. */
export interface AccessContext {
  readonly support: Support;
  atom(code: Code, hint?: string): Code;
}

const shifted = (at: Code, bits: number) => infix(at, '>>', primary(`${bits}u`)).text;
const plus = (at: Code, n: number) => (n === 0 ? at : infix(at, '+', signed(String(n))));

/** Element types as memory functions name them. */
function storedAs(element: ElementType): 'i8' | 'u8' | 'i16' | 'i32' | 'f32' | 'i64' {
  if (element === 'i4') return 'i8';
  return element === 'bool' || element === 'f16' ? 'u8' : element;
}

/** The word or words at an access as a value of this lane: the words of wide_constants come four at a time. */
function fromWords(lane: Lane, { space, at, alignment }: Access, width: number, context: AccessContext): Code {
  const type = `${width === 1 ? '' : `vec${width}`}${lane === 'f32' ? (width === 1 ? 'f32' : 'f') : width === 1 ? 'i32' : 'i'}`;
  if (width === 1) return primary(`bitcast<${type}>(${wordAt(space, at.text)})`);
  if (space === 'constants' && width === 4 && alignment % 16 === 0) {
    return primary(`bitcast<${type}>(wide_constants[${shifted(at, 2)}])`);
  }
  const from = context.atom(at, 'at');
  const words = Array.from({ length: width }, (_, l) => wordAt(space, plus(from, l).text));
  return primary(`bitcast<${type}>(vec${width}u(${words.join(', ')}))`);
}

/** Chunks of four bytes, each a word. */
function byteWords(access: Access, count: number, context: AccessContext): Code[] {
  const { space, at, alignment } = access;
  if (alignment % 4 !== 0) {
    const [read, from] = [context.support.use(`${space}_bytes`), count === 1 ? at : context.atom(at, 'at')];
    return Array.from({ length: count }, (_, c) => call(read, plus(from, 4 * c)));
  }
  if (space === 'constants' && alignment % 16 === 0 && count % 4 === 0) {
    const index = primary(shifted(at, 4));
    const four = count === 4 ? index : context.atom(index, 'at');
    return Array.from({ length: count / 4 }, (_, i) => {
      const words = context.atom(primary(`wide_constants[${plus(four, i).text}]`), access.name);
      return [0, 1, 2, 3].map((l) => component(words, l));
    }).flat();
  }
  const word = count === 1 ? infix(at, '>>', primary('2u')) : context.atom(infix(at, '>>', primary('2u')), 'at');
  return Array.from({ length: count }, (_, c) => primary(wordAt(space, plus(word, c).text)));
}

/** The elements from an access on, as a register of this type. */
export function loadRegister(type: LoopType, access: Access, context: AccessContext): Register {
  const lane = laneOf(type);
  const element = storedAs(access.element);
  const single = (at: Code): Code =>
    element === 'i32' || element === 'f32'
      ? fromWords(element, { ...access, at }, 1, context)
      : call(context.support.use(`${access.space}_${element}`), at);
  if (lanesOf(type) === 1) return { type, chunks: [value(single(access.at))] };
  const widths = chunkWidths(type);
  const each = chunkLanes(type);
  const from =
    widths.length === 1 && (lane === 'f32' || lane === 'i32' || isByte(lane))
      ? access.at
      : context.atom(access.at, 'at');
  if (isByte(lane) && lanesOf(type) % 4 === 0) {
    const words = byteWords({ ...access, at: from }, widths.length, context);
    return { type, chunks: words.map((code): Chunk => ({ form: 'word', code })) };
  }
  const chunks = widths.map((width, c): Chunk => {
    const at = plus(from, each * c);
    if (lane === 'i32' || lane === 'f32') return value(fromWords(lane, { ...access, at }, width, context));
    if (width === 1) return value(single(at));
    const first = context.atom(at, 'at');
    return { form: 'lanes', codes: Array.from({ length: width }, (_, l) => single(plus(first, l))) };
  });
  return { type, chunks };
}

/** The statements that write a register from an access on. */
export function storeRegister(register: Register, access: Access, context: AccessContext): string[] {
  const { space, at, alignment } = access;
  const lane = laneOf(register.type);
  const element = storedAs(access.element);
  const lanes = lanesOf(register.type);
  const bytes = element === 'i8' || element === 'u8';
  if (bytes && lanes % 4 === 0 && isByte(lane) && alignment % 4 === 0) {
    const index = infix(at, '>>', primary('2u'));
    const word = lanes === 4 ? index : context.atom(index, 'at');
    return register.chunks.map((_, c) => storeWord(space, plus(word, c).text, asWord(register, c).text));
  }
  if (element === 'i16' && lanes % 2 === 0 && alignment % 4 === 0) return storeHalves(register, access, context);
  const codes = lanes === 1 ? [asValue(register, 0)] : laneCodes(register, context.support, context.atom);
  const from = lanes === 1 && element !== 'i64' ? at : context.atom(at, 'at');
  return codes.flatMap((code, l) => {
    const own = plus(from, l);
    if (element === 'i64') {
      const long = context.atom(code);
      const first = context.atom(infix(own, '*', primary('2')));
      const words = [component(long, 0), component(long, 1)];
      return words.map((word, w) => storeWord(space, plus(first, w).text, word.text));
    }
    if (element === 'i32' || element === 'f32') {
      return [storeWord(space, own.text, lane === 'bool' ? `u32(${code.text})` : `bitcast<u32>(${code.text})`)];
    }
    const stored = lane === 'bool' ? call('i32', code) : code;
    const write = context.support.use(`${space}_store_${element === 'i16' ? 'half' : 'byte'}`);
    return [`${write}(${own.text}, ${stored.text});`];
  });
}

/** Pairs of 16-bit elements, each a word. */
function storeHalves(register: Register, { space, at }: Access, context: AccessContext): string[] {
  const codes = laneCodes(register, context.support, context.atom);
  const index = infix(at, '>>', primary('1u'));
  const word = codes.length === 2 ? index : context.atom(index, 'at');
  const pack = context.support.use('packed_halves');
  return Array.from({ length: codes.length / 2 }, (_, w) =>
    storeWord(space, plus(word, w).text, call(pack, codes[2 * w]!, codes[2 * w + 1]!).text),
  );
}

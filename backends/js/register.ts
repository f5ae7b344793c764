// How a register of the loop IR is held in generated JavaScript: one expression per lane. Integers of up to 32 bits and
// f32 are numbers, bool is a boolean; i64 is a number where its interval stays within 53 bits, else a BigInt.
import type { LoopValue } from '../../ir/loops/kernel.ts';
import type { Lanes, LaneValue } from '../../ir/loops/opcodes.ts';
import { fitsLane, type Range } from '../../ir/loops/range-rules.ts';

import { type Lane, type LoopType, laneOf } from '../../ir/loops/types.ts';
import type { RuntimeFunction } from './runtime.ts';

export interface Register {
  /** An expression for each lane that can be an operand of any operator: a name, a literal, a call, or in brackets. */
  readonly lanes: readonly string[];
  /** True when i64 lanes are BigInts. */
  readonly wide: boolean;
  /** The lanes' values where they are known at compile time. */
  readonly constant?: Lanes;
  /** An i32 sum or product without the `| 0` around it, where it cannot wrap: operands of further sums take it. */
  readonly plain?: { readonly text: string; readonly product: boolean };
}

/** What spelling an instruction may ask of the printer. */
export interface SpellContext {
  /** Notes the use of a runtime function and returns its name. */
  runtime(name: RuntimeFunction): string;
  /** A name or literal for the expression, which is computed ahead of the current statement if it is neither. */
  atom(text: string): string;
  rangeOf(value: LoopValue): Range;
}

/** True when every value of the interval is a number without loss. */
export function fitsNumber(range: Range): boolean {
  return fitsLane(range, 'i64');
}

/** An expression in brackets without them. */
export function bare(text: string): string {
  if (!text.startsWith('(')) return text;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    if (text[i] === ')' && --depth === 0) return i === text.length - 1 ? text.slice(1, -1) : text;
  }
  return text;
}

/** True for names and literals, which cost nothing to repeat. */
export function isAtom(text: string): boolean {
  return /^-?[A-Za-z0-9_.]+$/.test(text);
}

function literal(lane: Lane, x: LaneValue): { text: string; wide: boolean } {
  if (lane === 'bool') return { text: x ? 'true' : 'false', wide: false };
  if (typeof x === 'bigint') {
    const wide = !Number.isSafeInteger(Number(x));
    return { text: wide ? `${x}n` : `${x}`, wide };
  }
  return { text: Object.is(x, -0) ? '-0' : String(x), wide: false };
}

/** The register that holds known values. */
export function constantRegister(type: LoopType, values: Lanes): Register {
  const texts = values.map((x) => literal(laneOf(type), x));
  const register: Register = { lanes: texts.map((t) => t.text), wide: false, constant: values };
  return texts.some((t) => t.wide) ? { ...register, lanes: values.map((x) => `${x}n`), wide: true } : register;
}

/** The same register with its i64 lanes as BigInts, or as numbers. */
export function withWide(register: Register, wide: boolean): Register {
  if (register.wide === wide) return register;
  const convert = (text: string) => {
    if (wide) return /^-?[0-9]+$/.test(text) ? `${text}n` : `BigInt(${bare(text)})`;
    return `Number(${bare(text)})`;
  };
  return { ...register, lanes: register.lanes.map(convert), wide };
}

/** Makes an expression of int32 arithmetic a value of the lane; `exact` is its interval before it wraps. */
export function wrapText(lane: Lane, text: string, exact?: Range): string {
  const fits = exact !== undefined && fitsLane(exact, lane);
  if (lane === 'i32' || fits) return `(${text} | 0)`;
  if (lane === 'u8') return `(${text} & 255)`;
  const unused = lane === 'i8' ? 24 : 16;
  return `(${text} << ${unused} >> ${unused})`;
}

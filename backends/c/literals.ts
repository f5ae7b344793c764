// Numbers as C literals: exact, of the right type, and without warnings.
import type { LaneValue } from '../../ir/loops/opcodes.ts';
import type { Lane } from '../../ir/loops/types.ts';
import { type Code, Level, primary } from './code.ts';

/** The least i32 and i64 have no literal: C reads -2147483648 as minus a number that does not fit. */
const INT32_MIN = -2147483648;
const INT64_MIN = -(2n ** 63n);

function signed(text: string): Code {
  return { text, level: text.startsWith('-') ? Level.unary : Level.primary };
}

/** A constant of a scalar or lane type. INFINITY and NAN are macros of math.h. */
export function literal(lane: Lane, value: LaneValue): Code {
  switch (lane) {
    case 'bool':
      return primary(value ? 'true' : 'false');
    case 'f32':
      return signed(floatText(Number(value)));
    case 'i64':
      return longLiteral(BigInt(value));
    default:
      return Number(value) === INT32_MIN ? primary('INT32_MIN') : signed(String(value));
  }
}

function longLiteral(value: bigint): Code {
  if (value === INT64_MIN) return primary('INT64_MIN');
  return value < 0n ? { text: `-INT64_C(${-value})`, level: Level.unary } : primary(`INT64_C(${value})`);
}

/** An element of a constant array, where its type is known from the array. */
export function elementText(value: LaneValue, isFloat: boolean): string {
  if (isFloat) return floatText(Number(value));
  if (typeof value === 'bigint') {
    return value >= -2147483647n && value <= 2147483647n ? String(value) : longLiteral(value).text;
  }
  return value === INT32_MIN ? 'INT32_MIN' : String(value);
}

/** True when the number's literal is a macro of math.h. */
export function needsMathHeader(value: number): boolean {
  return !Number.isFinite(value);
}

/**
 * The shortest decimal that a compiler reads as this f32. It must lie well within half a step of the number: a text that
 * Number() and Math.fround read back in two roundings need not be read back in C's one.
 */
export function floatText(x: number): string {
  if (Number.isNaN(x)) return 'NAN';
  if (!Number.isFinite(x)) return x < 0 ? '-INFINITY' : 'INFINITY';
  if (x === 0) return Object.is(x, -0) ? '-0.0f' : '0.0f';
  // Half a step of f32 is at least 2^-25 of the number.
  const close = Math.abs(x) * 2 ** -25 * 0.999;
  for (let digits = 1; digits < 9; digits++) {
    const text = x.toPrecision(digits);
    if (Math.abs(Number(text) - x) < close) return withSuffix(text);
  }
  return withSuffix(x.toPrecision(9));
}

function withSuffix(text: string): string {
  const shortest = String(Number(text));
  return /[.e]/.test(shortest) ? `${shortest}f` : `${shortest}.0f`;
}

// What single tokens of the loop IR's text stand for: words of a fixed list, `i8[8000]`, literals.
import { readNumber, shorten } from '../content-text.ts';
import { numbersOfList } from '../elaborate-type.ts';
import type { SourceText } from '../source-text.ts';
import type { Token } from '../syntax.ts';
import { type ElementType, elementTypes } from '../types.ts';
import { type LaneValue, wrapLane } from './opcodes.ts';
import { type LoopType, laneOf } from './types.ts';

const maxLength = 2 ** 31 - 1;

/** One of a fixed list of words. */
export function wordOf<W extends string>(source: SourceText, token: Token, known: readonly W[]): W {
  return (
    known.find((word) => word === token.image) ??
    source.fail('I8C0101', token.startOffset, `expected ${known.join(', ')}, found ${shorten(token.image)}`)
  );
}

/** The element type and length of `i8[8000]`. */
export function sequenceOf(
  source: SourceText,
  element: Token,
  length: Token,
): { element: ElementType; length: number } {
  const [n, ...rest] = numbersOfList(source, length);
  if (n === undefined || rest.length > 0 || !Number.isInteger(n) || n < 0 || n > maxLength) {
    return source.fail('I8C0101', length.startOffset, `expected a length in [0, ${maxLength}]`);
  }
  return { element: wordOf(source, element, elementTypes), length: n };
}

/** A constant of a scalar type. */
export interface Literal {
  readonly type: LoopType;
  readonly value: LaneValue;
}

function readLiteral(image: string): Literal | undefined {
  if (image === 'true' || image === 'false') return { type: 'bool', value: image === 'true' ? 1 : 0 };
  // 19 digits hold every i64.
  if (/^-?[0-9]{1,19}i64$/.test(image)) return { type: 'i64', value: BigInt(image.slice(0, -3)) };
  const number = readNumber(image);
  if (number === undefined) return undefined;
  return /^-?[0-9]+$/.test(image) ? { type: 'i32', value: number } : { type: 'f32', value: Math.fround(number) };
}

/** A literal's type and value; undefined for other tokens and for values that the type does not hold. */
export function literalOf(image: string): Literal | undefined {
  const literal = readLiteral(image);
  if (literal === undefined) return undefined;
  const { type, value } = literal;
  const overflows = type === 'f32' && !Number.isFinite(value) && /[0-9]/.test(image);
  return !overflows && Object.is(wrapLane(laneOf(type), value), value) ? literal : undefined;
}

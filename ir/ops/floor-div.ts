// floor_div, floor_mod.
import { defineBinary } from '../binary-arithmetic.ts';
import { loopArithmetic, numberArithmetic } from '../functions/arithmetic.ts';
import { floorRemainder } from '../functions/remainder.ts';
import type { LoopBuilder } from '../loops/builder.ts';
import type { LoopValue } from '../loops/kernel.ts';
import { throughFloat } from '../through-float.ts';

/** The remainder of integers toward zero, and whether a floor differs from a truncation: it is not 0 and not b's sign. */
function truncatedRemainder(b: LoopBuilder, x: LoopValue, y: LoopValue): { rest: LoopValue; differs: LoopValue } {
  const rest = b.rem(x, y);
  const signs = b.compare('lt', b.xor(rest, y), 0);
  return { rest, differs: b.and(signs, b.compare('ne', rest, 0)) };
}

/** The same on numbers; a zero divisor leaves the dividend, as in loops. */
function remainderOf(a: number, b: number): { rest: number; differs: boolean } {
  const rest = b === 0 ? a : a % b;
  return { rest, differs: rest !== 0 && rest < 0 !== b < 0 };
}

function longRemainderOf(a: bigint, b: bigint): { rest: bigint; differs: boolean } {
  const rest = b === 0n ? a : a % b;
  return { rest, differs: rest !== 0n && rest < 0n !== b < 0n };
}

export const floorDiv = defineBinary({
  name: 'floor_div',
  doc: 'y = clamp(floor(a / b)). Integers divided by 0 give 0 or -1. Source: TensorFlow Lite reference/floor_div.h.',
  floats: (a, b) => Math.floor(Math.fround(a / b)),
  ints: (a, b) => (b === 0 ? 0 : Math.trunc(a / b)) - (remainderOf(a, b).differs ? 1 : 0),
  longs: (a, b) => (b === 0n ? 0n : a / b) - (longRemainderOf(a, b).differs ? 1n : 0n),
  code(b, x, y) {
    const quotient = b.div(x, y);
    if (x.type === 'f32') return b.unary('floor', quotient);
    return b.select(truncatedRemainder(b, x, y).differs, b.sub(quotient, 1), quotient);
  },
  integer: throughFloat,
  byTable: true,
});

export const floorMod = defineBinary({
  name: 'floor_mod',
  doc: 'y = clamp(a - b * floor(a / b)), with the sign of b. Integers divided by 0 give a; floats are exact for quotients below 2^24. Sources: TensorFlow Lite reference/floor_mod.h; ONNX Mod.',
  floats: (a, b) => floorRemainder(numberArithmetic, a, b),
  ints: (a, b) => remainderOf(a, b).rest + (remainderOf(a, b).differs ? b : 0),
  longs: (a, b) => longRemainderOf(a, b).rest + (longRemainderOf(a, b).differs ? b : 0n),
  code(b, x, y) {
    if (x.type === 'f32') return floorRemainder(loopArithmetic(b), x, y);
    const { rest, differs } = truncatedRemainder(b, x, y);
    return b.select(differs, b.add(rest, y), rest);
  },
  integer: throughFloat,
  byTable: true,
});

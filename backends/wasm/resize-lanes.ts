// Lanes of packed integers made wider or narrower, a factor of two at a time. Masks are resized as signed integers.
import binaryen from 'binaryen';
import type { Expression, FunctionCode, Piece } from './function-code.ts';
import { chunksOf } from './shape.ts';
import type { Site } from './site.ts';

/** How lanes become wider, or what happens to numbers that do not fit narrower ones. */
export type Extension = 'signed' | 'unsigned';
export type Reduction = 'truncate' | 'saturate-signed' | 'saturate-unsigned';

function extend(
  { module: m }: FunctionCode,
  x: Expression,
  bits: number,
  half: 'low' | 'high',
  how: Extension,
): Expression {
  const s = how === 'signed' ? 's' : 'u';
  if (bits === 8) return m.i16x8[`extend_${half}_i8x16_${s}` as const](x);
  if (bits === 16) return m.i32x4[`extend_${half}_i16x8_${s}` as const](x);
  return m.i64x2[`extend_${half}_i32x4_${s}` as const](x);
}

/** Lanes of `from` bits as lanes of `to` bits. */
export function widenLanes(
  code: FunctionCode,
  pieces: readonly Piece[],
  lanes: number,
  from: number,
  to: number,
  how: Extension,
): readonly Piece[] {
  let wide = pieces;
  for (let bits = from; bits < to; bits *= 2) {
    const halves = chunksOf(lanes, bits * 2) > wide.length ? (['low', 'high'] as const) : (['low'] as const);
    wide = wide.flatMap((p) => halves.map((half) => code.hold(binaryen.v128, extend(code, p(), bits, half, how))));
  }
  return wide;
}

/** The even lanes of half the width out of two values: what is left when the upper halves are dropped. */
function dropUpperHalves({ module: m }: FunctionCode, a: Expression, b: Expression, bits: number): Expression {
  const bytes = bits / 8;
  const mask = Array.from({ length: 16 }, (_, i) => 2 * bytes * Math.floor(i / bytes) + (i % bytes));
  return m.i8x16.shuffle(a, b, mask);
}

function reduce(code: FunctionCode, a: Expression, b: Expression, bits: number, how: Reduction): Expression {
  const { module: m } = code;
  if (how === 'truncate') return dropUpperHalves(code, a, b, bits);
  const s = how === 'saturate-signed' ? 's' : 'u';
  return bits === 16 ? m.i16x8[`narrow_i32x4_${s}` as const](a, b) : m.i8x16[`narrow_i16x8_${s}` as const](a, b);
}

/**
 * Lanes of `from` bits as lanes of `to` bits. Saturating goes from 32 bits down, from signed lanes; on the way to an
 * unsigned lane of 8 bits the first step keeps the sign.
 */
export function narrowLanes(
  code: FunctionCode,
  pieces: readonly Piece[],
  lanes: number,
  from: number,
  to: number,
  how: Reduction,
): readonly Piece[] {
  let narrow = pieces;
  for (let bits = from / 2; bits >= to; bits /= 2) {
    const step = how === 'saturate-unsigned' && bits > to ? 'saturate-signed' : how;
    const count = chunksOf(lanes, bits);
    const previous = narrow;
    narrow = Array.from({ length: count }, (_, i) => {
      const [a, b] = previous.length === 1 ? [previous[0]!, previous[0]!] : [previous[2 * i]!, previous[2 * i + 1]!];
      return code.hold(binaryen.v128, reduce(code, a(), b(), bits, step));
    });
  }
  return narrow;
}

/** Lanes of 8 or 16 bits, limited on one side by a number of their type. */
export function limitLanes(
  { code: { module: m }, to }: Site,
  x: Expression,
  side: 'min' | 'max',
  limit: number,
  bits: number,
): Expression {
  const splat = bits === 8 ? m.i8x16.splat(m.i32.const(limit)) : m.i16x8.splat(m.i32.const(limit));
  return m[bits === 8 ? 'i8x16' : 'i16x8'][`${side}_${to === 'u8' ? 'u' : 's'}` as const](x, splat);
}

/** Masks of `from` bits as masks of `to` bits. */
export function resizeMasks(
  code: FunctionCode,
  pieces: readonly Piece[],
  lanes: number,
  from: number,
  to: number,
): readonly Piece[] {
  if (from < to) return widenLanes(code, pieces, lanes, from, to, 'signed');
  const words = from === 64 && to < 64 ? narrowLanes(code, pieces, lanes, 64, 32, 'truncate') : pieces;
  return narrowLanes(code, words, lanes, Math.min(from, Math.max(32, to)), to, 'saturate-signed');
}

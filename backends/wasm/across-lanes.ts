// Opcodes that move lanes or add across them.
import binaryen from 'binaryen';
import { internalError } from '../../ir/diagnostics.ts';
import type { Opcode } from '../../ir/loops/opcodes.ts';
import { spellDot } from './dot.ts';
import type { Expression, Piece } from './function-code.ts';
import { extractLane, lanesOfRegister, type Register, registerOfLanes, replaceLane, splatLane } from './register.ts';
import { type Shape, scalarType, vectorBits } from './shape.ts';
import type { LaneWiseOpcode, Site } from './site.ts';
import { constantVector } from './vector-constants.ts';

type Spelling = (site: Site, operands: readonly Register[], shape: Shape) => readonly Expression[];

/** A scalar as one lane of this type: small integers keep the low bits. */
function asLane({ code: { module: m } }: Site, { lane, packed }: Shape, value: Piece): Expression {
  // Instructions of packed lanes take the low bits by themselves.
  if (packed) return value();
  if (lane === 'i8') return m.i32.extend8_s(value());
  if (lane === 'i16') return m.i32.extend16_s(value());
  return lane === 'u8' ? m.i32.and(value(), m.i32.const(0xff)) : value();
}

const splat: Spelling = (site, operands, shape) => {
  const { code } = site;
  const x = operands[0]!;
  if (x.shape.lanes === 1) {
    const known = shape.packed ? constantVector(site.instruction) : undefined;
    if (known !== undefined) return Array.from({ length: shape.pieces }, () => code.constantVector(known));
    const lane = () => asLane(site, shape, x.pieces[0]!);
    const pieces = Array.from({ length: shape.pieces });
    return pieces.map(() => (shape.packed ? splatLane(code, shape, lane()) : lane()));
  }
  if (shape.packed && x.shape.packed && x.shape.bits === shape.bits) {
    const bytes = (x.shape.lanes * x.shape.bits) / 8;
    const mask = Array.from({ length: 16 }, (_, i) => i % bytes);
    return Array.from({ length: shape.pieces }, (_, p) => {
      const piece = x.pieces[p % x.pieces.length]!;
      const fills = bytes >= vectorBits / 8 || x.repeats === true;
      return fills ? piece() : code.module.i8x16.shuffle(piece(), piece(), mask);
    });
  }
  const lanes = lanesOfRegister(code, x);
  return registerOfLanes(
    code,
    shape,
    Array.from({ length: shape.lanes }, (_, l) => lanes[l % lanes.length]!()),
  );
};

const extract: Spelling = ({ code, instruction }, operands) => [
  extractLane(code, operands[0]!, instruction.immediates.lanes?.[0] ?? 0),
];

const insert: Spelling = (site, operands, shape) => {
  const [into, value] = operands as [Register, Register];
  const lane = asLane(site, shape, value.pieces[0]!);
  return replaceLane(site.code, into, site.instruction.immediates.lanes?.[0] ?? 0, lane);
};

const shuffle: Spelling = (site, operands, shape) => {
  const { code } = site;
  const [a, b] = operands as [Register, Register];
  const mask = site.instruction.immediates.lanes ?? [];
  if (!shape.packed || !a.shape.packed || a.shape.bits !== shape.bits) {
    const both = [...lanesOfRegister(code, a), ...lanesOfRegister(code, b)];
    return registerOfLanes(
      code,
      shape,
      mask.map((l) => both[l]!()),
    );
  }
  return Array.from({ length: shape.pieces }, (_, p) => shuffledPiece(site, a, b, mask, shape, p));
};

/** One value of a shuffle's result: from all values that lanes of it come from, two at a time. */
function shuffledPiece(
  { code }: Site,
  a: Register,
  b: Register,
  mask: readonly number[],
  shape: Shape,
  piece: number,
): Expression {
  const laneBytes = shape.bits / 8;
  const perPiece = 16 / laneBytes;
  const pieces = [...a.pieces, ...b.pieces];
  /** Byte `i` of the result: the number of the piece it comes from, and its place there. */
  const sources = Array.from({ length: 16 }, (_, i) => {
    const lane = mask[piece * perPiece + Math.floor(i / laneBytes)];
    if (lane === undefined) return undefined;
    const [first, l] = lane < a.shape.lanes ? [0, lane] : [a.pieces.length, lane - a.shape.lanes];
    return { from: first + Math.floor(l / perPiece), byte: (l % perPiece) * laneBytes + (i % laneBytes) };
  });
  const used = [...new Set(sources.flatMap((s) => (s === undefined ? [] : [s.from])))];
  const [first, second, ...others] = used;
  const { module: m } = code;
  // Lanes that keep their places in one value need no instruction: vectors are joined for free.
  const stays = sources.every((s, i) => s === undefined || (s.from === first && s.byte === i));
  if (stays) return pieces[first ?? 0]!();
  const take = (s: (typeof sources)[number], from: number) => (s?.from === from ? 16 + s.byte : undefined);
  let value = m.i8x16.shuffle(
    pieces[first ?? 0]!(),
    pieces[second ?? first ?? 0]!(),
    sources.map((s) => (s === undefined ? 0 : s.from === first ? s.byte : (take(s, second ?? -1) ?? 0))),
  );
  for (const from of others) {
    value = m.i8x16.shuffle(
      value,
      pieces[from]!(),
      sources.map((s, i) => take(s, from) ?? i),
    );
  }
  return value;
}

const sum: Spelling = (site, operands) => {
  const { code } = site;
  const { module: m } = code;
  const x = operands[0]!;
  const type = scalarType(x.shape.lane) === 'i64' ? 'i64' : 'i32';
  if (!x.shape.packed) return [x.pieces.map((p) => p()).reduce((total, lane) => m[type].add(total, lane))];
  const shape = type === 'i64' ? 'i64x2' : 'i32x4';
  let total = code.hold(
    binaryen.v128,
    x.pieces.map((p) => p()).reduce((all, piece) => m[shape].add(all, piece)),
  );
  // Halves onto each other until one lane is left.
  for (let bytes = Math.min(16, (x.shape.lanes * x.shape.bits) / 8) / 2; bytes >= x.shape.bits / 8; bytes /= 2) {
    const whole = total;
    const upper = Array.from({ length: 16 }, (_, i) => (i + bytes) % 16);
    total = code.hold(binaryen.v128, m[shape].add(whole(), m.i8x16.shuffle(whole(), whole(), upper)));
  }
  return [m[shape].extract_lane(total(), 0)];
};

const rows: Record<Exclude<Opcode, LaneWiseOpcode>, Spelling> = { dot: spellDot, splat, extract, insert, shuffle, sum };

export function spellAcrossLanes(site: Site, operands: readonly Register[], shape: Shape): readonly Expression[] {
  const { opcode } = site.instruction;
  if (!Object.hasOwn(rows, opcode)) return internalError(`the wasm backend does not spell ${opcode}`);
  return rows[opcode as keyof typeof rows](site, operands, shape);
}

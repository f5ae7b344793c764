// The value of a loop IR register in WebAssembly: its shape and the values that hold it; and the way from v128 values to
// single lanes and back, for what has no vector instruction.
import binaryen from 'binaryen';
import type { Expression, FunctionCode, Piece } from './function-code.ts';
import { type Shape, scalarType, vectorBits } from './shape.ts';
import { wasmTypes } from './site.ts';

export interface Register {
  readonly shape: Shape;
  /** As many as the shape says; each can be read any number of times. */
  readonly pieces: readonly Piece[];
  /** True when a vector of less than 128 bits fills its value again and again, so that filling more with it is free. */
  readonly repeats?: boolean;
}

/** binaryen's type of the values that hold registers of this shape. */
export function pieceType(shape: Shape): binaryen.Type {
  return shape.packed ? binaryen.v128 : wasmTypes[scalarType(shape.lane)];
}

export function holdRegister(
  code: FunctionCode,
  shape: Shape,
  values: readonly Expression[],
  repeats = false,
): Register {
  return { shape, pieces: values.map((value) => code.hold(pieceType(shape), value)), repeats };
}

/** Where lane `l` of a packed register is: which piece, and which of its lanes. */
function placeOf(shape: Shape, l: number): { piece: number; lane: number } {
  const perPiece = vectorBits / shape.bits;
  return { piece: Math.floor(l / perPiece), lane: l % perPiece };
}

/** One lane as a scalar value. */
export function extractLane({ module: m }: FunctionCode, { shape, pieces }: Register, l: number): Expression {
  if (!shape.packed) return pieces[l]!();
  const { piece, lane } = placeOf(shape, l);
  const from = pieces[piece]!();
  switch (shape.lane) {
    case 'i8':
      return m.i8x16.extract_lane_s(from, lane);
    case 'u8':
      return m.i8x16.extract_lane_u(from, lane);
    case 'i16':
      return m.i16x8.extract_lane_s(from, lane);
    case 'i32':
      return m.i32x4.extract_lane(from, lane);
    case 'i64':
      return m.i64x2.extract_lane(from, lane);
    case 'f32':
      return m.f32x4.extract_lane(from, lane);
    case 'bool':
      // Masks are all ones or zeros.
      if (shape.bits === 64) return m.i32.and(m.i32x4.extract_lane(from, 2 * lane), m.i32.const(1));
      if (shape.bits === 32) return m.i32.and(m.i32x4.extract_lane(from, lane), m.i32.const(1));
      if (shape.bits === 16) return m.i32.and(m.i16x8.extract_lane_u(from, lane), m.i32.const(1));
      return m.i32.and(m.i8x16.extract_lane_u(from, lane), m.i32.const(1));
  }
}

/** A scalar value as the bits of one lane: bool becomes a mask. */
function laneValue({ module: m }: FunctionCode, shape: Shape, value: Expression): Expression {
  if (shape.lane !== 'bool') return value;
  const mask = m.i32.sub(m.i32.const(0), value);
  return shape.bits === 64 ? m.i64.extend_s(mask) : mask;
}

/** A v128 value of equal lanes. */
export function splatLane(code: FunctionCode, shape: Shape, value: Expression): Expression {
  const { module: m } = code;
  const lane = laneValue(code, shape, value);
  if (shape.lane === 'f32') return m.f32x4.splat(lane);
  if (shape.bits === 64) return m.i64x2.splat(lane);
  if (shape.bits === 32) return m.i32x4.splat(lane);
  return shape.bits === 16 ? m.i16x8.splat(lane) : m.i8x16.splat(lane);
}

/** A v128 value with one lane replaced. */
function replaceIn(code: FunctionCode, shape: Shape, vector: Expression, at: number, value: Expression): Expression {
  const { module: m } = code;
  const lane = laneValue(code, shape, value);
  if (shape.lane === 'f32') return m.f32x4.replace_lane(vector, at, lane);
  if (shape.bits === 64) return m.i64x2.replace_lane(vector, at, lane);
  if (shape.bits === 32) return m.i32x4.replace_lane(vector, at, lane);
  return shape.bits === 16 ? m.i16x8.replace_lane(vector, at, lane) : m.i8x16.replace_lane(vector, at, lane);
}

/** The register with lane `l` replaced. */
export function replaceLane(
  code: FunctionCode,
  { shape, pieces }: Register,
  l: number,
  value: Expression,
): Expression[] {
  if (!shape.packed) return pieces.map((p, i) => (i === l ? value : p()));
  const { piece, lane } = placeOf(shape, l);
  return pieces.map((p, i) => (i === piece ? replaceIn(code, shape, p(), lane, value) : p()));
}

/** The lanes of a register as scalar values to be read any number of times. */
export function lanesOfRegister(code: FunctionCode, register: Register): readonly Piece[] {
  const { shape, pieces } = register;
  if (!shape.packed) return pieces;
  const type = wasmTypes[scalarType(shape.lane)];
  return Array.from({ length: shape.lanes }, (_, l) => code.hold(type, extractLane(code, register, l)));
}

/** A register of this shape from its lanes as scalar values. */
export function registerOfLanes(code: FunctionCode, shape: Shape, lanes: readonly Expression[]): Expression[] {
  if (!shape.packed) return [...lanes];
  const perPiece = Math.min(shape.lanes, vectorBits / shape.bits);
  return Array.from({ length: shape.pieces }, (_, p) => {
    const [first, ...rest] = lanes.slice(p * perPiece, (p + 1) * perPiece);
    return rest.reduce<Expression>(
      (vector, lane, i) => replaceIn(code, shape, vector, i + 1, lane),
      splatLane(code, shape, first!),
    );
  });
}

// How a register of the loop IR lies in WebAssembly values. Scalars are themselves (bool as 0 or 1 in i32). Vectors of 2,
// 4, 8 ... 64 lanes are v128 values where the module may use SIMD: the lanes of a shorter one are the low ones, and what
// lies above them is anything. All other vectors are one value for each lane.
import type { Lane, LoopType } from '../../ir/loops/types.ts';
import { laneOf, lanesOf } from '../../ir/loops/types.ts';

/** Type of the value that holds one lane on its own. Small integers are sign- or zero-extended to i32. */
export type ScalarType = 'i32' | 'i64' | 'f32';

export interface Shape {
  readonly lane: Lane;
  readonly lanes: number;
  /** True for v128 values, false for one scalar value per lane. */
  readonly packed: boolean;
  /** Bits from one lane to the next in a packed register. */
  readonly bits: number;
  /** Values that hold the register. */
  readonly pieces: number;
}

const laneBits: Readonly<Record<Exclude<Lane, 'bool'>, number>> = { i8: 8, u8: 8, i16: 16, i32: 32, f32: 32, i64: 64 };

export const vectorBits = 128;

/**
 * Bits of a lane in a packed register. Lanes of bool are masks (all ones or zeros) as wide as fill one v128, so that
 * four of them fit comparisons of i32 and f32 as they are.
 */
function bitsOf(lane: Lane, lanes: number): number {
  return lane === 'bool' ? Math.min(64, Math.max(8, vectorBits / lanes)) : laneBits[lane];
}

/** Values that hold `lanes` lanes of `bits` bits. */
export function chunksOf(lanes: number, bits: number): number {
  return Math.max(1, (lanes * bits) / vectorBits);
}

export function shapeOf(type: LoopType, simd: boolean): Shape {
  const [lane, lanes] = [laneOf(type), lanesOf(type)];
  const packed = simd && lanes > 1 && Number.isInteger(Math.log2(lanes));
  if (!packed) return { lane, lanes, packed, bits: 0, pieces: lanes };
  const bits = bitsOf(lane, lanes);
  return { lane, lanes, packed, bits, pieces: chunksOf(lanes, bits) };
}

export function scalarType(lane: Lane): ScalarType {
  return lane === 'i64' || lane === 'f32' ? lane : 'i32';
}

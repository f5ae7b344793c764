// Types, buffers and values of the loop IR: scalars and short vectors in registers, typed flat buffers in memory.
import type { ElementType } from '../types.ts';

/**
 * A register type: a scalar (`bool i32 i64 f32`) or a vector `LANExCOUNT` with lanes of
 * `bool i8 u8 i16 i32 i64 f32`, for example `i32x4` or `i8x16`. Small integers exist only in buffers and vector lanes:
 * a scalar load widens them to i32.
 */
export type LoopType = string;

export type Lane = 'bool' | 'i8' | 'u8' | 'i16' | 'i32' | 'i64' | 'f32';

const scalarLanes: readonly Lane[] = ['bool', 'i32', 'i64', 'f32'];
const vectorLanes: readonly Lane[] = ['bool', 'i8', 'u8', 'i16', 'i32', 'i64', 'f32'];
/** Vectors have 2 to 128 lanes: 1024 bits of bytes (Hexagon HVX). */
export const maxLanes = 128;

interface Split {
  readonly lane: Lane;
  readonly lanes: number;
}

const splits = new Map<string, Split | undefined>();

function parseLoopType(type: string): Split | undefined {
  const match = /^(bool|i8|u8|i16|i32|i64|f32)(?:x([0-9]{1,3}))?$/.exec(type);
  if (match === null) return undefined;
  const lane = match[1] as Lane;
  if (match[2] === undefined) return scalarLanes.includes(lane) ? { lane, lanes: 1 } : undefined;
  const lanes = Number(match[2]);
  return lanes >= 2 && lanes <= maxLanes && vectorLanes.includes(lane) ? { lane, lanes } : undefined;
}

function split(type: LoopType): Split | undefined {
  if (!splits.has(type)) splits.set(type, parseLoopType(type));
  return splits.get(type);
}

export function isLoopType(text: string): boolean {
  return split(text) !== undefined;
}

/** Lane type: of a scalar, itself. */
export function laneOf(type: LoopType): Lane {
  const s = split(type);
  if (s === undefined) throw new Error(`not a loop type: ${type}`);
  return s.lane;
}

/** Number of lanes; 1 for a scalar. */
export function lanesOf(type: LoopType): number {
  const s = split(type);
  if (s === undefined) throw new Error(`not a loop type: ${type}`);
  return s.lanes;
}

/** The type with this lane and count. */
export function loopType(lane: Lane, lanes = 1): LoopType {
  return lanes === 1 ? lane : `${lane}x${lanes}`;
}

/** What a buffer is to its kernel. */
export type BufferRole = 'in' | 'out' | 'inout' | 'const' | 'scratch';

/**
 * A parameter of a kernel: `length` elements in memory. A call may place an `out` buffer over an `in` one (the planner
 * does, where the operator allows it), so generated code must not assume that they are apart.
 */
export interface Buffer {
  readonly name: string;
  readonly element: ElementType;
  readonly length: number;
  /** True where calls pass shorter ones too, and scalars that say so: `length` is that of the longest. */
  readonly varies?: true;
  readonly role: BufferRole;
  /**
   * The order in which a constant was packed, when it is not the row-major order of its tensor: for example `n4k4`. The
   * verifier refuses a call whose argument is packed otherwise than the kernel reads.
   */
  readonly packing?: string;
}

/** The register type that a scalar load of this element gives: small integers widen to i32. */
export function loadedType(element: ElementType): 'i32' | 'i64' | 'f32' {
  switch (element) {
    case 'f32':
      return 'f32';
    case 'i64':
      return 'i64';
    case 'f16':
      throw new Error('f16 buffers are converted before loops are made');
    default:
      return 'i32';
  }
}

/** The lane type that a vector load of this element gives. */
export function laneOfElement(element: ElementType): Lane {
  switch (element) {
    case 'f16':
      throw new Error('f16 buffers are converted before loops are made');
    case 'i4':
      return 'i8';
    case 'bool':
      return 'u8';
    default:
      return element;
  }
}

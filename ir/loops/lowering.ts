// What an operator's file says of its computation, before a schedule says how: an elementwise map, a contraction, or
// plain loops. passes/schedule turns each into a kernel for a target; it sees axes and accesses, never operator names.
import type { Requantization } from '../attributes.ts';
import type { TensorArray } from '../tensor-data.ts';
import type { ElementType } from '../types.ts';
import type { LoopBuilder } from './builder.ts';
import type { LoopValue } from './kernel.ts';
import type { Buffer } from './types.ts';

/**
 * Every element of the result is a function of its index. `body` may be called several times (a schedule that unrolls
 * or blocks does) and must only read buffers, never store.
 */
export interface MapLowering {
  readonly kind: 'map';
  readonly result: Buffer;
  /** The iteration space. One dimension when only the flat position matters (elementwise on equal shapes). */
  readonly shape: readonly number[];
  /** Where element `index` goes: offset + sum of index[d] * strides[d]. Absent: row-major from 0. */
  readonly place?: { readonly offset: number; readonly strides: readonly number[] };
  /** The element at `index`; `flat` is its row-major position. Small integers are stored as their low bits. */
  body(b: LoopBuilder, index: readonly LoopValue[], flat: LoopValue): LoopValue;
  /**
   * Present where the body does nothing but read another buffer at offset + sum of index[d] * strides[d]: a schedule may
   * move runs of elements unseen, and memory planning may let one buffer stand for a part of the other.
   */
  readonly copies?: { readonly source: Buffer; readonly offset: number; readonly strides: readonly number[] };
}

/** One axis of a contraction's iteration space. */
export interface Axis {
  readonly name: string;
  readonly extent: number;
  readonly role: 'parallel' | 'reduce';
}

/** An affine form over axes: offset + sum of coefficient * axis (axes by position). */
export interface Affine {
  readonly terms: readonly (readonly [axis: number, coefficient: number])[];
  readonly offset: number;
}

/** The form offset + sum of coefficient * axis over `terms`. */
export function affine(offset: number, ...terms: (readonly [axis: number, coefficient: number])[]): Affine {
  return { offset, terms };
}

/**
 * How a contraction reads or writes a buffer: one affine index per dimension of a row-major `shape`. Where an index can
 * leave [0, extent) of its dimension (padding), the point contributes nothing. `base` is added to the flat position.
 */
export interface Access {
  readonly buffer: Buffer;
  readonly shape: readonly number[];
  readonly index: readonly Affine[];
  readonly base?: number;
}

/**
 * result[parallel axes] = epilogue(bias + sum over reduce axes of (input - inputZero) * (weights - weightsZero)).
 * What linalg.generic in MLIR and a Func in Halide say, for the one operation that matters. Reduction runs in the order
 * of the axes; for f32 that order is the meaning. Beside an f32 input, weights may be integers of up to 16 bits, which are
 * converted as they are loaded; `weightsZero` is 0 then.
 */
export interface ContractionLowering {
  readonly kind: 'contraction';
  readonly axes: readonly Axis[];
  readonly input: Access;
  readonly weights: Access;
  readonly result: Access;
  readonly inputZero: number;
  readonly weightsZero: number;
  /** Starts the accumulator; converted to its type (i32 to i64). Absent: 0. */
  readonly bias?: Access;
  /** Where the bias of an f32 contraction enters: TensorFlow Lite adds it after the sum. */
  readonly biasLast?: boolean;
  readonly accumulator: 'i32' | 'i64' | 'f32';
  /** The result's element from the finished accumulator; `index` has a value for each parallel axis (by axis position). */
  epilogue(b: LoopBuilder, accumulator: LoopValue, index: readonly (LoopValue | undefined)[]): LoopValue;
}

/** Loops that the operator writes itself: recurrences, rows that need two passes. */
export interface LoopsLowering {
  readonly kind: 'loops';
  body(b: LoopBuilder): void;
}

export type Lowering = MapLowering | ContractionLowering | LoopsLowering;

/** Every accumulator of a channel lies here, both ends included. */
export interface AccumulatorRange {
  readonly min: number;
  readonly max: number;
}

/** What is proved of i32 accumulators before they are requantized. */
export interface AccumulatorKnowledge {
  /** One for each factor of the requantization. */
  readonly ranges: readonly AccumulatorRange[];
  /** True where the lowering can take {@link RequantizationCode.centers} off accumulators, in their bias. */
  readonly movable: boolean;
}

/** Requantizes accumulators; made once per kernel so that its tables are shared by all elements. */
export interface RequantizationCode {
  /** What must have been taken off every accumulator of a channel: one number for each factor. Absent: nothing. */
  readonly centers?: Int32Array | undefined;
  /** i32 results. `channel` picks the factor (ignored where there is one for all); lanes are consecutive channels. */
  emit(b: LoopBuilder, accumulator: LoopValue, channel: LoopValue): LoopValue;
}

/** An operand of {@link RescaledPair}: the integers that it takes, and the one that stands for zero. */
export interface PairOperand {
  readonly min: number;
  readonly max: number;
  readonly zero: number;
}

/** About factors[0] * (a - zero_a) + factors[1] * (b - zero_b), rounded and clamped: sums of quantized numbers. */
export interface RescaledPair {
  readonly operands: readonly [PairOperand, PairOperand];
  readonly factors: readonly [number, number];
  readonly zero: number;
  readonly clamp: readonly [number, number];
  /** The very result of a pair of integers, which alone counts. */
  exact(a: number, b: number): number;
}

/** What a lowering may ask for beside its operands and results. */
export interface LoweringBuffers {
  /** The buffer of operand `i`; throws for an absent optional operand. */
  operand(i: number): Buffer;
  result(i: number): Buffer;
  /** A constant table that the compiler writes beside the weights. */
  constant(name: string, element: ElementType, data: TensorArray): Buffer;
  /** How accumulators (i32 or i64) become integers of another scale. `known` allows cheaper forms with equal results. */
  requantization(r: Requantization, known?: AccumulatorKnowledge): RequantizationCode;
  /** Code for the sum of two i32, or undefined where the target has none that is cheap and equal on all pairs. */
  rescaledPair(pair: RescaledPair): ((b: LoopBuilder, x: LoopValue, y: LoopValue) => LoopValue) | undefined;
  /** Working memory of `length` elements, planned into the arena for the time of the operator. */
  scratch(name: string, element: ElementType, length: number): Buffer;
}

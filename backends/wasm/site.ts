// One computing instruction on its way to WebAssembly: what a spelling reads beside the operands' values.
import binaryen from 'binaryen';
import type { ComputeInstruction, LoopValue } from '../../ir/loops/kernel.ts';
import type { LaneValue, Opcode } from '../../ir/loops/opcodes.ts';
import { exactRange, type Range } from '../../ir/loops/range-rules.ts';
import { type Lane, laneOf } from '../../ir/loops/types.ts';
import type { Expression, FunctionCode } from './function-code.ts';
import type { ScalarType } from './shape.ts';

export interface Site {
  readonly code: FunctionCode;
  readonly instruction: ComputeInstruction;
  /** Intervals of the operands. */
  readonly ranges: readonly Range[];
  /** The interval of the result before it wraps. */
  readonly exact: Range;
  /** Lane of the operands; of `select`, of what is selected. */
  readonly from: Lane;
  /** Lane of the result. */
  readonly to: Lane;
  /** True where the module may use relaxed SIMD. */
  readonly relaxed: boolean;
}

export function siteOf(
  code: FunctionCode,
  x: ComputeInstruction,
  rangeOf: (v: LoopValue) => Range,
  relaxed: boolean,
): Site {
  const ranges = x.operands.map(rangeOf);
  const types = x.operands.map((o) => o.type);
  const exact = exactRange(x.opcode, ranges, types, x.result.type, x.immediates);
  const from = laneOf(types[x.opcode === 'select' ? 1 : 0] ?? x.result.type);
  return { code, instruction: x, ranges, exact, from, to: laneOf(x.result.type), relaxed };
}

/** Opcodes that work lane by lane. */
export type LaneWiseOpcode = Exclude<Opcode, 'dot' | 'splat' | 'extract' | 'insert' | 'shuffle' | 'sum'>;

/** binaryen's number of a scalar type. */
export const wasmTypes: Readonly<Record<ScalarType, binaryen.Type>> = {
  i32: binaryen.i32,
  i64: binaryen.i64,
  f32: binaryen.f32,
};

/** A constant of a scalar type. */
export function constant(m: binaryen.Module, type: ScalarType, value: LaneValue): Expression {
  if (type === 'i64') return m.i64.const(BigInt(value));
  return type === 'f32' ? m.f32.const(Number(value)) : m.i32.const(Number(value));
}

/** True when an operand with this interval can hold the value. */
export function mayBe(range: Range | undefined, value: number): boolean {
  return range === undefined || (range.min <= value && value <= range.max);
}

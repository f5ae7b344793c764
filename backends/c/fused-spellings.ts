// Opcodes in a row that are one function in C: the limits of a clamp, and a requantization with its zero point.
import type { ComputeInstruction, LoopValue } from '../../ir/loops/kernel.ts';
import { fullRange, type Range } from '../../ir/loops/range-rules.ts';
import { laneOf } from '../../ir/loops/types.ts';
import { type Code, call } from './code.ts';
import type { Support } from './support.ts';

/** What the printer knows of values. */
export interface ValueCodes {
  readonly support: Support;
  code(v: LoopValue): Code;
  /** True when the value's computation is printed where it is used. */
  isInline(v: LoopValue): boolean;
  rangeOf(v: LoopValue): Range;
}

/** The whole of a clamp or of a requantization with its zero point; undefined for anything else. */
export function spellFused(x: ComputeInstruction, values: ValueCodes): Code | undefined {
  return clamp(x, values) ?? requantizeOnto(x, values);
}

/** The number that a value always is. */
function constantOf(v: LoopValue | undefined): number | undefined {
  return v?.definition?.kind === 'const' ? Number(v.definition.value) : undefined;
}

/** The instruction of this opcode behind a value, where it is printed in place. */
function inlined(v: LoopValue | undefined, opcode: string, values: ValueCodes): ComputeInstruction | undefined {
  const x = v?.definition;
  return x?.kind === 'compute' && x.opcode === opcode && values.isInline(x.result) ? x : undefined;
}

/** min(max(x, low), high) with constant limits is clamp(x, low, high), which is defined as just that. */
function clamp(x: ComputeInstruction, values: ValueCodes): Code | undefined {
  if (x.opcode !== 'min') return undefined;
  const [raised, high] = x.operands;
  const inner = inlined(raised, 'max', values);
  const [value, low] = inner?.operands ?? [];
  if (value === undefined || low === undefined || high === undefined) return undefined;
  const limits = [constantOf(low), constantOf(high)];
  if (limits.includes(undefined)) return undefined;
  const lane = laneOf(x.result.type);
  if (lane === 'i32' && limits[0] === -128 && limits[1] === 127) {
    return call(values.support.use('clamp_i8'), [values.code(value)]);
  }
  return call(
    values.support.use(`clamp_${lane}`),
    [value, low, high].map((v) => values.code(v)),
  );
}

/**
 * requantize(acc) + zero, where the zero point can be added before the last shift: acc below 2^30 in magnitude, shifts
 * to the right, and (2 zero + 1) * 2^(n - 1) below 2^30.
 */
function requantizeOnto(x: ComputeInstruction, values: ValueCodes): Code | undefined {
  if (x.opcode !== 'add') return undefined;
  const [sum, added] = x.operands;
  const zero = constantOf(added);
  const inner = inlined(sum, 'requantize', values);
  const [acc, multiplier, shift] = inner?.operands ?? [];
  if (acc === undefined || multiplier === undefined || shift === undefined || added === undefined) return undefined;
  if (zero === undefined || inner?.immediates.rounding !== 'double' || laneOf(acc.type) !== 'i32') return undefined;
  const [a, m, s] = [acc, multiplier, shift].map((v) => values.rangeOf(v) ?? fullRange('i32')) as [Range, Range, Range];
  const limit = 2 ** 30 - 1;
  const small = a.min >= -limit && a.max <= limit && m.min >= 0 && s.max <= -1 && s.min >= -31;
  if (!small || Math.abs(2 * zero + 1) * 2 ** (-s.min - 1) > limit) return undefined;
  const name = values.support.use('requantize_double_onto');
  return call(
    name,
    [acc, multiplier, shift, added].map((v) => values.code(v)),
  );
}

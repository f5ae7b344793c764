// Folds what intervals decide: comparisons that always come out one way (and with them branches never taken), limits
// that are never reached, conversions that never saturate. Lowerings so can be written for the general case.
import type { LoopBuilder } from './builder.ts';
import type { ComputeInstruction, Kernel, LoopValue } from './kernel.ts';
import type { Opcode } from './opcodes.ts';
import { fitsLane, fullRange, type Range } from './range-rules.ts';
import type { KernelRanges } from './ranges.ts';
import { rebuildKernel } from './rebuild.ts';
import { laneOf, lanesOf } from './types.ts';

/** The same kernel for all contents that its ranges were computed from. */
export function foldRanges(kernel: Kernel, ranges: KernelRanges): Kernel {
  const rangeOf = (v: LoopValue): Range => ranges.values.get(v) ?? fullRange(laneOf(v.type));
  return rebuildKernel(kernel, {
    compute(x, operands, b) {
      return (
        constantResult(x, rangeOf, b) ??
        operandResult(x, operands, rangeOf) ??
        withoutSaturation(x, operands, rangeOf, b)
      );
    },
  });
}

/** An integer result that can be only one number. */
function constantResult(
  x: ComputeInstruction,
  rangeOf: (v: LoopValue) => Range,
  b: LoopBuilder,
): LoopValue | undefined {
  const { type } = x.result;
  const lane = laneOf(type);
  if (lanesOf(type) > 1 || lane === 'f32') return undefined;
  const [p, q] = x.operands;
  const reflexive = p === q && p !== undefined && laneOf(p.type) !== 'f32' ? ofEquals[x.opcode] : undefined;
  const { min, max } = rangeOf(x.result);
  const value = reflexive ?? (min === max && fitsLane({ min, max }, lane) ? min : undefined);
  return value === undefined ? undefined : b.constant(lane === 'i64' ? BigInt(value) : value, type);
}

/** Comparisons of an integer with itself. */
const ofEquals: Partial<Record<Opcode, number>> = { eq: 1, le: 1, ge: 1, ne: 0, lt: 0, gt: 0 };

/** A result that always is one of the operands. */
function operandResult(
  x: ComputeInstruction,
  operands: readonly LoopValue[],
  rangeOf: (v: LoopValue) => Range,
): LoopValue | undefined {
  const [p, q, r] = x.operands;
  const [a, b, c] = operands;
  if (p === undefined || q === undefined) return undefined;
  const [rp, rq] = [rangeOf(p), rangeOf(q)];
  const isBool = laneOf(x.result.type) === 'bool';
  switch (x.opcode) {
    case 'min':
    case 'max': {
      if (laneOf(p.type) === 'f32') return undefined;
      const [lower, upper] = x.opcode === 'min' ? [a, b] : [b, a];
      return rp.max <= rq.min ? lower : rq.max <= rp.min ? upper : undefined;
    }
    case 'and':
      return !isBool ? undefined : rp.min === 1 ? b : rq.min === 1 ? a : undefined;
    case 'or':
      return !isBool ? undefined : rp.max === 0 ? b : rq.max === 0 ? a : undefined;
    case 'select':
      return r === undefined ? undefined : rp.min === 1 ? b : rp.max === 0 ? c : undefined;
    default:
      return undefined;
  }
}

/** A saturating conversion of values that fit is a plain one. */
function withoutSaturation(
  x: ComputeInstruction,
  operands: readonly LoopValue[],
  rangeOf: (v: LoopValue) => Range,
  b: LoopBuilder,
): LoopValue | undefined {
  const [from] = x.operands;
  const [now] = operands;
  if (x.opcode !== 'narrow' || from === undefined || now === undefined) return undefined;
  return fitsLane(rangeOf(from), laneOf(x.result.type)) ? b.convert(now, x.result.type) : undefined;
}

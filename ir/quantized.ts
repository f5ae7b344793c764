// From quantized types to integer parameters: multipliers, zero points and clamps as TensorFlow Lite derives them, and
// the loop code that applies them. Operators' integer forms share this; the arithmetic itself is in numerics.ts.
import type { Requantization, Rounding } from './attributes.ts';
import { rule } from './define-op.ts';
import type { LoopBuilder } from './loops/builder.ts';
import type { LoopValue } from './loops/kernel.ts';
import type { LoweringBuffers, RequantizationCode } from './loops/lowering.ts';
import { type Buffer, laneOf, lanesOf, loopType } from './loops/types.ts';
import {
  INT32_MAX,
  INT32_MIN,
  quantizeMultiplier,
  reduceMultiplier,
  roundHalfAway,
  saturate,
  saturateI32,
} from './numerics.ts';
import { integerRange, type Quantization, type TensorType } from './types.ts';

/** A real interval that results are limited to: a fused activation. */
export type Bounds = readonly [number, number];

/** No fused activation. */
export const unbounded: Bounds = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

/** The quantization of a type that must have one. */
export function quantOf(type: TensorType, what: string): Quantization {
  rule(type.quant !== undefined, `needs a quantized ${what}`);
  return type.quant;
}

/** Scale and zero point of a type quantized as a whole. */
export function scaleAndZero(type: TensorType, what: string): { scale: number; zero: number } {
  const q = quantOf(type, what);
  rule(q.axis === undefined || q.scale.length === 1, `needs one scale for the whole ${what}`);
  return { scale: q.scale[0]!, zero: q.zero[0]! };
}

/**
 * The integer limits that a fused activation gives the result: the real bounds divided by the scale in f32 and rounded
 * half away from zero, then limited to the type (TensorFlow Lite kernel_util.cc, CalculateActivationRangeQuantized).
 */
export function quantizedBounds(type: TensorType, bounds: Bounds): [number, number] {
  const { min, max } = integerRange(type.element);
  const { scale, zero } = scaleAndZero(type, 'result');
  const toInteger = (x: number) => saturate(zero + roundHalfAway(Math.fround(x / scale)), min, max);
  const low = Number.isFinite(bounds[0]) ? toInteger(bounds[0]) : min;
  const high = Number.isFinite(bounds[1]) ? toInteger(bounds[1]) : max;
  return [low, Math.max(low, high)];
}

/**
 * Requantization by real factors (f64, one per channel or one) into a quantized type.
 * `wide` says that the accumulator has 64 bits: TensorFlow Lite then uses a 16-bit multiplier and one rounding.
 */
export function requantizationFor(
  factors: readonly number[],
  result: TensorType,
  bounds: Bounds,
  rounding: Rounding,
  wide = false,
): Requantization {
  const { zero } = scaleAndZero(result, 'result');
  const clamp = quantizedBounds(result, bounds);
  if (rounding === 'half-even') {
    return { multiplier: [], shift: [], scale: factors.map(Math.fround), rounding, zero, clamp };
  }
  const parts = factors.map(quantizeMultiplier);
  return {
    multiplier: parts.map((p) => (wide ? reduceMultiplier(p.multiplier) : p.multiplier)),
    shift: parts.map((p) => p.shift),
    scale: [],
    rounding: wide ? 'single' : rounding,
    zero,
    clamp,
  };
}

/** A 64-bit accumulator saturated to 32 bits, as `half-even` takes it (docs/numerics.md); any other as it is. */
function narrowed(b: LoopBuilder, accumulator: LoopValue): LoopValue {
  if (laneOf(accumulator.type) !== 'i64') return accumulator;
  const lanes = lanesOf(accumulator.type);
  const limit = (value: number) => b.constant(value, loopType('i64', lanes));
  const limited = b.min(b.max(accumulator, limit(INT32_MIN)), limit(INT32_MAX));
  return b.convert(limited, loopType('i32', lanes));
}

/** clamp(x + zero) of any i32: limited before the sum, which then cannot pass 32 bits. */
function withZeroPoint(b: LoopBuilder, x: LoopValue, { zero, clamp: [low, high] }: Requantization): LoopValue {
  const sum = b.add(b.clamp(x, saturateI32(low - zero), saturateI32(high - zero)), zero);
  const isWhole = low - zero <= INT32_MAX && high - zero >= INT32_MIN;
  return isWhole ? sum : b.clamp(sum, low, high);
}

/** A requantization in the integers (for `half-even`, the f32) that the contract states it in, with its constant tables. */
export function requantizationCode(r: Requantization, buffers: Pick<LoweringBuffers, 'constant'>): RequantizationCode {
  if (r.rounding === 'half-even') {
    const [only] = r.scale;
    const table = r.scale.length > 1 ? buffers.constant('scale', 'f32', Float32Array.from(r.scale)) : undefined;
    return {
      emit(b, accumulator, channel) {
        const lanes = lanesOf(accumulator.type);
        const factor = table === undefined ? b.constant(only!, loopType('f32', lanes)) : b.load(table, channel, lanes);
        return withZeroPoint(b, b.compute('scale', [narrowed(b, accumulator), factor]), r);
      },
    };
  }
  const rounding = r.rounding;
  const one = r.multiplier.length === 1;
  const multipliers = one ? undefined : buffers.constant('multiplier', 'i32', Int32Array.from(r.multiplier));
  const sameShift = r.shift.every((s) => s === r.shift[0]);
  const shifts = one || sameShift ? undefined : buffers.constant('shift', 'i8', Int8Array.from(r.shift));
  return {
    emit(b, accumulator, channel) {
      const lanes = lanesOf(accumulator.type);
      const type = loopType('i32', lanes);
      const read = (table: Buffer | undefined, value: number) =>
        table === undefined ? b.constant(value, type) : b.convert(b.load(table, channel, lanes), type);
      const [multiplier, shift] = [read(multipliers, r.multiplier[0]!), read(shifts, r.shift[0]!)];
      return b.clamp(b.add(b.requantize(accumulator, multiplier, shift, rounding), r.zero), r.clamp[0], r.clamp[1]);
    },
  };
}

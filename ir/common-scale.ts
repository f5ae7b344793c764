// Two quantized operands on one scale, as TensorFlow Lite's quantized ADD, SUB and SQUARED_DIFFERENCE bring them there:
// shifted left for spare bits, then multiplied by a factor below one.
import { attr, type Requantization } from './attributes.ts';
import { rule } from './define-op.ts';
import type { LoopBuilder } from './loops/builder.ts';
import type { LoopValue } from './loops/kernel.ts';
import type { PairOperand, RescaledPair } from './loops/lowering.ts';
import { applyRequantization, factorOf, quantizeMultiplier, requantizeScalar } from './numerics.ts';
import { scaleAndZero } from './quantized.ts';
import { type ElementType, integerRange, type TensorType } from './types.ts';

/** Attributes of operators whose operands are rescaled. */
export const commonScaleAttributes = {
  left_shift: attr.int({ min: 0, max: 30, doc: 'Spare bits that operands are shifted left by.' }),
  zeros: attr.ints({ length: 2, doc: 'Zero points of a and b.' }),
  multipliers: attr.ints({ length: 2, min: 0, doc: '31-bit multipliers of a and b.' }),
  shifts: attr.ints({ length: 2, min: -31, doc: 'Exponents of the multipliers; at most 30.' }),
};

export interface CommonScale {
  readonly left_shift: number;
  readonly zeros: readonly number[];
  readonly multipliers: readonly number[];
  readonly shifts: readonly number[];
}

/** What the attributes' kinds cannot say. */
export function checkCommonScale({ shifts }: CommonScale): void {
  rule(
    shifts.every((s) => s <= 30),
    'has a shift above 30',
  );
}

/** The attributes for operands of these types that are multiplied by these factors. */
export function commonScale(types: readonly TensorType[], factors: readonly number[], leftShift: number): CommonScale {
  const parts = factors.map(quantizeMultiplier);
  return {
    left_shift: leftShift,
    zeros: types.map((t) => scaleAndZero(t, 'operand').zero),
    multipliers: parts.map((p) => p.multiplier),
    shifts: parts.map((p) => p.shift),
  };
}

/** round(((x - zero) << left_shift) * multiplier * 2^(shift - 31)) of operand `i`. */
export function rescaled(x: number, i: number, scale: CommonScale, rounding: 'double' | 'single'): number {
  const factor = { multiplier: scale.multipliers[i]!, shift: scale.shifts[i]!, scale: 0 };
  return requantizeScalar((x - scale.zeros[i]!) << scale.left_shift, rounding, factor);
}

/** The same as loop code. */
export function rescaledCode(
  b: LoopBuilder,
  x: LoopValue,
  i: number,
  scale: CommonScale,
  rounding: 'double' | 'single',
): LoopValue {
  const shifted = b.shl(b.sub(x, scale.zeros[i]!), scale.left_shift);
  return b.requantize(shifted, scale.multipliers[i]!, scale.shifts[i]!, rounding);
}

/**
 * The requantized sum (or difference) of two rescaled operands, for forms that are compared on every pair: operands of
 * 8 bits, else undefined.
 */
export function rescaledSum(
  scale: CommonScale,
  subtract: boolean,
  requant: Requantization & { readonly rounding: 'double' | 'single' },
  elements: readonly [ElementType, ElementType],
): RescaledPair | undefined {
  if (!elements.every((e) => e === 'i8' || e === 'u8')) return undefined;
  const { rounding, zero, clamp } = requant;
  const operand = (i: 0 | 1): PairOperand => ({ ...integerRange(elements[i]), zero: scale.zeros[i]! });
  const operands = [operand(0), operand(1)] as const;
  const real = (multiplier: number, shift: number) => multiplier * 2 ** (shift - 31);
  const { multiplier, shift } = factorOf(requant, 0);
  const factor = (i: 0 | 1) =>
    real(scale.multipliers[i]!, scale.shifts[i]!) * 2 ** scale.left_shift * real(multiplier, shift);
  const parts = operands.map(({ min, max }, i) =>
    Int32Array.from({ length: max - min + 1 }, (_, x) => rescaled(min + x, i, scale, rounding)),
  );
  const part = (i: 0 | 1, x: number) => parts[i]![x - operands[i].min]!;
  return {
    operands,
    factors: [factor(0), subtract ? -factor(1) : factor(1)],
    zero,
    clamp,
    exact(a, b) {
      const sum = subtract ? part(0, a) - part(1, b) : part(0, a) + part(1, b);
      return applyRequantization(sum | 0, requant, 0);
    },
  };
}

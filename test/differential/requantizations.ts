// Random requantizations, as the integer forms of operators carry them: ordinary factors that bring accumulators to the
// range of the result, and extreme ones that saturate, vanish, shift left or clamp to a point.
import type { Requantization, Rounding } from '../../ir/attributes.ts';
import { quantizeMultiplier } from '../../ir/numerics.ts';
import { type ElementType, integerRange } from '../../ir/types.ts';
import type { Draw } from './draw.ts';

/** Limits of results within the element type: all of it most of the time, else a part, down to one value. */
function limits(draw: Draw, element: ElementType, zero: number): readonly [number, number] {
  const { min, max } = integerRange(element);
  return draw.weighted<() => readonly [number, number]>([
    [6, () => [min, max]],
    [3, () => [Math.max(min, Math.min(zero, max)), max]],
    [
      2,
      () => {
        const low = draw.int(min, max);
        return [low, draw.int(low, max)];
      },
    ],
  ])();
}

/**
 * Factors for accumulators of about this magnitude.
 * @param factors how many: one, or one per channel.
 */
export function requantization(
  draw: Draw,
  rounding: Rounding,
  result: ElementType,
  magnitude: number,
  factors = 1,
): Requantization {
  const { min, max } = integerRange(result);
  const zero = draw.chance(0.7) ? draw.int(Math.max(min, -128), Math.min(max, 255)) : draw.pick([min, 0, max]);
  const clamp = limits(draw, result, zero);
  const middle = (max - min) / 2 / Math.max(1, magnitude);
  const wild = draw.chance(0.12);
  const real = () => middle * 2 ** (wild ? draw.real(-24, 16) : draw.real(-2, 2));
  const reals = Array.from({ length: factors }, real);
  if (rounding === 'half-even') {
    return { multiplier: [], shift: [], scale: reals.map(Math.fround), rounding, zero, clamp };
  }
  const parts = reals.map((r) => quantizeMultiplier(Math.min(r, 2 ** 29)));
  const multiplier = parts.map((p) => (draw.chance(0.03) ? draw.pick([0, 1, 2 ** 30, 2 ** 31 - 1]) : p.multiplier));
  // Powers of two make ties, and every channel of one shift is a form of its own.
  if (draw.chance(0.1)) multiplier.fill(2 ** 30);
  const shift = parts.map((p) => p.shift);
  if (draw.chance(0.3)) shift.fill(shift[0] ?? 0);
  return { multiplier, shift, scale: [], rounding, zero, clamp };
}

/** Real bounds of a fused activation. */
export function activation(draw: Draw): readonly [number, number] {
  return draw.weighted<() => readonly [number, number]>([
    [6, () => [-Infinity, Infinity]],
    [3, () => [0, Infinity]],
    [2, () => [0, 6]],
    [1, () => [-1, 1]],
    [
      1,
      () => {
        const low = draw.real(-4, 4);
        return [low, low + draw.real(0, 4)];
      },
    ],
  ])();
}

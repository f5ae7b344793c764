// Decides whether all channels of a layer can be requantized in f32, and with which tables: the cheapest form in which
// every channel is proved equal.
import type { Requantization } from '../../../ir/attributes.ts';
import type { AccumulatorRange } from '../../../ir/loops/lowering.ts';
import { factorOf } from '../../../ir/numerics.ts';
import { type FittedFactor, type FloatKind, fitOffset, fitScale, type OffsetPlace } from './float-fit.ts';
import { type Claim, staysSmall } from './float-form.ts';
import { type IntegerFactor, staircase } from './staircase.ts';

/** One form for all channels. */
export interface FloatPlan {
  readonly kind: FloatKind;
  /** Where offsets from a table are added; undefined: they are late powers of two. */
  readonly table: OffsetPlace | undefined;
  /** Added to results. */
  readonly middle: number;
  /** One for each factor of the requantization. */
  readonly factors: readonly FittedFactor[];
}

/** Rounded numbers are less than 2^22 in magnitude: with such a zero point they stay far from the end of 32 bits. */
const greatestZero = 2 ** 24;

/** Longer clamps have too many steps to check. */
const mostLevels = 1024;

/**
 * The f32 form of a requantization whose accumulators lie in these ranges: one for each factor. `movable` says that a
 * constant may be taken off accumulators where they start. Undefined where some channel has no form that is proved.
 */
export function planFloat(
  r: Requantization,
  ranges: readonly AccumulatorRange[],
  movable: boolean,
): FloatPlan | undefined {
  const [low, high] = [r.clamp[0] - r.zero, r.clamp[1] - r.zero];
  if (high - low > mostLevels || low > high || Math.abs(r.zero) > greatestZero) return undefined;
  const { rounding } = r;
  if (rounding === 'half-even') return nativePlan(r, ranges);
  const factors = ranges.map((_, c): IntegerFactor => ({ ...factorOf(r, c), rounding }));
  const claims: Claim[] = [];
  for (const [c, range] of ranges.entries()) {
    const stairs = staircase(factors[c]!, range, low, high);
    if (stairs === undefined) return undefined;
    claims.push({ stairs, range, low, high, middle: 0 });
  }
  const fitAll = (fit: (claim: Claim, factor: number) => FittedFactor | undefined) => {
    const fitted: FittedFactor[] = [];
    for (const [c, { multiplier, shift }] of factors.entries()) {
      const one = fit(claims[c]!, multiplier * 2 ** (shift - 31));
      if (one === undefined) return undefined;
      fitted.push(one);
    }
    return fitted;
  };
  const scaled = fitAll((claim, factor) => fitScale(claim, 'scaled', factor));
  if (scaled !== undefined) return { kind: 'scaled', table: undefined, middle: 0, factors: scaled };
  // Steps of `single` all lie on one line; those of `double` only above zero.
  const kind = rounding === 'single' || low >= 0 ? 'raised' : 'away';
  const raised = fitAll((claim, factor) => fitScale(claim, kind, factor));
  if (raised !== undefined) return { kind, table: undefined, middle: 0, factors: raised };
  const centered = movable && kind === 'raised';
  const middle = centered ? Math.round((low + high) / 2) : 0;
  for (const place of ['early', 'late'] as const) {
    const fitted = fitAll((alone, factor) => {
      const claim = { ...alone, middle };
      const options = { kind, place, movable: centered, exceptions: false } as const;
      return fitOffset(claim, factor, options) ?? fitOffset(claim, factor, { ...options, exceptions: true });
    });
    if (fitted !== undefined) return { kind, table: place, middle, factors: fitted };
  }
  return undefined;
}

/** `half-even` is defined in f32: only its last step is done otherwise. */
function nativePlan(r: Requantization, ranges: readonly AccumulatorRange[]): FloatPlan | undefined {
  const factors = ranges.map((_, c): FittedFactor => {
    return { scale: factorOf(r, c).scale, early: 0, late: 0, center: 0, lifted: undefined, lowered: undefined };
  });
  const small = ranges.every((range, c) => staysSmall(range, factors[c]!));
  return small ? { kind: 'scaled', table: undefined, middle: 0, factors } : undefined;
}

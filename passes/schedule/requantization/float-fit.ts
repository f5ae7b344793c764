// The search for the numbers of one channel's f32 form. Each candidate is proved or dropped (float-form.ts), so the search
// may guess: what it must be is quick, for there are thousands of channels in a network.
import { type Claim, type Exceptions, exceptionsOf, type FloatFactor, powerBelow } from './float-form.ts';

export type FittedFactor = FloatFactor & Exceptions;

/** Where the offset is added, and whether with the accumulator's sign. */
export type FloatKind = 'scaled' | 'raised' | 'away';

/** The scale alone; but for `scaled`, with the power of two at or below it as a late offset. */
export function fitScale(claim: Claim, kind: FloatKind, factor: number): FittedFactor | undefined {
  const scale = Math.fround(factor);
  const late = kind === 'scaled' ? 0 : powerBelow(scale);
  return proved(claim, { scale, early: 0, late, center: 0 }, kind === 'away', false);
}

/** Where offsets from a table are added: early, as 16-bit multiples of {@link offsetUnits}, or late, as f32. */
export type OffsetPlace = 'early' | 'late';

/** Fine steps where there is no center, or far to go with one. */
export const offsetUnits = { raised: 2 ** -11, away: 2 ** -14 } as const;

/** Centers on both sides of the middle that are tried: each rounds the steps in its own way. */
const mostShift = 14;

/** Offsets that are tried for each center; without a center, more of them. */
const offsetTries = { raised: 9, away: 129 } as const;

/** Further scales that are tried: distances from the nearest f32, in units of its last place. */
const neighbours = [1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6, 7, -7, 8, -8];

/** What a search may use. */
export interface FitOptions {
  readonly kind: 'raised' | 'away';
  readonly place: OffsetPlace;
  /** Accumulators may start elsewhere. */
  readonly movable: boolean;
  readonly exceptions: boolean;
}

/**
 * An offset of its own, with a center where the accumulators may be `movable`, and with exceptions if they are allowed.
 * Scales other than the nearest come in order of the room that they leave: the offsets that would do if nothing were
 * rounded.
 */
export function fitOffset(claim: Claim, factor: number, options: FitOptions): FittedFactor | undefined {
  const { kind, movable } = options;
  if (claim.stairs.thresholds.length === 0) {
    const flat = movable ? flatFactor(claim) : { scale: Math.fround(factor), early: 0, late: 0, center: 0 };
    const found = proved(claim, flat, kind === 'away', false);
    if (found !== undefined) return found;
  }
  for (const room of rooms(claim, kind, factor)) {
    // With less room than none, more than one step fails.
    if (room.high - room.low < -mostOverlap) continue;
    const shifts = movable ? 2 * mostShift + 1 : 1;
    const first = movable ? firstCenter(claim, room) : 0;
    for (let i = 0; i < shifts; i++) {
      const found = fitCenter(claim, room, first + alternating(i), options);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** The accumulator whose result is the middle; where none comes near, the end of the range: a late offset can do the rest. */
function firstCenter({ middle, range }: Claim, { scale, low, high }: Room): number {
  return Math.min(range.max, Math.max(range.min, Math.floor(middle / scale - (low + high) / 2)));
}

/** Rooms that lack more than this part of an accumulator fail more than one step. */
const mostOverlap = 0.05;

/** Offsets, in accumulators, that would give every step with this scale in exact arithmetic. */
interface Room {
  readonly scale: number;
  readonly low: number;
  readonly high: number;
}

/** The room of the nearest scale, which will do for most, then those of its neighbours, the widest first. */
function* rooms(claim: Claim, kind: 'raised' | 'away', factor: number): Generator<Room> {
  const nearest = Math.fround(factor);
  yield roomOf(claim, kind, nearest);
  const unit = powerBelow(nearest) * 2 ** -23;
  const others = neighbours.map((n) => roomOf(claim, kind, Math.fround(nearest + n * unit)));
  yield* others.sort((a, b) => b.high - b.low - (a.high - a.low));
}

/**
 * A step to level j at T asks (T + offset) * scale >= j - 1/2 and (T - 1 + offset) * scale < j - 1/2; for `away`, steps at
 * or below zero are mirrored.
 */
function roomOf({ stairs: { bottom, thresholds } }: Claim, kind: 'raised' | 'away', scale: number): Room {
  let low = Number.NEGATIVE_INFINITY;
  let high = Number.POSITIVE_INFINITY;
  const inverse = 1 / scale;
  for (let i = 0; i < thresholds.length; i++) {
    const level = bottom + 1 + i;
    const least = (level - 0.5) * inverse - thresholds[i]!;
    const from = kind === 'away' && level <= 0 ? -least - 1 : least;
    if (from > low) low = from;
    if (from + 1 < high) high = from + 1;
  }
  // Without steps any offset does.
  return thresholds.length === 0 ? { scale, low: 0, high: 1 } : { scale, low, high };
}

/** Offsets within a room, seen from a center, the middle first; where a step may fail, also outside. */
function fitCenter(
  claim: Claim,
  { scale, low, high }: Room,
  center: number,
  { kind, place, exceptions }: FitOptions,
): FittedFactor | undefined {
  const unit = offsetUnits[kind];
  const tries = offsetTries[kind];
  // Results without the middle: as many accumulators are missing from the center.
  const middle = (low + high) / 2 + center - claim.middle / scale;
  const width = Math.max(high - low, exceptions ? 2 ** -5 : 2 ** -8);
  for (let i = 0; i < tries; i++) {
    const offset = middle + (alternating(i) * width) / (tries + 1);
    const units = Math.round(offset / unit);
    if ((place === 'early' && Math.abs(units) >= 2 ** 15) || (kind === 'away' && offset < 0)) continue;
    const [early, late] = place === 'early' ? [units * unit, 0] : [0, Math.fround(offset * scale)];
    const found = proved(claim, { scale, early, late, center }, kind === 'away', exceptions);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * A channel with one result has no scale of its own. One that leaves its accumulators within a quarter of a level, and a
 * center for which that is the level of the result.
 */
function flatFactor({ range, stairs, middle }: Claim): FloatFactor {
  const scale = 2 ** -Math.max(2, Math.ceil(Math.log2(range.max - range.min + 1)) + 2);
  const center = Math.round((range.min + range.max) / 2 - (stairs.bottom - middle) / scale);
  return { scale, early: 0, late: 0, center };
}

function proved(claim: Claim, factor: FloatFactor, away: boolean, exceptions: boolean): FittedFactor | undefined {
  const found = exceptionsOf(claim, factor, away, exceptions);
  return found && { ...factor, ...found };
}

/** 0, 1, -1, 2, -2, ... */
function alternating(i: number): number {
  return i % 2 === 0 ? -i / 2 : (i + 1) / 2;
}

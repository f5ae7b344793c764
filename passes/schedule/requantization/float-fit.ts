// The search for the numbers of one channel's f32 form. Each candidate is proved or dropped (float-form.ts), so the search
// may guess: what it must be is quick, for there are thousands of channels in a network.
import {
  type Claim,
  type Exceptions,
  exceptionsOf,
  type FloatFactor,
  type FloatKind,
  powerBelow,
} from './float-form.ts';

export type FittedFactor = FloatFactor & Exceptions;

/** Scale and offset alone, the offset being the power of two at or below the scale (0 for `scaled`). */
export function fitScale(claim: Claim, kind: FloatKind, factor: number): FittedFactor | undefined {
  const scale = Math.fround(factor);
  const fitted = { scale, offset: kind === 'scaled' ? 0 : powerBelow(scale), center: 0 };
  return proved(claim, kind, fitted, false);
}

/** Centers around the middle that are tried: each rounds the steps in its own way. */
const centerTries = 16;

/** Offsets that are tried without a center, spread over those that exact arithmetic would allow. */
const offsetTries = 65;

/** Distances from the nearest f32, in units of its last place. */
const neighbours = [0, 1, -1, 2, -2, 3, -3, 4, -4];

/**
 * A free offset, with centers where the accumulators may be `movable`, and with exceptions if they are allowed. Scales
 * come in order of the room that they leave: the offsets that would do if nothing were rounded.
 */
export function fitOffset(
  claim: Claim,
  kind: 'raised' | 'away',
  factor: number,
  movable: boolean,
  exceptions: boolean,
): FittedFactor | undefined {
  for (const room of roomiestFirst(claim, kind, factor)) {
    // Without room for all, the offset that is too low for one step only.
    if (room.high - room.low < -mostOverlap * room.scale) break;
    const found = movable ? fitCenter(claim, kind, room, exceptions) : fitInRoom(claim, kind, room, exceptions);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Rooms that lack more than this part of an accumulator fail more than one step. */
const mostOverlap = 0.05;

/** Offsets that would give every step with this scale in exact arithmetic. */
interface Room {
  readonly scale: number;
  readonly low: number;
  readonly high: number;
}

/** Scales next to the factor by the width of their room, the widest first. */
function roomiestFirst(claim: Claim, kind: 'raised' | 'away', factor: number): Room[] {
  const nearest = Math.fround(factor);
  const unit = powerBelow(nearest) * 2 ** -23;
  const rooms = neighbours.map((n) => roomOf(claim, kind, Math.fround(nearest + n * unit)));
  return rooms.sort((a, b) => (b.high - b.low) / b.scale - (a.high - a.low) / a.scale);
}

/**
 * A step to level j at T asks T * scale + offset >= j - 1/2 and (T - 1) * scale + offset < j - 1/2; for `away`, steps at
 * or below zero are mirrored.
 */
function roomOf({ stairs: { bottom, thresholds } }: Claim, kind: 'raised' | 'away', scale: number): Room {
  let low = Number.NEGATIVE_INFINITY;
  let high = Number.POSITIVE_INFINITY;
  for (let i = 0; i < thresholds.length; i++) {
    const level = bottom + 1 + i;
    const least = level - 0.5 - thresholds[i]! * scale;
    const mirrored = kind === 'away' && level <= 0;
    const from = mirrored ? -least - scale : least;
    if (from > low) low = from;
    if (from + scale < high) high = from + scale;
  }
  // Without steps any offset does.
  return thresholds.length === 0 ? { scale, low: 0, high: scale } : { scale, low, high };
}

/** Offsets within a room, the middle first; where one step may fail, also outside. */
function fitInRoom(claim: Claim, kind: 'raised' | 'away', room: Room, exceptions: boolean): FittedFactor | undefined {
  const { scale } = room;
  const middle = (room.low + room.high) / 2;
  const width = Math.max(room.high - room.low, scale * 2 ** -(exceptions ? 5 : 8));
  for (let i = 0; i < offsetTries; i++) {
    const offset = Math.fround(middle + (alternating(i) * width) / (offsetTries - 1));
    if (kind === 'away' && offset < 0) continue;
    const found = proved(claim, kind, { scale, offset, center: 0 }, exceptions);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Centers around the accumulator whose result is the claim's middle. */
function fitCenter(claim: Claim, kind: 'raised' | 'away', room: Room, exceptions: boolean): FittedFactor | undefined {
  const { scale, low, high } = room;
  const middle = (low + high) / 2;
  const { min, max } = claim.range;
  // Where no accumulator comes near the middle, the offset makes up for the rest.
  const first = Math.min(max, Math.max(min, Math.round((claim.middle - middle) / scale)));
  const width = Math.max(high - low, scale * 2 ** -8);
  for (let i = 0; i < centerTries; i++) {
    const center = first + alternating(i);
    for (let part = 0; part < 3; part++) {
      const offset = Math.fround(middle + (alternating(part) * width) / 4 + (center * scale - claim.middle));
      const found = proved(claim, kind, { scale, offset, center }, exceptions);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function proved(claim: Claim, kind: FloatKind, factor: FloatFactor, exceptions: boolean): FittedFactor | undefined {
  const found = exceptionsOf(claim, kind, factor, exceptions);
  return found && { ...factor, ...found };
}

/** 0, 1, -1, 2, -2, ... */
function alternating(i: number): number {
  return i % 2 === 0 ? -i / 2 : (i + 1) / 2;
}

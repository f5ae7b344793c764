// How the positions along one dimension of a depthwise window are put into groups for `dot`, and which taps meet them.
//
// A tile has a few neighbouring results. The positions that it needs are put into groups of the instruction set's size,
// each group interleaved once for all results of the tile. A result multiplies a group with a quad (or pair) of its taps,
// zero where the group has a position that is none of its own. For two results, three taps and groups of four:
//
//   positions   0  1  2  3
//   result 0    w0 w1 w2 0
//   result 1    0  w0 w1 w2
import type { WindowDimension } from './depthwise-window.ts';

/** For each member of a group the tap that it is multiplied with; undefined for none. */
export type TapPattern = readonly (number | undefined)[];

/** A result of the tile and a group that it takes part in. */
export interface GroupUse {
  readonly result: number;
  readonly group: number;
  /** Which of the patterns. */
  readonly pattern: number;
}

export interface TileGroups {
  /** Results of a tile along the dimension. */
  readonly results: number;
  /** Positions of the input, from the tile's first, of each group's members. */
  readonly members: readonly (readonly number[])[];
  /** Patterns of taps, each once: results that are a whole group apart have the same. */
  readonly patterns: readonly TapPattern[];
  readonly uses: readonly GroupUse[];
  /** Groups from one tile to the next; fewer than the tile has where neighbouring tiles share groups. */
  readonly step: number;
}

/** Groups of `size` for tiles of `results` neighbouring results. */
export function tileGroups(window: WindowDimension, results: number, size: number): TileGroups {
  const { stride, dilation, tapCount } = window;
  const unit = results > 1 || window.resultCount > 1 ? gcd(stride, dilation) : dilation;
  const positions = new Set<number>();
  for (let r = 0; r < results; r++) for (let k = 0; k < tapCount; k++) positions.add(r * stride + k * dilation);
  const sorted = [...positions].sort((a, b) => (a % dilation) - (b % dilation) || a - b);
  const count = Math.ceil(sorted.length / size);
  // Tiles side by side share groups where positions have no gaps and a tile is a whole number of groups.
  const step = (results * stride) / (unit * size);
  const gaps = dilation !== unit || sorted.at(-1) !== (sorted.length - 1) * unit;
  const together = !gaps && Number.isInteger(step) && step < count;
  const members: number[][] = [];
  for (let i = 0; i < sorted.length; i += size) {
    const group = sorted.slice(i, i + size);
    // Members beyond the last position are multiplied with nothing, unless they belong to the next tile's results.
    while (group.length < size) group.push(together ? group.at(-1)! + unit : group[0]!);
    members.push(group);
  }
  const patterns: TapPattern[] = [];
  const uses: GroupUse[] = [];
  for (const [group, at] of members.entries()) {
    const seen = at.map((position, i) => (at.indexOf(position) === i ? position : undefined));
    for (let result = 0; result < results; result++) {
      const pattern = seen.map((position) => tapAt(window, position, result));
      if (pattern.every((k) => k === undefined)) continue;
      const known = patterns.findIndex((p) => p.every((k, i) => k === pattern[i]));
      uses.push({ result, group, pattern: known < 0 ? patterns.push(pattern) - 1 : known });
    }
  }
  uses.sort((a, b) => a.result - b.result || a.group - b.group);
  return { results, members, patterns, uses, step: together ? step : count };
}

/** The tap of a result that lies at a position. */
function tapAt({ stride, dilation, tapCount }: WindowDimension, position: number | undefined, result: number) {
  if (position === undefined) return undefined;
  const tap = (position - result * stride) / dilation;
  return Number.isInteger(tap) && tap >= 0 && tap < tapCount ? tap : undefined;
}

export function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

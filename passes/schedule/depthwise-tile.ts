// Chooses the tile of a depthwise dot schedule: the dimension whose positions are put into groups, the results of a tile
// along both dimensions, and the channels of a block.
import { gcd, type TileGroups, tileGroups } from './depthwise-groups.ts';
import { isPadded, type WindowDimension } from './depthwise-window.ts';
import type { Isa } from './isa.ts';

export interface DotTile {
  /** The dimension of the groups, and the other one. */
  readonly grouped: WindowDimension;
  readonly across: WindowDimension;
  readonly groups: TileGroups;
  /** Results of a tile across. */
  readonly columns: number;
  /** Registers of accumulators for each result: channels of a block over the instruction set's lanes. */
  readonly vectors: number;
  /** Tiles along the grouped dimension that share one filling of the band. */
  readonly strip: number;
}

/** A dimension of one position. */
const single: WindowDimension = {
  ...{ results: undefined, resultCount: 1, taps: undefined, tapCount: 1 },
  ...{ stride: 1, dilation: 1, first: 0, extent: 1, elements: 0 },
};

/** Bytes of a band: more leave the first cache, fewer fill rows twice that strips share. */
const bandBytes = 32768;

/**
 * Instructions that finish a register of accumulators (start, requantization), those of a result whatever its registers
 * (narrowing, store), and those of a loop's iteration. Tiles of two and four rows by one to four columns, on images from
 * 7 x 7 to 48 x 48, take times in V8 that this counts within a few percent of each other.
 */
const perVector = 8;
const perRow = 6;
const perLoop = 4;
/** A load beside products costs less than an instruction of its own: windows of 7 x 7 are faster with eight channels. */
const perReload = 1 / 3;

/** The tile with the least instructions for these dimensions and channels; undefined where no block of channels fits. */
export function dotTile(dimensions: readonly WindowDimension[], channels: number, isa: Isa): DotTile | undefined {
  const [first, second = single] = dimensions;
  if (first === undefined) return undefined;
  let best: DotTile | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const [grouped, across] of [
    [first, second],
    [second, first],
  ] as const) {
    if (grouped.taps === undefined) continue;
    for (const vectors of [2, 1]) {
      if (vectors * isa.lanes > channels) continue;
      for (let results = 1; results <= grouped.resultCount && results * vectors < isa.registers; results++) {
        const groups = tileGroups(grouped, results, isa.group);
        for (let columns = 1; columns <= across.resultCount; columns++) {
          const tile = { grouped, across, groups, columns, vectors, strip: 1 };
          if (registersHeld(tile) > isa.registers) break;
          const cost = costOf(tile, channels, isa);
          if (cost < worthwhile * least) [best, least] = [tile, cost];
        }
      }
    }
  }
  return best && { ...best, strip: stripOf(best, isa) };
}

/** Positions of the input across that have a place in the band, and how far they are apart. */
export function bandPositions({ stride, dilation, resultCount, tapCount }: WindowDimension) {
  const unit = gcd(resultCount > 1 ? stride : 0, tapCount > 1 ? dilation : 0) || 1;
  return { count: (stride * (resultCount - 1) + dilation * (tapCount - 1)) / unit + 1, unit };
}

/** Groups in a band for this many tiles. */
export function bandGroups({ members, step }: TileGroups, tiles: number): number {
  return (tiles - 1) * step + members.length;
}

/** Larger tiles come later, and are longer code: they must be faster by this. */
const worthwhile = 0.98;

/** Instructions of a dot on accumulators: i32x4.dot_i16x8_s leaves the addition to another one. */
const dotInstructions = ({ operand }: Isa) => (operand === 'i16' ? 2 : 1);

/** Accumulators, and the inputs that are multiplied next. */
function registersHeld({ groups, columns, vectors }: DotTile): number {
  return groups.results * columns * vectors + Math.min(groups.members.length, 2);
}

/** Instructions of all tiles. */
function costOf(tile: DotTile, channels: number, isa: Isa): number {
  const { grouped, across, groups, columns, vectors } = tile;
  const { members, patterns, uses, results } = groups;
  // Weights that no register is left for are loaded for every product.
  const again = registersHeld(tile) + patterns.length > isa.registers ? columns * uses.length - patterns.length : 0;
  const loads = patterns.length + perReload * again;
  const step = loads + columns * (members.length + dotInstructions(isa) * uses.length);
  const finishing = results * columns * (perVector * vectors + perRow);
  const perTile = perLoop + across.tapCount * (vectors * step + perLoop) + finishing;
  const interleaving = vectors * (Math.log2(isa.group) + 1);
  const perGroup = perLoop + (isPadded(grouped) ? 3 : 1) * isa.group + interleaving;
  const along = Math.ceil(grouped.resultCount / results);
  const filling = bandGroups(groups, along) * bandPositions(across).count * perGroup;
  const unpacking = across.tapCount * (grouped.tapCount + patterns.length * interleaving);
  const tiles = along * Math.ceil(across.resultCount / columns);
  return Math.ceil(channels / (vectors * isa.lanes)) * (tiles * perTile + filling + unpacking);
}

/** As many tiles as fit the band, in strips of about equal length. */
function stripOf({ grouped, across, groups, vectors }: DotTile, { lanes, group, operand }: Isa): number {
  const along = Math.ceil(grouped.resultCount / groups.results);
  const bytes = bandPositions(across).count * vectors * lanes * group * (operand === 'i16' ? 2 : 1);
  const most = Math.max(1, Math.floor((bandBytes / bytes - groups.members.length) / groups.step) + 1);
  return Math.ceil(along / Math.ceil(along / most));
}

// How large a register tile is: as many rows and columns as registers allow, and as fit the extents without much waste.
import type { Isa } from './isa.ts';

export interface TileSize {
  readonly rows: number;
  /** Columns: a multiple of the instruction set's lanes. */
  readonly columns: number;
}

/** What is known of a contraction beside its extents. */
export interface TileTraits {
  /** Accumulators take two registers. */
  readonly wide: boolean;
  /** Weights are integers that become floats as they are loaded. */
  readonly converted: boolean;
}

/**
 * What a step of a loop over vectors costs beside its loads and products, in instructions: counter, branch, addresses.
 * With it the ratios of tiles are those that a kernel study measured in WebAssembly: of 102 GMAC/s for 6 x 8, 5 x 8 has
 * 95, 4 x 8 83 and 2 x 8 71.
 */
const vectorStepCost = 4;

/**
 * How often the part of the weights that is repeated multiplies a tile's work. Where they are downloaded, four times:
 * MobileNetV2 then has 16 KB less of them, and is no slower.
 */
const repeats = (isa: Isa) => (isa.downloaded ? 4 : 1);

/**
 * The tile with the least work, counted in instructions of a step: one load for each row's input and each register of
 * weights, one more for weights that are converted, one multiply-add for each accumulator. A tile that overlaps its
 * neighbour repeats work, and across columns it repeats stored weights, which counts more. Of equals, the one with fewer
 * rows: its weights are consecutive, every row needs an address of its own; on vectors the one with more.
 */
export function tileSize(isa: Isa, rowCount: number, columnCount: number, { wide, converted }: TileTraits): TileSize {
  let best: TileSize = { rows: 1, columns: isa.lanes };
  let least = Number.POSITIVE_INFINITY;
  const perAccumulator = wide ? 2 : 1;
  const perWeight = converted ? 2 : 1;
  const stepCost = isa.lanes > 1 ? vectorStepCost : 0;
  for (let rows = 1; rows <= rowCount && rows * perAccumulator + 2 <= isa.registers; rows++) {
    for (let vectors = 1; vectors * isa.lanes <= columnCount; vectors++) {
      // The shorter side of a step stays in registers, the longer one passes through one more.
      if (rows * vectors * perAccumulator + Math.min(rows, vectors) + 1 > isa.registers) break;
      const columns = vectors * isa.lanes;
      const repeated = (Math.ceil(columnCount / columns) * columns) / columnCount;
      const tiles = Math.ceil(rowCount / rows) * Math.ceil(columnCount / columns);
      const cost = repeated ** repeats(isa) * tiles * (rows + perWeight * vectors + rows * vectors + stepCost);
      if (cost < least || (cost === least && isa.lanes > 1)) {
        least = cost;
        best = { rows, columns };
      }
    }
  }
  return best;
}

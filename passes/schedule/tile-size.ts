// How large a register tile is: as many rows and columns as registers allow, and as fit the extents without much waste.
import type { Isa } from './isa.ts';

export interface TileSize {
  readonly rows: number;
  /** Columns: a multiple of the instruction set's lanes. */
  readonly columns: number;
}

/**
 * The tile with the least work per product, counted in instructions: one load for each row's input and each register of
 * weights, one multiply-add for each accumulator. A tile that overlaps its neighbour repeats work.
 * `wide`: accumulators take two registers.
 */
export function tileSize(isa: Isa, rowCount: number, columnCount: number, wide: boolean): TileSize {
  let best: TileSize = { rows: 1, columns: isa.lanes };
  let least = Number.POSITIVE_INFINITY;
  const perAccumulator = wide ? 2 : 1;
  for (let rows = 1; rows <= rowCount; rows++) {
    for (let vectors = 1; vectors * isa.lanes <= columnCount; vectors++) {
      // Weights stay in registers for all rows of a step; one input is live at a time.
      if (rows * vectors * perAccumulator + vectors + 1 > isa.registers) break;
      const columns = vectors * isa.lanes;
      const tiles = Math.ceil(rowCount / rows) * Math.ceil(columnCount / columns);
      const cost = tiles * (rows + vectors + rows * vectors);
      if (cost < least) {
        least = cost;
        best = { rows, columns };
      }
    }
  }
  return best;
}

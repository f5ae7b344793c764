// Groups of positions and tiles of depthwise windows: which taps meet which positions, and what is chosen for shapes.
import { describe, expect, it } from 'vitest';
import { tileGroups } from '../../passes/schedule/depthwise-groups.ts';
import { dotTile } from '../../passes/schedule/depthwise-tile.ts';
import type { WindowDimension } from '../../passes/schedule/depthwise-window.ts';
import { isas } from '../../passes/schedule/isa.ts';

/** A dimension with this many results and taps, padded to the size of its input. */
function dimension(results: number, taps: number, stride = 1, dilation = 1): WindowDimension {
  return {
    results: results > 1 ? 0 : undefined,
    resultCount: results,
    taps: taps > 1 ? 1 : undefined,
    tapCount: taps,
    stride,
    dilation,
    first: -Math.floor((dilation * (taps - 1)) / 2),
    extent: results * stride,
    elements: 1,
  };
}

describe('groups', () => {
  it('of four serve two rows of three taps, each group once', () => {
    const { members, patterns, step } = tileGroups(dimension(8, 3), 2, 4);
    expect(members).toEqual([[0, 1, 2, 3]]);
    expect(patterns).toEqual([
      [0, 1, 2, undefined],
      [undefined, 0, 1, 2],
    ]);
    expect(step).toBe(1);
  });
  it('of two are shared by neighbouring tiles, and patterns by results a group apart', () => {
    const { members, patterns, uses, step } = tileGroups(dimension(8, 3), 4, 2);
    expect(members).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    expect(patterns).toHaveLength(4);
    expect(uses).toHaveLength(8);
    expect(step).toBe(2);
  });
  it('keep the positions of a result together where taps are apart', () => {
    const { members } = tileGroups(dimension(8, 3, 1, 2), 2, 2);
    expect(members).toEqual([
      [0, 2],
      [4, 1],
      [3, 5],
    ]);
  });
  it.each([
    [3, 1, 1],
    [3, 2, 1],
    [5, 1, 1],
    [5, 1, 3],
    [7, 2, 2],
  ])('hold every tap of every result once (%i taps, stride %i, dilation %i)', (taps, stride, dilation) => {
    for (const size of [2, 4]) {
      for (const results of [1, 2, 3, 4]) {
        const { members, patterns, uses } = tileGroups(dimension(12, taps, stride, dilation), results, size);
        const met = uses.flatMap(({ result, group, pattern }) =>
          patterns[pattern]!.flatMap((tap, i) =>
            tap === undefined ? [] : [`${result} ${tap} ${members[group]![i]! - result * stride - tap * dilation}`],
          ),
        );
        const all = Array.from({ length: results * taps }, (_, n) => `${Math.floor(n / taps)} ${n % taps} 0`);
        expect(met.sort()).toEqual(all.sort());
      }
    }
  });
});

describe('tile', () => {
  const row = (name: string) => isas.find((isa) => isa.name === name)!;
  const chosen = (name: string, dimensions: readonly WindowDimension[], channels: number) => {
    const tile = dotTile(dimensions, channels, row(name));
    return tile && { results: tile.groups.results, columns: tile.columns, vectors: tile.vectors };
  };

  it('fills the registers', () => {
    const square = [dimension(48, 3), dimension(48, 3)];
    expect(chosen('wasm-simd128', square, 16)).toEqual({ results: 4, columns: 1, vectors: 2 });
    expect(chosen('wasm-relaxed', square, 16)).toEqual({ results: 2, columns: 3, vectors: 2 });
  });
  it('groups columns where windows are one row high', () => {
    const tile = dotTile([dimension(200, 5), dimension(1, 1)], 32, row('wasm-simd128'));
    expect(tile?.grouped.tapCount).toBe(5);
    expect(tile?.columns).toBe(1);
  });
  it('has no block for fewer channels than a register has accumulators', () => {
    expect(chosen('wasm-simd128', [dimension(8, 3), dimension(8, 3)], 3)).toBeUndefined();
    expect(chosen('wasm-simd128', [dimension(8, 3), dimension(8, 3)], 4)?.vectors).toBe(1);
  });
});

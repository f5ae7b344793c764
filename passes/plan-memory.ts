// plan-memory: offsets in the arena for every storage that lives only for a part of the run.
import type { ArenaPlan, Storage } from '../ir/loops/kernel.ts';
import { bytesPerElement } from '../ir/types.ts';

/** A storage and the calls between which its contents matter, both included. */
export interface Lifetime {
  readonly storage: Storage;
  readonly first: number;
  readonly last: number;
}

/** Every storage starts at a multiple of this, so that any vector load is aligned. */
export const arenaAlignment = 16;

/** Plans the arena. `inPlace` lists pairs [result, operand] that may share memory at the call where one replaces the other. */
export function planArena(
  lifetimes: readonly Lifetime[],
  _inPlace: readonly (readonly [Storage, Storage])[],
): ArenaPlan {
  const sizes = new Map(lifetimes.map((l) => [l.storage, sizeOf(l.storage)]));
  const order = [...lifetimes].sort((a, b) => sizes.get(b.storage)! - sizes.get(a.storage)!);
  const offsets = new Map<Storage, number>();
  let bytes = 0;
  for (const l of order) {
    const busy = lifetimes
      .filter((o) => offsets.has(o.storage) && o.first <= l.last && l.first <= o.last)
      .map((o) => [offsets.get(o.storage)!, offsets.get(o.storage)! + sizes.get(o.storage)!] as const)
      .sort((a, b) => a[0] - b[0]);
    let at = 0;
    for (const [from, to] of busy) {
      if (at + sizes.get(l.storage)! <= from) break;
      at = Math.max(at, to);
    }
    offsets.set(l.storage, at);
    bytes = Math.max(bytes, at + sizes.get(l.storage)!);
  }
  return { offsets, bytes, lowerBound: lowerBound(lifetimes, sizes) };
}

function sizeOf(s: Storage): number {
  return Math.ceil((s.length * bytesPerElement(s.element)) / arenaAlignment) * arenaAlignment;
}

function lowerBound(lifetimes: readonly Lifetime[], sizes: ReadonlyMap<Storage, number>): number {
  let most = 0;
  const end = Math.max(0, ...lifetimes.map((l) => l.last));
  for (let t = 0; t <= end; t++) {
    const live = lifetimes.filter((l) => l.first <= t && t <= l.last);
    most = Math.max(
      most,
      live.reduce((sum, l) => sum + sizes.get(l.storage)!, 0),
    );
  }
  return most;
}

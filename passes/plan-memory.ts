// plan-memory: offsets in the arena for every storage that lives only for a part of the run.
//
// Storages that an operator may compute in place of one another become one block. Blocks are then placed one after the
// other at the best-fitting free offset (the smallest gap that holds them), for several orders and seeded variations of
// the best one, until the plan meets its lower bound or the budget ends. Dynamic storage allocation is NP-hard; greedy
// placement by size is the usual answer (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference",
// 2020), and the search closes most of what it leaves.
import type { ArenaPlan, Storage } from '../ir/loops/kernel.ts';
import { arenaAlignment } from '../ir/loops/storage-memory.ts';
import { bytesPerElement } from '../ir/types.ts';

/** A storage and the calls between which its contents matter, both included. */
export interface Lifetime {
  readonly storage: Storage;
  readonly first: number;
  readonly last: number;
}

/** Storages that share one place, and the calls between which the place is taken. */
interface Block {
  readonly members: readonly Storage[];
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

interface Placement {
  readonly offsets: ReadonlyMap<Block, number>;
  readonly bytes: number;
}

/**
 * Plans the arena. `inPlace` lists pairs [result, operand]: where the operand's last call is the result's first and both
 * have the same size, they may share their place.
 */
export function planArena(
  lifetimes: readonly Lifetime[],
  inPlace: readonly (readonly [Storage, Storage])[],
): ArenaPlan {
  const blocks = mergeInPlace(lifetimes, inPlace);
  const bound = liveBytes(blocks);
  const best = search(blocks, bound);
  const offsets = new Map<Storage, number>();
  for (const [block, offset] of best.offsets) for (const s of block.members) offsets.set(s, offset);
  return { offsets, bytes: best.bytes, lowerBound: bound };
}

function alignedSize(s: Storage): number {
  return Math.ceil((s.length * bytesPerElement(s.element)) / arenaAlignment) * arenaAlignment;
}

/** Chains of results that replace their operands, as one block each. */
function mergeInPlace(lifetimes: readonly Lifetime[], inPlace: readonly (readonly [Storage, Storage])[]): Block[] {
  const blockOf = new Map<Storage, Block>();
  for (const { storage, first, last } of lifetimes) {
    blockOf.set(storage, { members: [storage], bytes: alignedSize(storage), first, last });
  }
  for (const [result, operand] of inPlace) {
    const [r, o] = [blockOf.get(result), blockOf.get(operand)];
    if (r === undefined || o === undefined || r === o || r.bytes !== o.bytes || r.first !== o.last) continue;
    const merged = { members: [...o.members, ...r.members], bytes: r.bytes, first: o.first, last: r.last };
    for (const s of merged.members) blockOf.set(s, merged);
  }
  return [...new Set(blockOf.values())];
}

/** The largest number of bytes live at one call. */
function liveBytes(blocks: readonly Block[]): number {
  const end = blocks.reduce((m, b) => Math.max(m, b.last), -1);
  // One pass over the ends of lifetimes: bytes begin at `first` and stop after `last`.
  const change = new Float64Array(end + 2);
  for (const b of blocks) {
    change[b.first]! += b.bytes;
    change[b.last + 1]! -= b.bytes;
  }
  let live = 0;
  let most = 0;
  for (const c of change) {
    live += c;
    most = Math.max(most, live);
  }
  return most;
}

/** Places blocks in the given order, each in the smallest gap between those that live at the same time. */
function place(order: readonly Block[]): Placement {
  const offsets = new Map<Block, number>();
  let bytes = 0;
  for (const block of order) {
    const busy: [number, number][] = [];
    for (const [other, offset] of offsets) {
      if (other.first <= block.last && block.first <= other.last) busy.push([offset, offset + other.bytes]);
    }
    busy.sort((a, b) => a[0] - b[0]);
    let [at, gap, end] = [-1, Number.POSITIVE_INFINITY, 0];
    for (const [from, to] of busy) {
      const free = from - end;
      if (free >= block.bytes && free < gap) [at, gap] = [end, free];
      end = Math.max(end, to);
    }
    const offset = at < 0 ? end : at;
    offsets.set(block, offset);
    bytes = Math.max(bytes, offset + block.bytes);
  }
  return { offsets, bytes };
}

/** Variations of the best order that are tried before the plan is taken as it is; fewer for many blocks. */
function searchBudget(count: number): number {
  return Math.min(400, Math.floor(2_000_000 / (count * count + 1)));
}

function search(blocks: readonly Block[], bound: number): Placement {
  const span = (b: Block) => b.last - b.first + 1;
  const byName = (b: Block) => b.members[0]?.name ?? '';
  const sorted = (key: (b: Block) => number) =>
    [...blocks].sort((a, b) => key(b) - key(a) || a.first - b.first || (byName(a) < byName(b) ? -1 : 1));
  const orders = [sorted((b) => b.bytes), sorted((b) => b.bytes * span(b)), sorted(span), sorted((b) => -b.first)];
  let order = orders[0]!;
  let best = place(order);
  for (const other of orders.slice(1)) {
    if (best.bytes <= bound) return best;
    const placed = place(other);
    if (placed.bytes < best.bytes) [best, order] = [placed, other];
  }
  let seed = 1;
  for (let left = searchBudget(blocks.length); left > 0 && best.bytes > bound; left--) {
    // A block that reaches the top is placed earlier: somewhere before its present turn.
    const top = order.findIndex((b) => best.offsets.get(b)! + b.bytes === best.bytes);
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    const target = seed % Math.max(1, top);
    const varied = [...order];
    varied.splice(target, 0, ...varied.splice(top, 1));
    const other = (seed >>> 16) % varied.length;
    if (left % 2 === 0) [varied[target], varied[other]] = [varied[other]!, varied[target]!];
    const placed = place(varied);
    if (placed.bytes <= best.bytes) [best, order] = [placed, varied];
  }
  return best;
}

// Two tables of small integers that are read side by side become one of words: a bias that leaves bits of its 32 unused
// takes the table of a narrower type into them.
//
//     %b = load %bias[%c] : i32                         %w = load %words[%c] : i32
//     %o = load %offset[%c] : i32  (i16 elements)  ->   %b = shr %w, 11
//                                                       %o = shr (shl %w, 21), 21
import type { LoopBuilder } from '../../ir/loops/builder.ts';
import type { Call, Kernel, LoopValue, Storage } from '../../ir/loops/kernel.ts';
import { type Buffer, laneOfElement, lanesOf, loopType } from '../../ir/loops/types.ts';
import type { MakeTable } from './sparse-tables.ts';
import { changeTables, passed, type TableChange } from './tables.ts';

/** Two tables of a kernel that fit one. */
interface Pair {
  readonly high: Buffer;
  readonly low: Buffer;
  /** Bits that the low table's numbers take, and those that the high one's leave. */
  readonly needed: number;
  readonly free: number;
}

/** The same calls, with narrow tables in the free bits of wide ones. */
export function packTables(calls: readonly Call[], make: MakeTable): Call[] {
  const pairs = new Map<Kernel, Pair>();
  const wanted = changeTables(calls, ({ kernel, calls: own }, tables) => {
    const found = pairOf(own, tables);
    if (found !== undefined) pairs.set(kernel, found);
    return new Map();
  });
  // One number of bits for as many kernels as it fits, so that they stay alike.
  const most = Math.max(...Array.from(pairs.values(), (p) => p.needed));
  return changeTables(wanted, ({ kernel }) => {
    const found = pairs.get(kernel);
    return found === undefined ? new Map() : changesOf(found, found.free >= most ? most : found.needed, make);
  });
}

function pairOf(calls: readonly Call[], tables: readonly Buffer[]): Pair | undefined {
  for (const low of tables.filter((t) => t.element === 'i8' || t.element === 'i16')) {
    const needed = mostBits(calls, low);
    for (const high of tables.filter((t) => t.element === 'i32' && t.length === low.length)) {
      const free = 32 - mostBits(calls, high);
      if (needed <= free) return { high, low, needed, free };
    }
  }
  return undefined;
}

const mostBits = (calls: readonly Call[], table: Buffer) =>
  Math.max(...calls.map((call) => bitsOf(passed(call, table))));

function changesOf({ high, low }: Pair, bits: number, make: MakeTable): Map<Buffer, TableChange> {
  const table: Buffer = { ...high };
  const made = new Map<Call, Storage>();
  const contents = (call: Call): Storage => {
    const [p, q] = [passed(call, high), passed(call, low)];
    const words = Int32Array.from(
      p.data as Int32Array,
      (x, i) => (x << bits) | (Number(q.data?.[i]) & (2 ** bits - 1)),
    );
    const storage = made.get(call) ?? make(p.name, words);
    made.set(call, storage);
    return storage;
  };
  const words = (b: LoopBuilder, raw: LoopValue) => b.shr(b.shl(raw, 32 - bits), 32 - bits);
  return new Map<Buffer, TableChange>([
    [high, { table, contents, decode: (b, raw) => b.shr(raw, bits) }],
    [
      low,
      {
        table,
        contents,
        words,
        decode(b, raw) {
          const lanes = lanesOf(raw.type);
          return lanes === 1 ? words(b, raw) : b.convert(words(b, raw), loopType(laneOfElement(low.element), lanes));
        },
      },
    ],
  ]);
}

/** Bits that hold every integer of a constant, its sign included. */
function bitsOf({ data }: Storage): number {
  let most = 0;
  for (const x of (data as Int32Array | Int16Array | Int8Array) ?? []) most = Math.max(most, x < 0 ? ~x : x);
  return 33 - Math.clz32(most);
}

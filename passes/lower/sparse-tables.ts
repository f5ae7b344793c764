// Tables in which most numbers are one and the same, as for accumulators that are exceptions in few channels: they are
// stored with that number's bits taken away, which leaves zeros. Zeros need no bytes where a module is downloaded.
//
//     lifted = [-2147483648, -2147483648, 5, ...]     load     ->     [0, 0, -2147483643, ...]     load, xor -2147483648
import type { Call, Storage } from '../../ir/loops/kernel.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { changeTables, passed, type TableChange } from './tables.ts';

/** Shorter tables save less than the head of a module's segment. */
const leastLength = 16;
/** The part of a table that must be one number. */
const leastPart = 0.75;

/** Makes a constant of the program. */
export type MakeTable = (name: string, data: Int32Array) => Storage;

/** The same calls, on tables with zeros for the number that is in most places. */
export function sparseTables(calls: readonly Call[], make: MakeTable): Call[] {
  return changeTables(calls, (called, tables) => {
    const changes = new Map<Buffer, TableChange>();
    for (const buffer of tables) {
      const contents = called.calls.map((call) => passed(call, buffer).data);
      const usual = buffer.length < leastLength ? undefined : usualOf(contents);
      if (usual === undefined || usual === 0) continue;
      changes.set(buffer, {
        table: { ...buffer },
        decode: (b, raw) => b.xor(raw, b.constant(usual, raw.type)),
        contents(call) {
          const { name, data } = passed(call, buffer);
          return make(
            name,
            (data as Int32Array).map((x) => x ^ usual),
          );
        },
      });
    }
    return changes;
  });
}

/** The number that fills most of each of these arrays, if there is one and they are i32. */
function usualOf(contents: readonly Storage['data'][]): number | undefined {
  const usual = contents.map((data) => (data instanceof Int32Array ? mostIn(data) : undefined));
  return usual.every((n) => n === usual[0]) ? usual[0] : undefined;
}

function mostIn(data: Int32Array): number | undefined {
  const counts = new Map<number, number>();
  for (const x of data) counts.set(x, (counts.get(x) ?? 0) + 1);
  return Array.from(counts).find(([, count]) => count >= leastPart * data.length)?.[0];
}

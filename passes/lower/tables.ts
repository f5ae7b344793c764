// Other tables in place of a kernel's constants: how loads read them, and what calls pass.
import type { LoopBuilder } from '../../ir/loops/builder.ts';
import type { Argument, Call, Kernel, LoopValue, Storage } from '../../ir/loops/kernel.ts';
import { rebuildKernel } from '../../ir/loops/rebuild.ts';
import { type Buffer, lanesOf } from '../../ir/loops/types.ts';

/** How a kernel's buffer is read from another table. Buffers may share one. */
export interface TableChange {
  readonly table: Buffer;
  /** The numbers of the old buffer from those of the table, which have as many lanes. */
  decode(b: LoopBuilder, raw: LoopValue): LoopValue;
  /** The same numbers in lanes of i32, where these are at hand: what converts them further need not narrow them first. */
  words?(b: LoopBuilder, raw: LoopValue): LoopValue;
  /** The table of a call. */
  contents(call: Call): Storage;
}

/** A kernel and all of its calls. */
export interface CalledKernel {
  readonly kernel: Kernel;
  readonly calls: readonly Call[];
}

/** Changes tables of kernels: `change` says which, for each kernel with its calls. */
export function changeTables(
  calls: readonly Call[],
  change: (called: CalledKernel, tables: readonly Buffer[]) => ReadonlyMap<Buffer, TableChange>,
): Call[] {
  const changed = new Map<Call, Call>();
  const readers = kernelsByStorage(calls);
  for (const kernel of new Set(calls.map((c) => c.kernel))) {
    const called = { kernel, calls: calls.filter((c) => c.kernel === kernel) };
    const changes = change(called, ownTables(called, readers));
    if (changes.size === 0) continue;
    const now = withTables(kernel, changes);
    for (const call of called.calls) changed.set(call, withArguments(call, now, changes));
  }
  return calls.map((call) => changed.get(call) ?? call);
}

/** The storage that a call passes for a buffer. */
export function passed(call: Call, buffer: Buffer): Storage {
  return argument(call, buffer).storage;
}

function argument(call: Call, buffer: Buffer): Argument {
  return call.args[call.kernel.buffers.indexOf(buffer)] as Argument;
}

/** The kernels whose calls pass each storage. */
function kernelsByStorage(calls: readonly Call[]): ReadonlyMap<Storage, ReadonlySet<Kernel>> {
  const readers = new Map<Storage, Set<Kernel>>();
  for (const { kernel, args } of calls) {
    for (const { storage } of args) {
      const known = readers.get(storage);
      if (known === undefined) readers.set(storage, new Set([kernel]));
      else known.add(kernel);
    }
  }
  return readers;
}

/** Constants that only calls of this kernel read, for one buffer and whole: they may be stored in another way. */
function ownTables({ kernel, calls }: CalledKernel, readers: ReadonlyMap<Storage, ReadonlySet<Kernel>>): Buffer[] {
  return kernel.buffers.filter((buffer) =>
    calls.every((call) => {
      const { storage, offset } = argument(call, buffer);
      const isTable = buffer.role === 'const' && storage.storage === 'const' && storage.packing === undefined;
      const isWhole = offset === 0 && storage.length === buffer.length;
      const once = call.args.filter((a) => a.storage === storage).length === 1;
      return isTable && isWhole && once && readers.get(storage)?.size === 1;
    }),
  );
}

function withTables(kernel: Kernel, changes: ReadonlyMap<Buffer, TableChange>): Kernel {
  const words = new Map<LoopValue, LoopValue>();
  const rebuilt = rebuildKernel(kernel, {
    load(x, index, b) {
      const change = changes.get(x.buffer);
      if (change === undefined) return undefined;
      const raw = b.load(change.table, index, lanesOf(x.result.type));
      if (change.words !== undefined) words.set(x.result, change.words(b, raw));
      return change.decode(b, raw);
    },
    compute(x, _operands, b) {
      const wide = x.opcode === 'convert' ? words.get(x.operands[0] as LoopValue) : undefined;
      return wide && b.convert(wide, x.result.type);
    },
  });
  return { ...rebuilt, buffers: [...new Set(kernel.buffers.map((b) => changes.get(b)?.table ?? b))] };
}

function withArguments(call: Call, kernel: Kernel, changes: ReadonlyMap<Buffer, TableChange>): Call {
  const args = new Map<Buffer, Argument>();
  for (const buffer of call.kernel.buffers) {
    const change = changes.get(buffer);
    if (change === undefined) args.set(buffer, argument(call, buffer));
    else args.set(change.table, { storage: change.contents(call), offset: 0 });
  }
  return { ...call, kernel, args: kernel.buffers.map((b) => args.get(b) as Argument) };
}

// Where everything lies in the module's one memory: working memory first, as the arena was planned, then inputs, outputs
// and states, then constants in the order of the program. Everything begins at a multiple of 16 bytes.
import { fail, internalError } from '../../ir/diagnostics.ts';
import type { LoopProgram, Storage, StorageClass } from '../../ir/loops/kernel.ts';
import { arenaAlignment } from '../../ir/loops/storage-memory.ts';
import { bytesOf } from '../../ir/tensor-data.ts';
import { bytesPerElement } from '../../ir/types.ts';
import { ConstantPool } from '../constant-pool.ts';
import { addressLimit } from './addressing.ts';

export const pageBytes = 65536;

/** Bytes that the memory holds from the start. */
export interface Segment {
  readonly address: number;
  readonly data: Uint8Array;
}

/** A state and where its starting contents are; undefined for zeros. */
export interface StatePlace {
  readonly address: number;
  readonly bytes: number;
  readonly initial: number | undefined;
}

export interface MemoryLayout {
  addressOf(storage: Storage): number;
  readonly states: readonly StatePlace[];
  /** The address of one of the constants of the code. */
  addressOfConstant(data: Uint8Array): number;
  /** In the order of addresses; they do not overlap. */
  readonly segments: readonly Segment[];
  readonly pages: number;
}

const alignUp = (address: number) => Math.ceil(address / arenaAlignment) * arenaAlignment;

const bytesOfStorage = (s: Storage) => s.length * bytesPerElement(s.element);

/**
 * Segments that lie one behind the other as one: the padding between them is shorter than a segment's head in the module.
 * Optimization cuts it where zeros are many.
 */
function joined(segments: readonly Segment[]): Segment[] {
  const [first, last] = [segments[0], segments.at(-1)];
  if (first === undefined || last === undefined) return [];
  const data = new Uint8Array(last.address + last.data.length - first.address);
  for (const s of segments) data.set(s.data, s.address - first.address);
  return [{ address: first.address, data }];
}

/**
 * Lays a program out, and constants that its code has beside those of the program. Throws CompileError I8C0004 when it
 * needs more memory than addresses reach.
 */
export function layOutMemory(program: LoopProgram, ofCode: readonly Uint8Array[] = []): MemoryLayout {
  const addresses = new Map<Storage, number>();
  const segments: Segment[] = [];
  let end = alignUp(program.arena.bytes);
  const reserve = (bytes: number) => {
    const address = end;
    end = alignUp(end + bytes);
    return address;
  };
  const of = (kind: StorageClass) => program.storages.filter((s) => s.storage === kind);
  for (const s of of('arena')) {
    addresses.set(s, program.arena.offsets.get(s) ?? internalError(`arena storage ${s.name} has no offset`));
  }
  for (const s of [...of('input'), ...of('output'), ...of('state')]) addresses.set(s, reserve(bytesOfStorage(s)));
  const constants = new ConstantPool((data) => {
    const address = reserve(data.length);
    segments.push({ address, data });
    return address;
  });
  for (const s of of('const')) {
    addresses.set(s, constants.place(bytesOf(s.data ?? internalError(`constant ${s.name} has no contents`))));
  }
  const addressOf = (s: Storage) => addresses.get(s) ?? internalError(`storage ${s.name} has no memory`);
  const states = of('state').map((s): StatePlace => {
    const data = s.data === undefined ? undefined : bytesOf(s.data);
    const initial = data?.some((byte) => byte !== 0) ? constants.place(data) : undefined;
    return { address: addressOf(s), bytes: bytesOfStorage(s), initial };
  });
  const keyOf = (data: Uint8Array) => data.join();
  const codeConstants = new Map(ofCode.map((data) => [keyOf(data), constants.place(data)]));
  const addressOfConstant = (data: Uint8Array) =>
    codeConstants.get(keyOf(data)) ?? internalError('a constant of the code has no memory');
  if (end > addressLimit) {
    fail('I8C0004', `The program needs ${end} bytes of memory.`, { hint: `The limit is ${addressLimit}.` });
  }
  const pages = Math.max(1, Math.ceil(end / pageBytes));
  return { addressOf, states, addressOfConstant, segments: joined(segments), pages };
}

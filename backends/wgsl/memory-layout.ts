// Where everything lies in a program's two buffers. The arena: working memory as it was planned, then inputs, outputs and
// states. The constants: a word of zeros, which shaders count on, then what the program holds. Everything begins at a
// multiple of 16 bytes, so that no two tensors share a word.
import { internalError } from '../../ir/diagnostics.ts';
import type { LoopProgram, Storage, StorageClass } from '../../ir/loops/kernel.ts';
import { arenaAlignment } from '../../ir/loops/storage-memory.ts';
import { bytesOf } from '../../ir/tensor-data.ts';
import { bytesPerElement } from '../../ir/types.ts';
import { ConstantPool } from '../constant-pool.ts';
import { checkAddressable } from './limits.ts';

/** A part of the arena that has starting contents: bytes of the constants, or zeros. */
export interface InitializedPart {
  readonly address: number;
  readonly bytes: number;
  readonly initial: number | undefined;
}

export interface MemoryLayout {
  /** Bytes from the beginning of the storage's buffer. */
  addressOf(storage: Storage): number;
  isConstant(storage: Storage): boolean;
  readonly arenaBytes: number;
  readonly constants: Uint8Array;
  readonly states: readonly InitializedPart[];
  /** Constants that a kernel reads through a parameter which is not constant in another call: copies in the arena. */
  readonly copies: readonly InitializedPart[];
}

const alignUp = (address: number) => Math.ceil(address / arenaAlignment) * arenaAlignment;
const bytesOfStorage = (s: Storage) => s.length * bytesPerElement(s.element);

export function layOutMemory(program: LoopProgram): MemoryLayout {
  const addresses = new Map<Storage, number>();
  const of = (kind: StorageClass) => program.storages.filter((s) => s.storage === kind);
  let arenaEnd = alignUp(program.arena.bytes);
  const reserve = (s: Storage) => {
    addresses.set(s, arenaEnd);
    arenaEnd = alignUp(arenaEnd + bytesOfStorage(s));
  };
  for (const s of of('arena')) {
    addresses.set(s, program.arena.offsets.get(s) ?? internalError(`arena storage ${s.name} has no offset`));
  }
  for (const kind of ['input', 'output', 'state'] as const) of(kind).forEach(reserve);
  let constantsEnd = arenaAlignment;
  const parts: { address: number; data: Uint8Array }[] = [];
  const pool = new ConstantPool((data) => {
    const address = constantsEnd;
    parts.push({ address, data });
    constantsEnd = alignUp(address + data.length);
    return address;
  });
  const dataOf = (s: Storage) => bytesOf(s.data ?? internalError(`constant ${s.name} has no contents`));
  const moved = constantsInArena(program);
  const copies: InitializedPart[] = [];
  for (const s of of('const')) {
    const initial = pool.place(dataOf(s));
    addresses.set(s, initial);
    if (!moved.has(s)) continue;
    reserve(s);
    copies.push({ address: addresses.get(s) ?? 0, bytes: bytesOfStorage(s), initial });
  }
  const states = of('state').map((s): InitializedPart => {
    const data = s.data === undefined ? undefined : bytesOf(s.data);
    const initial = data?.some((byte) => byte !== 0) ? pool.place(data) : undefined;
    return { address: addresses.get(s) ?? 0, bytes: bytesOfStorage(s), initial };
  });
  checkAddressable('working memory', arenaEnd);
  checkAddressable('weights', constantsEnd);
  const constants = new Uint8Array(constantsEnd);
  for (const { address, data } of parts) constants.set(data, address);
  return {
    addressOf: (s) => addresses.get(s) ?? internalError(`storage ${s.name} has no memory`),
    isConstant: (s) => s.storage === 'const' && !moved.has(s),
    arenaBytes: Math.max(arenaAlignment, arenaEnd),
    constants,
    states,
    copies,
  };
}

/** Constants that some call passes for a buffer for which another call passes something else. */
function constantsInArena({ calls }: LoopProgram): Set<Storage> {
  const changing = new Set<unknown>();
  const each = (visit: (buffer: unknown, storage: Storage) => void) => {
    for (const { kernel, args } of calls) {
      for (const [i, buffer] of kernel.buffers.entries()) {
        visit(buffer, args[i]?.storage ?? internalError('an argument is missing'));
      }
    }
  };
  each((buffer, storage) => {
    if (storage.storage !== 'const') changing.add(buffer);
  });
  const moved = new Set<Storage>();
  // A constant that moves takes every buffer that it is passed for along.
  for (let before = -1; before < moved.size; ) {
    before = moved.size;
    each((buffer, storage) => {
      if (storage.storage !== 'const') return;
      if (changing.has(buffer)) moved.add(storage);
      if (moved.has(storage)) changing.add(buffer);
    });
  }
  return moved;
}

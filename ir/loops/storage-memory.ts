// A program's memory as the interpreter sees it: every storage a typed array, those of the arena at their planned
// offsets in one ArrayBuffer, so that a plan that lets two live buffers meet shows as wrong results.
import { internalError } from '../diagnostics.ts';
import { allocateArray, bytesOf, type TensorArray } from '../tensor-data.ts';
import { bytesPerElement, type ElementType } from '../types.ts';
import type { LoopProgram, Storage } from './kernel.ts';

/** Planned offsets are multiples of this many bytes: the widest vector load of any target. */
export const arenaAlignment = 16;

/** What dead bytes of the arena are overwritten with: not a value that arithmetic likes to produce. */
const poisonByte = 0xa5;

/** The contents of a program's storages. Inputs and outputs are bound anew for each run. */
export class StorageMemory {
  private readonly arrays = new Map<Storage, TensorArray>();
  private readonly arena: ArrayBuffer;
  private readonly program: LoopProgram;

  constructor(program: LoopProgram) {
    this.program = program;
    this.arena = new ArrayBuffer(program.arena.bytes);
    for (const s of program.storages) {
      if (s.storage === 'arena') this.arrays.set(s, this.arenaView(s));
      else if (s.storage === 'const') this.bind(s, s.data ?? internalError(`constant ${s.name} has no contents`));
      else if (s.storage === 'state') this.arrays.set(s, allocateArray(s.element, s.length));
    }
    this.reset();
  }

  private arenaView(s: Storage): TensorArray {
    const offset = this.program.arena.offsets.get(s);
    const bytes = s.length * bytesPerElement(s.element);
    if (offset === undefined) return internalError(`arena storage ${s.name} has no offset`);
    if (offset < 0 || offset % arenaAlignment !== 0) {
      return internalError(`arena storage ${s.name} lies at byte ${offset}, not a multiple of ${arenaAlignment}`);
    }
    if (offset + bytes > this.program.arena.bytes) {
      return internalError(`arena storage ${s.name} ends at byte ${offset + bytes} of ${this.program.arena.bytes}`);
    }
    return viewAs(s.element, this.arena, offset, s.length);
  }

  /** States start again from their starting contents; a state without them is zero. */
  reset(): void {
    for (const s of this.program.storages) {
      if (s.storage !== 'state') continue;
      const bytes = bytesOf(this.arrayOf(s));
      if (s.data === undefined) bytes.fill(0);
      else bytes.set(bytesOf(s.data));
    }
  }

  /** Gives a storage its array: element type and length must fit. */
  bind(s: Storage, array: TensorArray): void {
    checkArray(s.name, s.element, s.length, array);
    this.arrays.set(s, array);
  }

  /** Gives each storage zeros of its own. */
  bindFresh(storages: readonly Storage[]): void {
    for (const s of storages) this.arrays.set(s, allocateArray(s.element, s.length));
  }

  arrayOf(s: Storage): TensorArray {
    return this.arrays.get(s) ?? internalError(`storage ${s.name} has no memory`);
  }

  /** Overwrites all bytes of the arena that no storage in `live` covers. */
  poison(live: readonly Storage[]): void {
    const arena = new Uint8Array(this.arena);
    const spans = live
      .filter((s) => s.storage === 'arena')
      .map((s) => this.arrayOf(s))
      .sort((a, b) => a.byteOffset - b.byteOffset);
    let from = 0;
    for (const span of spans) {
      if (span.byteOffset > from) arena.fill(poisonByte, from, span.byteOffset);
      from = Math.max(from, span.byteOffset + span.byteLength);
    }
    arena.fill(poisonByte, from);
  }
}

/** For each call, the storages that it leaves behind for a later call to read. */
export function liveAfterCalls(program: LoopProgram): Storage[][] {
  const first = new Map<Storage, number>();
  const last = new Map<Storage, number>();
  program.calls.forEach((call, i) => {
    for (const { storage } of call.args) {
      if (!first.has(storage)) first.set(storage, i);
      last.set(storage, i);
    }
  });
  return program.calls.map((_, i) => [...first].filter(([s, f]) => f <= i && last.get(s)! > i).map(([s]) => s));
}

/** Throws unless the array has the type in which this element is kept and exactly this length. */
export function checkArray(name: string, element: ElementType, length: number, array: TensorArray): void {
  const expected = allocateArray(element, 0).constructor.name;
  if (array.constructor.name !== expected || array.length !== length) {
    internalError(`${name} needs a ${expected} of ${length}, got ${array.constructor.name} of ${array.length}`);
  }
}

/** A typed array of `length` elements over `buffer`, from a byte offset that is a multiple of the element's size. */
export function viewAs(element: ElementType, buffer: ArrayBuffer, byteOffset: number, length: number): TensorArray {
  switch (element) {
    case 'f32':
      return new Float32Array(buffer, byteOffset, length);
    case 'f16':
      return new Uint16Array(buffer, byteOffset, length);
    case 'i4':
    case 'i8':
      return new Int8Array(buffer, byteOffset, length);
    case 'u8':
    case 'bool':
      return new Uint8Array(buffer, byteOffset, length);
    case 'i16':
      return new Int16Array(buffer, byteOffset, length);
    case 'i32':
      return new Int32Array(buffer, byteOffset, length);
    case 'i64':
      return new BigInt64Array(buffer, byteOffset, length);
  }
}

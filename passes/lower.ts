// lower: a function of integer and float operators becomes a program of kernels. Every value gets a storage, every
// operator its kernels through the schedule; the arena is planned last.
import type { LoweringInput } from '../ir/define-op.ts';
import { fail, internalError } from '../ir/diagnostics.ts';
import type { Argument, Call, LoopProgram, Storage } from '../ir/loops/kernel.ts';
import type { Lowering } from '../ir/loops/lowering.ts';
import type { Buffer, BufferRole } from '../ir/loops/types.ts';
import type { AnyOpDefinition, Func, Op } from '../ir/module.ts';
import { constantOf } from '../ir/ops/constant.ts';
import type { TensorArray } from '../ir/tensor-data.ts';
import type { ElementType } from '../ir/types.ts';
import { KernelPool, nameKernels } from './lower/kernel-pool.ts';
import { packTables } from './lower/pack-tables.ts';
import { sharedExtents, sharedRequantization, shareKernels } from './lower/share-kernels.ts';
import { sparseTables } from './lower/sparse-tables.ts';
import { assignStorages, type StorageAssignment } from './lower/storages.ts';
import { type Lifetime, planArena } from './plan-memory.ts';
import type { Isa } from './schedule/isa.ts';
import { chooseRequantization, chooseRescaledPair } from './schedule/requantization/choose.ts';
import { scheduleKernel } from './schedule/schedule.ts';

export interface LowerOptions {
  readonly name: string;
  /** The instruction set that kernels are scheduled for. */
  readonly isa: Isa;
}

/** Addresses are 32-bit numbers on every target. */
const maxArenaBytes = 2 ** 31 - 1;

/** Lowers a function whose operators are all executable (after make-integer) to a planned program. */
export function lowerFunction(func: Func, options: LowerOptions): LoopProgram {
  return new ProgramLowering(func, options).run();
}

class ProgramLowering {
  private readonly func: Func;
  private readonly options: LowerOptions;
  private readonly storages: StorageAssignment;
  private readonly pool = new KernelPool();
  private readonly calls: Call[] = [];
  /** Storages that may share memory when one ends where the other starts: [result, operand]. */
  private readonly inPlace: (readonly [Storage, Storage])[] = [];

  constructor(func: Func, options: LowerOptions) {
    this.func = func;
    this.options = options;
    this.storages = assignStorages(func);
  }

  run(): LoopProgram {
    const { copies } = this.storages;
    for (const op of this.func.ops) {
      if (op.definition.lower !== undefined) this.lowerOp(op);
      for (const c of copies) if (c.after === op) this.copy(c.from, c.to, c.location);
    }
    for (const c of copies) if (c.after === undefined) this.copy(c.from, c.to, c.location);
    const lowered = this.options.isa.downloaded ? this.compacted() : this.calls;
    const used = new Set(lowered.flatMap((c) => c.args.map((a) => a.storage)));
    const storages = this.storages.finish(used);
    const arena = planArena(lifetimesOf(storages, lowered), this.inPlace);
    if (arena.bytes > maxArenaBytes) {
      fail('I8C0004', `The program needs an arena of ${arena.bytes} bytes.`, {
        hint: `The limit is ${maxArenaBytes}: every address is a 32-bit number.`,
      });
    }
    const calls = shareKernels(lowered, this.options.isa.downloaded ? sharedExtents : sharedRequantization);
    return { name: this.options.name, storages, ...nameKernels(calls), arena };
  }

  /** The calls on tables of fewer bytes. */
  private compacted(): Call[] {
    const make = (name: string, data: Int32Array) => this.storages.addConstant(name, 'i32', data, undefined);
    return packTables(sparseTables(this.calls, make), make);
  }

  private lowerOp(op: Op): void {
    const scope = new OpScope(op, this.storages, this.options.isa);
    const lowerings = op.definition.lower?.(scope.input()) ?? [];
    const first = this.calls.length;
    for (const lowering of lowerings) this.emit(op.definition, lowering, scope, op.location);
    this.noteInPlace(op, this.calls.slice(first));
  }

  /** An operand's memory may become the result's where one call makes the result and reads that memory only as it. */
  private noteInPlace(op: Op, calls: readonly Call[]): void {
    const [call, more] = calls;
    if (call === undefined || more !== undefined) return;
    for (const i of op.definition.inPlace?.(op) ?? []) {
      const operand = this.storages.of(op.operand(i));
      const readers = op.operands.filter((v) => v !== undefined && this.storages.of(v) === operand);
      if (readers.length === 1) this.inPlace.push([this.storages.of(op.result), operand]);
    }
  }

  private emit(definition: AnyOpDefinition, lowering: Lowering, scope: OpScope, location: string): void {
    const { kernel, buffers } = scheduleKernel(lowering, this.options.isa, {
      name: definition.name,
      comment: firstSentence(definition.doc),
      contents: (buffer) => scope.constantContents(buffer),
      constant: (name, element, data, packing) => scope.constantBuffer(name, element, data, packing),
      scratch: (name, element, length) => scope.scratchBuffer(name, element, length),
    });
    const args: Argument[] = buffers.map((b) => ({ storage: scope.storage(b), offset: 0 }));
    this.calls.push({ kernel: this.pool.intern(kernel), args, scalars: [], location });
  }

  private copy(from: Storage, to: Storage, location: string): void {
    const input: Buffer = { name: 'x', element: from.element, length: from.length, role: 'in' };
    const result: Buffer = { name: 'y', element: to.element, length: to.length, role: 'out' };
    const lowering: Lowering = {
      kind: 'map',
      result,
      shape: [to.length],
      body: (b, _index, flat) => b.load(input, flat),
    };
    const { kernel, buffers } = scheduleKernel(lowering, this.options.isa, {
      name: 'copy',
      comment: 'Copies a tensor.',
      contents: () => undefined,
      constant: () => internalError('a copy has no constants'),
      scratch: () => internalError('a copy has no working memory'),
    });
    const storageOf = (b: Buffer) => ({ storage: b === input ? from : to, offset: 0 });
    this.calls.push({ kernel: this.pool.intern(kernel), args: buffers.map(storageOf), scalars: [], location });
  }
}

/** The buffers of one operator while it is lowered, and the storages behind them. */
class OpScope {
  private readonly op: Op;
  private readonly storages: StorageAssignment;
  private readonly isa: Isa;
  private readonly buffers = new Map<Buffer, Storage>();
  private readonly operands = new Map<number, Buffer>();
  private readonly results = new Map<number, Buffer>();

  constructor(op: Op, storages: StorageAssignment, isa: Isa) {
    this.op = op;
    this.storages = storages;
    this.isa = isa;
  }

  storage(buffer: Buffer): Storage {
    return this.buffers.get(buffer) ?? internalError(`${buffer.name} is no buffer of ${this.op.definition.name}`);
  }

  /** What a constant buffer holds; undefined for any other. */
  constantContents(buffer: Buffer): TensorArray | undefined {
    const storage = this.storage(buffer);
    return storage.storage === 'const' ? storage.data : undefined;
  }

  scratchBuffer(name: string, element: ElementType, length: number): Buffer {
    return this.buffer(name, this.storages.addScratch(`${this.base()}_${name}`, element, length), 'scratch');
  }

  constantBuffer(name: string, element: ElementType, data: TensorArray, packing?: string): Buffer {
    return this.buffer(name, this.storages.addConstant(`${this.base()}_${name}`, element, data, packing), 'const');
  }

  input(): LoweringInput<never> {
    const { op } = this;
    const operand = (i: number): Buffer => {
      const known = this.operands.get(i);
      if (known !== undefined) return known;
      const specs = op.definition.operands;
      const spec = specs[Math.min(i, specs.length - 1)]!;
      const name = spec.variadic ? `${spec.name}${i - specs.length + 1}` : spec.name;
      const storage = this.storages.of(op.operand(i), `${this.base()}_${name}`);
      const made = this.buffer(name, storage, storage.storage === 'const' ? 'const' : 'in');
      this.operands.set(i, made);
      return made;
    };
    const result = (i: number): Buffer => {
      const known = this.results.get(i);
      if (known !== undefined) return known;
      const names = op.definition.results;
      const name = names === 'variadic' ? `y${i}` : (names[i] ?? `y${i}`);
      const made = this.buffer(name, this.storages.of(op.results[i] ?? internalError('no such result')), 'out');
      this.results.set(i, made);
      return made;
    };
    const constant = (name: string, element: ElementType, data: TensorArray) =>
      this.constantBuffer(name, element, data);
    return {
      op,
      attributes: op.attributes as never,
      type: (i) => op.operand(i).type,
      resultType: (i) => (op.results[i] ?? internalError('no such result')).type,
      constantOperand: (i) => constantOf(op.operands[i]),
      operand,
      result,
      constant,
      requantization: (r, known) => chooseRequantization(r, known, this.isa, { constant }),
      rescaledPair: (pair) => chooseRescaledPair(pair, this.isa),
      scratch: (name, element, length) => this.scratchBuffer(name, element, length),
    };
  }

  /** What names of this operator's own memory begin with: its result's name, if that is more than a number. */
  private base(): string {
    const name = this.op.results[0]?.name ?? '';
    return /[A-Za-z]/.test(name) ? name : this.op.definition.name;
  }

  private buffer(name: string, storage: Storage, role: BufferRole): Buffer {
    const packing = storage.packing === undefined ? {} : { packing: storage.packing };
    const buffer: Buffer = { name, element: storage.element, length: storage.length, role, ...packing };
    this.buffers.set(buffer, storage);
    return buffer;
  }
}

function firstSentence(doc: string): string {
  const end = /[.:](\s|$)/.exec(doc)?.index ?? doc.length;
  return `${doc.slice(0, end).replaceAll('’', "'")}.`;
}

/** When each arena storage is first written and last used, by position of the call. */
function lifetimesOf(storages: readonly Storage[], calls: readonly Call[]): Lifetime[] {
  const lives = new Map<Storage, { first: number; last: number }>();
  for (const [position, call] of calls.entries()) {
    for (const { storage } of call.args) {
      const life = lives.get(storage);
      if (life === undefined) lives.set(storage, { first: position, last: position });
      else life.last = position;
    }
  }
  return storages.flatMap((storage) => {
    const life = lives.get(storage);
    return storage.storage === 'arena' && life !== undefined ? [{ storage, ...life }] : [];
  });
}

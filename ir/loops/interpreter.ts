// Runs loop kernels and programs directly, instruction by instruction, with every access checked: the meaning of the
// loop IR, and the oracle of all backends. Slow on purpose of being plain; backends/js is the fast way to run loops.
import { internalError } from '../diagnostics.ts';
import type { TensorArray } from '../tensor-data.ts';
import { bytesPerElement } from '../types.ts';
import { argumentLength } from './calls.ts';
import type { Block, Call, ForInstruction, Instruction, Kernel, LoopProgram, LoopValue } from './kernel.ts';
import { type Lanes, type LaneValue, opcodeRow, wrapLane } from './opcodes.ts';
import { checkArray, liveAfterCalls, StorageMemory } from './storage-memory.ts';
import { type Buffer, laneOf, lanesOf } from './types.ts';

export interface InterpreterOptions {
  /** Runs `parallel` loops from the last iteration to the first: a result that changes depends on their order. */
  readonly reverseParallel?: boolean;
}

export interface ProgramOptions extends InterpreterOptions {
  /** Overwrites the arena before a run, and after each call what no later call reads. */
  readonly poison?: boolean;
  /** Called after each call with the arrays of its arguments, in their order. */
  readonly afterCall?: (call: Call, args: readonly TensorArray[]) => void;
}

/** The memory of one kernel buffer. */
interface Binding {
  readonly array: TensorArray;
  /** Bytes from the start of the storage, which every target aligns, to the array. */
  readonly base: number;
}

/** One activation of a kernel: its registers and its memory. */
class Activation {
  private readonly registers = new Map<LoopValue, Lanes>();
  private readonly kernel: Kernel;
  private readonly memory: ReadonlyMap<Buffer, Binding>;
  private readonly options: InterpreterOptions;

  constructor(kernel: Kernel, memory: ReadonlyMap<Buffer, Binding>, options: InterpreterOptions) {
    this.kernel = kernel;
    this.memory = memory;
    this.options = options;
  }

  run(scalars: readonly LaneValue[]): void {
    if (scalars.length !== this.kernel.scalars.length) {
      internalError(`kernel ${this.kernel.name} takes ${this.kernel.scalars.length} scalars, got ${scalars.length}`);
    }
    this.kernel.scalars.forEach((s, i) => {
      this.registers.set(s, [wrapLane(laneOf(s.type), scalars[i]!)]);
    });
    this.block(this.kernel.body, []);
  }

  private get(v: LoopValue): Lanes {
    return this.registers.get(v) ?? internalError(`kernel ${this.kernel.name} reads a value before it is defined`);
  }

  private integer(v: LoopValue): number {
    return Number(this.get(v)[0]);
  }

  /** Runs a block and returns its results. */
  private block(block: Block, args: readonly Lanes[]): Lanes[] {
    block.args.forEach((a, i) => {
      this.registers.set(a, args[i]!);
    });
    for (const instruction of block.body) this.step(instruction);
    return block.results.map((r) => this.get(r));
  }

  private step(i: Instruction): void {
    switch (i.kind) {
      case 'const':
        this.registers.set(i.result, [i.value]);
        return;
      case 'compute': {
        const operands = i.operands.map((o) => this.get(o));
        const types = i.operands.map((o) => o.type);
        this.registers.set(i.result, opcodeRow(i.opcode).evaluate(operands, types, i.result.type, i.immediates));
        return;
      }
      case 'load': {
        const lanes = lanesOf(i.result.type);
        const index = this.integer(i.index);
        const array = this.access('load', i.buffer, index, lanes, i.align);
        this.registers.set(
          i.result,
          Array.from({ length: lanes }, (_, l) => array[index + l]!),
        );
        return;
      }
      case 'store': {
        const value = this.get(i.value);
        const index = this.integer(i.index);
        if (i.buffer.role === 'in' || i.buffer.role === 'const') {
          internalError(`kernel ${this.kernel.name} stores to ${i.buffer.name}, which it may only read`);
        }
        const array = this.access('store', i.buffer, index, value.length, i.align);
        value.forEach((x, l) => {
          writeElement(array, index + l, x);
        });
        return;
      }
      case 'for':
        this.loop(i);
        return;
      case 'if': {
        const taken = this.integer(i.condition) !== 0 ? i.consequent : i.alternate;
        this.assign(i.results, this.block(taken, []));
      }
    }
  }

  private loop(i: ForInstruction): void {
    const lower = this.integer(i.lower);
    const upper = this.integer(i.upper);
    if (i.step < 1) internalError(`kernel ${this.kernel.name} has a loop with step ${i.step}`);
    let carried = i.inits.map((v) => this.get(v));
    if (i.mode === 'parallel' && this.options.reverseParallel) {
      const count = Math.max(0, Math.ceil((upper - lower) / i.step));
      for (let n = count - 1; n >= 0; n--) carried = this.block(i.block, [[lower + n * i.step], ...carried]);
    } else {
      for (let n = lower; n < upper; n += i.step) carried = this.block(i.block, [[n], ...carried]);
    }
    this.assign(i.results, carried);
  }

  private assign(results: readonly LoopValue[], values: readonly Lanes[]): void {
    results.forEach((r, n) => {
      this.registers.set(r, values[n]!);
    });
  }

  /** The memory of a buffer, after checking that elements [index, index + lanes) are its own and are aligned. */
  private access(what: string, buffer: Buffer, index: number, lanes: number, align: number): TensorArray {
    const bound = this.memory.get(buffer);
    const place = `kernel ${this.kernel.name}: ${what} of ${lanes} at ${buffer.name}[${index}]`;
    if (bound === undefined) return internalError(`${place}, which is not a buffer of the kernel`);
    if (index < 0 || index + lanes > bound.array.length) {
      return internalError(`${place} leaves the buffer of ${bound.array.length} elements`);
    }
    if ((bound.base + index * bytesPerElement(buffer.element)) % align !== 0) {
      return internalError(`${place} is not aligned to ${align} bytes`);
    }
    return bound.array;
  }
}

/** Writes one element; small integers keep the low bits, as typed arrays do. */
function writeElement(array: TensorArray, index: number, value: LaneValue): void {
  if (array instanceof BigInt64Array) array[index] = BigInt(value);
  else array[index] = Number(value);
}

/**
 * Runs one kernel on arrays: one per buffer, of its element type and length, taken to be aligned as a storage is.
 * `scalars` are the scalar arguments (bigints for i64, 0 or 1 for bool). Throws an internal error for an access out of
 * bounds, a misaligned one, and a store to a buffer that is only read.
 */
export function runKernel(
  kernel: Kernel,
  buffers: ReadonlyMap<Buffer, TensorArray>,
  scalars: readonly LaneValue[] = [],
  options: InterpreterOptions = {},
): void {
  const memory = new Map<Buffer, Binding>();
  for (const b of kernel.buffers) {
    const array = buffers.get(b) ?? internalError(`kernel ${kernel.name} has no memory for ${b.name}`);
    checkArray(`buffer ${b.name} of kernel ${kernel.name}`, b.element, b.varies ? array.length : b.length, array);
    memory.set(b, { array, base: 0 });
  }
  new Activation(kernel, memory, options).run(scalars);
}

/** A program with its memory. */
export interface InterpretedProgram {
  /** One inference. Inputs in the order of the program's input storages; returns fresh outputs in theirs. */
  run(inputs: readonly TensorArray[]): TensorArray[];
  /** Puts every state back to its starting contents. */
  reset(): void;
}

/** The part of a storage that a call hands to its kernel. */
function bindArguments(call: Call, memory: StorageMemory): Map<Buffer, Binding> {
  const { kernel, args } = call;
  if (args.length !== kernel.buffers.length) {
    internalError(`kernel ${kernel.name} takes ${kernel.buffers.length} buffers, got ${args.length}`);
  }
  return new Map(
    kernel.buffers.map((b, i) => {
      const { storage, offset } = args[i]!;
      const end = offset + argumentLength(b, args[i]!);
      if (offset < 0 || end > storage.length) {
        internalError(`kernel ${kernel.name}: ${b.name} takes [${offset}, ${end}) of ${storage.name}`);
      }
      const array = memory.arrayOf(storage).subarray(offset, end);
      checkArray(`buffer ${b.name} of kernel ${kernel.name}`, b.element, end - offset, array);
      return [b, { array, base: offset * bytesPerElement(b.element) }];
    }),
  );
}

/** Prepares a program to be interpreted over an arena laid out as its plan says. */
export function runProgram(program: LoopProgram, options: ProgramOptions = {}): InterpretedProgram {
  const memory = new StorageMemory(program);
  const live = liveAfterCalls(program);
  const inputs = program.storages.filter((s) => s.storage === 'input');
  const outputs = program.storages.filter((s) => s.storage === 'output');
  return {
    reset: () => memory.reset(),
    run(given) {
      if (given.length !== inputs.length) internalError(`the program takes ${inputs.length} inputs`);
      inputs.forEach((s, i) => {
        memory.bind(s, given[i]!);
      });
      memory.bindFresh(outputs);
      if (options.poison) memory.poison([]);
      program.calls.forEach((call, i) => {
        const bound = bindArguments(call, memory);
        new Activation(call.kernel, bound, options).run(call.scalars);
        options.afterCall?.(
          call,
          call.kernel.buffers.map((b) => bound.get(b)!.array),
        );
        if (options.poison) memory.poison(live[i]!);
      });
      return outputs.map((s) => memory.arrayOf(s));
    },
  };
}

// Prints a loop program as JavaScript: its kernels, and `create()`, which lays out the memory and calls them in order.
import { internalError } from '../../ir/diagnostics.ts';
import type { Argument, Call, Kernel, LoopProgram, Storage } from '../../ir/loops/kernel.ts';
import { wrapLane } from '../../ir/loops/opcodes.ts';
import { programRanges } from '../../ir/loops/program-ranges.ts';
import { type Buffer, laneOf } from '../../ir/loops/types.ts';
import { allocateArray, type TensorArray } from '../../ir/tensor-data.ts';
import type { ElementType } from '../../ir/types.ts';
import { commentText, Names } from './names.ts';
import { type PrintedKernel, printKernel } from './print-kernel.ts';
import { constantRegister, withWide } from './register.ts';
import { Runtime } from './runtime.ts';

/** A program as text that takes its constants from an array named `constants` and defines a function `create`. */
export interface PrintedProgram {
  readonly text: string;
  readonly constants: readonly TensorArray[];
}

/** The JavaScript class of the arrays that hold an element type. */
function arrayClass(element: ElementType): string {
  return allocateArray(element, 0).constructor.name;
}

export interface ProgramPrintOptions {
  /** After each call, its position is handed to a function `afterCall` that the text's surroundings define. */
  readonly afterCall?: boolean;
}

/** Prints everything but the constants' contents. */
export function printProgram(program: LoopProgram, { afterCall = false }: ProgramPrintOptions = {}): PrintedProgram {
  const names = new Names();
  const runtime = new Runtime();
  Runtime.reserve(names);
  const kernels = new Map<Kernel, PrintedKernel>();
  for (const [kernel, ranges] of programRanges(program)) {
    kernels.set(kernel, printKernel(kernel, ranges, names.fresh(kernel.name), names, runtime));
  }
  const create = new CreatePrinter(program, kernels, new Names(names), runtime, afterCall);
  const body = create.print();
  const functions = Array.from(kernels.values(), (k) => `${k.text}\n`).join('');
  return { text: `${runtime.print()}\n${functions}${body}`, constants: create.constants };
}

class CreatePrinter {
  readonly constants: TensorArray[] = [];
  /** Lines of `create` ahead of `run`, and of `run`. */
  private readonly setup: string[] = [];
  private readonly body: string[] = [];
  /** Arrays and views that have a name already, by what they are. */
  private readonly known = new Map<string, string>();
  private readonly arrays = new Map<Storage, string>();

  constructor(
    private readonly program: LoopProgram,
    private readonly kernels: ReadonlyMap<Kernel, PrintedKernel>,
    private readonly names: Names,
    private readonly runtime: Runtime,
    private readonly afterCall: boolean,
  ) {}

  print(): string {
    const { storages, arena, calls } = this.program;
    const resets: string[] = [];
    if (arena.bytes > 0) this.setup.push(`const ${this.names.fresh('arena')} = new ArrayBuffer(${arena.bytes});`);
    for (const word of ['inputs', 'outputs', 'run', 'reset']) this.names.fresh(word);
    const counts = { input: 0, output: 0 };
    for (const s of storages) {
      const name = this.names.fresh(s.name);
      this.arrays.set(s, name);
      if (s.storage === 'input' || s.storage === 'output') this.bindPort(s, name, counts[s.storage]++);
      else this.setup.push(`const ${name} = ${this.memoryOf(s)};`);
      if (s.storage !== 'state') continue;
      resets.push(s.data === undefined ? `${name}.fill(${zeroOf(s)});` : `${name}.set(${this.constant(s.data)});`);
    }
    for (const [i, call] of calls.entries()) {
      this.call(call);
      if (this.afterCall) this.body.push(`afterCall(${i});`);
    }
    const indented = (lines: readonly string[], by: string) => lines.map((l) => `${by}${l}\n`).join('');
    return [
      `function create() {\n${indented(this.setup, '  ')}`,
      `  const reset = () => {\n${indented(resets, '    ')}  };\n`,
      `  const run = (inputs, outputs) => {\n${indented(this.body, '    ')}  };\n`,
      '  reset();\n  return { run, reset };\n}\n',
    ].join('');
  }

  private constant(data: TensorArray): string {
    const known = this.constants.indexOf(data);
    return `constants[${known >= 0 ? known : this.constants.push(data) - 1}]`;
  }

  private memoryOf(s: Storage): string {
    switch (s.storage) {
      case 'const':
        return this.constant(s.data ?? internalError(`constant ${s.name} has no contents`));
      case 'arena': {
        const offset = this.program.arena.offsets.get(s) ?? internalError(`arena storage ${s.name} has no offset`);
        return `new ${arrayClass(s.element)}(arena, ${offset}, ${s.length})`;
      }
      default:
        return `new ${arrayClass(s.element)}(${s.length})`;
    }
  }

  /** Inputs and outputs are used where the caller has them. */
  private bindPort(s: Storage, name: string, i: number): void {
    const check = this.runtime.use('checked');
    const array = `${s.storage}s[${i}]`;
    this.body.push(`const ${name} = ${check}(${array}, ${arrayClass(s.element)}, ${s.length}, '${s.storage} ${i}');`);
  }

  private call(call: Call): void {
    const printed = this.kernels.get(call.kernel) ?? internalError(`kernel ${call.kernel.name} is not printed`);
    const buffers = printed.parameters.map(({ buffer, words }) => {
      const argument = call.args[call.kernel.buffers.indexOf(buffer)];
      if (argument === undefined) return internalError(`a call of ${call.kernel.name} lacks ${buffer.name}`);
      const view = this.view(argument, buffer);
      return words ? this.named(argument, `${view}_words`, `${this.runtime.use('wordsOf')}(${view})`) : view;
    });
    const scalars = call.kernel.scalars.map((s, i) => {
      const value = call.scalars[i] ?? internalError(`a call of ${call.kernel.name} lacks scalar ${i}`);
      const register = constantRegister(s.type, [wrapLane(laneOf(s.type), value)]);
      return withWide(register, printed.wideScalars[i] ?? false).lanes[0];
    });
    if (call.location !== '') this.body.push(`// ${commentText(call.location)}`);
    this.body.push(`${printed.name}(${[...buffers, ...scalars].join(', ')});`);
  }

  /** The part of a storage that a call passes for a buffer. */
  private view({ storage, offset }: Argument, buffer: Buffer): string {
    const array = this.arrays.get(storage) ?? internalError(`a call uses ${storage.name}, which is not a storage`);
    if (offset === 0 && buffer.length === storage.length) return array;
    const end = offset + buffer.length;
    return this.named({ storage, offset }, `${array}_${offset}`, `${array}.subarray(${offset}, ${end})`);
  }

  /** A local for an expression over a storage: made once, or in each run where the storage is the caller's. */
  private named({ storage }: Argument, hint: string, text: string): string {
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const name = this.names.fresh(hint);
    const perRun = storage.storage === 'input' || storage.storage === 'output';
    (perRun ? this.body : this.setup).push(`const ${name} = ${text};`);
    this.known.set(text, name);
    return name;
  }
}

function zeroOf(s: Storage): string {
  return s.element === 'i64' ? '0n' : '0';
}

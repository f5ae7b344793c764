// Builds the WebAssembly module of a program: memory, one function for each kernel, `invoke` and `reset`.
import binaryen from 'binaryen';
import { internalError } from '../../ir/diagnostics.ts';
import type { Call, Kernel, LoopProgram } from '../../ir/loops/kernel.ts';
import { mapKernels } from '../../ir/loops/map-kernels.ts';
import { type LaneValue, wrapLane } from '../../ir/loops/opcodes.ts';
import { prepareForPrinting } from '../../ir/loops/prepare-for-printing.ts';
import { programRanges } from '../../ir/loops/program-ranges.ts';
import { shareValues } from '../../ir/loops/share-values.ts';
import { type Buffer, laneOf } from '../../ir/loops/types.ts';

import { bytesPerElement } from '../../ir/types.ts';
import type { Base } from './addressing.ts';
import { featureBits, type WasmFeatures } from './features.ts';
import { FunctionCode } from './function-code.ts';
import { type KernelPlacement, printKernel } from './kernel-printer.ts';
import { layOutMemory, type MemoryLayout } from './memory-layout.ts';
import { optimize } from './optimize.ts';
import { Runtime } from './runtime.ts';
import { scalarType, shapeOf } from './shape.ts';
import { constant, wasmTypes } from './site.ts';
import { constantVectors } from './vector-constants.ts';

export interface WasmModule {
  readonly binary: Uint8Array;
  readonly layout: MemoryLayout;
}

export interface WasmModuleOptions {
  /** Also exports every call by itself, as `call0`, `call1` ..., so that each can be timed. */
  readonly callExports?: boolean;
}

/** The module of a program. The same program and options give the same bytes. */
export function buildModule(
  program: LoopProgram,
  features: WasmFeatures,
  { callExports = false }: WasmModuleOptions = {},
): WasmModule {
  const expanded = withSharedValues(prepareForPrinting(program));
  const layout = layOutMemory(expanded, features === 'scalar' ? [] : constantVectors(expanded));
  const m = new binaryen.Module();
  try {
    m.setFeatures(featureBits(features));
    const segments = layout.segments.map(({ address, data }) => ({ offset: m.i32.const(address), data }));
    m.setMemory(layout.pages, layout.pages, 'memory', segments);
    new ProgramPrinter(m, expanded, layout, features).print(callExports);
    if (m.validate() === 0) internalError('the wasm module is not valid');
    optimize(m);
    return { binary: m.emitBinary(), layout };
  } finally {
    m.dispose();
  }
}

function withSharedValues(program: LoopProgram): LoopProgram {
  const ranges = programRanges(program);
  return mapKernels(program, (kernel) => {
    const known = ranges.get(kernel);
    return known === undefined ? kernel : shareValues(kernel, known);
  });
}

/** A kernel's function, and which of its buffers and scalars each call passes. */
interface KernelFunction {
  readonly name: string;
  readonly buffers: readonly number[];
  readonly scalars: readonly number[];
}

class ProgramPrinter {
  private readonly calls = new Map<Kernel, Call[]>();
  private readonly runtime: Runtime;

  constructor(
    private readonly m: binaryen.Module,
    private readonly program: LoopProgram,
    private readonly layout: MemoryLayout,
    private readonly features: WasmFeatures,
  ) {
    this.runtime = new Runtime(m, features !== 'scalar');
    for (const call of program.calls) {
      const known = this.calls.get(call.kernel);
      if (known === undefined) this.calls.set(call.kernel, [call]);
      else known.push(call);
    }
  }

  print(callExports: boolean): void {
    const { m } = this;
    const ranges = programRanges(this.program);
    const functions = new Map<Kernel, KernelFunction>();
    for (const kernel of this.calls.keys()) {
      const known = ranges.get(kernel) ?? internalError(`kernel ${kernel.name} was not analysed`);
      functions.set(
        kernel,
        this.kernel(kernel, `kernel${functions.size}`, (code, placement) =>
          printKernel(code, kernel, known, placement),
        ),
      );
    }
    const { calls } = this.program;
    const step = (call: Call) => this.call(call, functions.get(call.kernel));
    const exported = (name: string, steps: readonly Call[]) => {
      m.addFunction(name, binaryen.none, binaryen.none, [], m.block(null, steps.map(step)));
      m.addFunctionExport(name, name);
    };
    exported('invoke', calls);
    if (callExports) for (const [i, call] of calls.entries()) exported(`call${i}`, [call]);
    this.reset();
  }

  private address(call: Call, position: number): number {
    const { kernel } = call;
    const buffer = kernel.buffers[position] ?? internalError(`kernel ${kernel.name} has no buffer ${position}`);
    const argument = call.args[position] ?? internalError(`a call of ${kernel.name} lacks ${buffer.name}`);
    return this.layout.addressOf(argument.storage) + argument.offset * bytesPerElement(buffer.element);
  }

  /** True when two buffers of a call share no byte. */
  private areApart(call: Call, a: number, b: number): boolean {
    const [first, second] = [a, b].map((position) => {
      const { length, element } = call.kernel.buffers[position] ?? internalError('a kernel lacks a buffer');
      const from = this.address(call, position);
      return { from, to: from + length * bytesPerElement(element) };
    }) as [{ from: number; to: number }, { from: number; to: number }];
    return first.to <= second.from || second.to <= first.from;
  }

  private scalarArgument({ kernel, scalars }: Call, position: number): LaneValue {
    const lane = laneOf(kernel.scalars[position]?.type ?? 'i32');
    const value = scalars[position] ?? internalError(`a call of ${kernel.name} lacks scalar ${position}`);
    return wrapLane(lane, lane === 'i64' ? BigInt(value) : value);
  }

  /** What all calls pass alike is known inside of the function; the rest are its parameters. */
  private kernel(
    kernel: Kernel,
    name: string,
    print: (code: FunctionCode, placement: KernelPlacement) => void,
  ): KernelFunction {
    const { m } = this;
    const calls = this.calls.get(kernel) ?? [];
    const differs =
      <T>(of: (call: Call, position: number) => T) =>
      (position: number) =>
        calls.some((call) => !Object.is(of(call, position), of(calls[0]!, position)));
    const buffers = [...kernel.buffers.keys()].filter(differs((c, i) => this.address(c, i)));
    const scalars = [...kernel.scalars.keys()].filter(differs((c, i) => this.scalarArgument(c, i)));
    const types = [
      ...buffers.map(() => binaryen.i32),
      ...scalars.map((i) => wasmTypes[scalarType(laneOf(kernel.scalars[i]!.type))]),
    ];
    const code = new FunctionCode(m, types.length, this.layout.addressOfConstant);
    const bases = new Map<Buffer, Base>(
      kernel.buffers.map((buffer, i) => {
        const at = buffers.indexOf(i);
        return [buffer, at < 0 ? this.address(calls[0]!, i) : code.parameter(at, binaryen.i32).get];
      }),
    );
    const body = code.collect(() =>
      print(code, {
        features: this.features,
        runtime: this.runtime,
        areApart: (a, b) =>
          calls.every((call) => this.areApart(call, kernel.buffers.indexOf(a), kernel.buffers.indexOf(b))),
        base: (buffer) => bases.get(buffer) ?? internalError(`${buffer.name} is no buffer of ${kernel.name}`),
        scalar: (i) => {
          const at = scalars.indexOf(i);
          if (at < 0) return this.scalarArgument(calls[0]!, i);
          const position = buffers.length + at;
          const shape = shapeOf(kernel.scalars[i]!.type, this.features !== 'scalar');
          return { shape, pieces: [code.parameter(position, types[position]!).get] };
        },
      }),
    );
    m.addFunction(name, binaryen.createType(types), binaryen.none, code.variables, body);
    return { name, buffers, scalars };
  }

  private call(call: Call, f: KernelFunction | undefined): binaryen.ExpressionRef {
    const { m } = this;
    if (f === undefined) return internalError(`kernel ${call.kernel.name} has no function`);
    const scalars = f.scalars.map((i) =>
      constant(m, scalarType(laneOf(call.kernel.scalars[i]!.type)), this.scalarArgument(call, i)),
    );
    return m.call(f.name, [...f.buffers.map((i) => m.i32.const(this.address(call, i))), ...scalars], binaryen.none);
  }

  /** Puts states back. It also runs when the module starts, where a state does not start as zeros. */
  private reset(): void {
    const { m } = this;
    const { i32 } = m;
    const steps = this.layout.states.map(({ address, bytes, initial }) =>
      initial === undefined
        ? m.memory.fill(i32.const(address), i32.const(0), i32.const(bytes))
        : m.memory.copy(i32.const(address), i32.const(initial), i32.const(bytes)),
    );
    const reset = m.addFunction('reset', binaryen.none, binaryen.none, [], m.block(null, steps));
    m.addFunctionExport('reset', 'reset');
    if (this.layout.states.some((s) => s.initial !== undefined)) m.setStart(reset);
  }
}

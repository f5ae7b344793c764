// Prints a loop program as one WGSL module, an entry point for each kernel, and lists the dispatches that run it.
import { internalError } from '../../ir/diagnostics.ts';
import { callsByKernel } from '../../ir/loops/calls.ts';
import type { Argument, Call, Kernel, LoopProgram, LoopValue } from '../../ir/loops/kernel.ts';
import { mapKernels } from '../../ir/loops/map-kernels.ts';
import { type LaneValue, wrapLane } from '../../ir/loops/opcodes.ts';
import { prepareForPrinting } from '../../ir/loops/prepare-for-printing.ts';
import { programRanges } from '../../ir/loops/program-ranges.ts';
import type { KernelRanges } from '../../ir/loops/ranges.ts';
import { shareValues } from '../../ir/loops/share-values.ts';
import { type Buffer, laneOf } from '../../ir/loops/types.ts';
import { bytesPerElement } from '../../ir/types.ts';
import { type Code, call as callOf, primary } from './code.ts';
import { type BufferPlace, printKernelBody } from './kernel-printer.ts';
import { type Launch, launchOf } from './launch.ts';
import { layOutMemory, type MemoryLayout } from './memory-layout.ts';
import { commentText, Names } from './names.ts';
import { packedFunctionsFor } from './packed-functions.ts';
import { type Register, registerOf } from './register.ts';
import { splitKernels } from './split-kernels.ts';
import { Support } from './support.ts';

/** One dispatch of an inference, in order. */
export interface Dispatch {
  /** The entry point. */
  readonly entry: string;
  /** Values of its constants that differ from dispatch to dispatch. */
  readonly constants: Readonly<Record<string, number>>;
  readonly workgroups: readonly [x: number, y: number];
  /** The operators of the user's model that it comes from. */
  readonly location: string;
}

export interface WgslModule {
  readonly text: string;
  /** What to add where the builtins of packed_4x8_integer_dot_product are missing or slow. */
  readonly packedFunctions: string;
  readonly dispatches: readonly Dispatch[];
  readonly layout: MemoryLayout;
}

/** Invocations per workgroup: two or one of every GPU's own groups, and far below every limit. */
const workgroupSize = 64;

/** WebGPU's default limit of maxComputeWorkgroupsPerDimension. */
const maxWorkgroups = 65535;

export function printModule(source: LoopProgram): WgslModule {
  const program = splitKernels(prepareForPrinting(source));
  const ranges = programRanges(program);
  const shared = mapKernels(program, (kernel) => {
    const known = ranges.get(kernel);
    return known === undefined ? kernel : shareValues(kernel, known);
  });
  return new ModulePrinter(shared).print();
}

/** A constant of the module that an entry point reads: one value, or one per call. */
interface Parameter {
  readonly name: string;
  readonly values: readonly number[];
  readonly type: 'i32' | 'u32';
}

class ModulePrinter {
  private readonly program: LoopProgram;
  private readonly layout: MemoryLayout;
  private readonly names = new Names();
  private readonly support = new Support();
  private readonly entries: string[] = [];
  /** What each call sets of its kernel's entry point. */
  private readonly dispatches = new Map<Call, Omit<Dispatch, 'location'>>();

  constructor(program: LoopProgram) {
    this.program = program;
    this.layout = layOutMemory(program);
  }

  print(): WgslModule {
    Support.reserve(this.names);
    const ranges = programRanges(this.program);
    for (const [kernel, calls] of callsByKernel(this.program)) {
      this.entry(kernel, calls, ranges.get(kernel) ?? internalError(`kernel ${kernel.name} has no ranges`));
    }
    const functions = this.support.print();
    const entries = this.entries.join('\n');
    const text = [this.head(`${functions}${entries}`), functions, entries].filter((t) => t !== '').join('\n');
    return {
      text,
      packedFunctions: packedFunctionsFor(text),
      dispatches: this.program.calls.map((c) => {
        const made = this.dispatches.get(c) ?? internalError(`a call of ${c.kernel.name} is not printed`);
        return { ...made, location: c.location };
      }),
      layout: this.layout,
    };
  }

  private head(body: string): string {
    const memory = [
      '@group(0) @binding(0) var<storage, read_write> arena: array<u32>;',
      ...(body.includes('atomics[')
        ? ['@group(0) @binding(0) var<storage, read_write> atomics: array<atomic<u32>>;']
        : []),
      '@group(0) @binding(1) var<storage, read> constants: array<u32>;',
      ...(body.includes('wide_constants[')
        ? ['@group(0) @binding(2) var<storage, read> wide_constants: array<vec4u>;']
        : []),
    ];
    return [
      `// ${commentText(this.program.name)}: a neural network as compute shaders, written by int8c.`,
      '//',
      '// Every tensor is a run of little-endian elements in the arena, the memory that the network works in, or in the',
      '// constants; both are 32-bit words. Indices count elements of the type that is read or written. Each entry point',
      '// is one or several operators; the loader dispatches them in order.',
      '',
      ...memory,
      '',
    ].join('\n');
  }

  private entry(kernel: Kernel, calls: readonly Call[], ranges: KernelRanges): void {
    const name = this.names.fresh(kernel.name);
    const parameters: Parameter[] = [];
    const parameter = (hint: string, values: readonly number[], type: Parameter['type']): string => {
      const made = { name: this.names.fresh(`${name}_${hint}`), values, type };
      parameters.push(made);
      return made.name;
    };
    const addresses = new Map(kernel.buffers.map((b, i) => [b, this.addresses(b, i, calls)]));
    const alignment = (b: Buffer) => alignmentOf(addresses.get(b) ?? []);
    const launch = launchOf(kernel, ranges, alignment);
    const places = new Map(
      kernel.buffers.map((buffer, i) => {
        const isConstant = calls.every((c) => this.layout.isConstant(argumentOf(c, i).storage));
        const bytes = bytesPerElement(buffer.element);
        const base = parameter(buffer.name, addresses.get(buffer)?.map((a) => a / bytes) ?? [], 'i32');
        const space = isConstant ? 'constants' : launch.atomic ? 'atomics' : 'arena';
        return [buffer, { space, base, alignment: alignment(buffer) } satisfies BufferPlace] as const;
      }),
    );
    const lines = printKernelBody(
      {
        ...{ kernel, ranges, launch, outer: this.names, support: this.support },
        placeOf: (b) => places.get(b) ?? internalError(`kernel ${kernel.name} has no buffer ${b.name}`),
        scalarOf: (s) => this.scalar(kernel, s, calls, parameter),
      },
      'place',
    );
    this.entries.push(entryText(name, kernel, calls, launch, parameters, lines));
    calls.forEach((c, n) => {
      const different = parameters.filter((p) => !isFixed(p));
      const constants = Object.fromEntries(different.map((p) => [p.name, p.values[n] ?? 0]));
      this.dispatches.set(c, { entry: name, constants, workgroups: workgroupsOf(launch.invocations) });
    });
  }

  /** Where each call has a buffer of its kernel, in bytes from the start of its memory. */
  private addresses(buffer: Buffer, position: number, calls: readonly Call[]): number[] {
    return calls.map((c) => {
      const { storage, offset } = argumentOf(c, position);
      return this.layout.addressOf(storage) + offset * bytesPerElement(buffer.element);
    });
  }

  private scalar(kernel: Kernel, scalar: LoopValue, calls: readonly Call[], parameter: NewParameter): Register {
    const i = kernel.scalars.indexOf(scalar);
    const lane = laneOf(scalar.type);
    const words = calls.map((c) => scalarWords(wrapLane(lane, c.scalars[i] ?? 0), lane));
    const word = (w: number, suffix = '') =>
      primary(
        parameter(
          `${scalar.name ?? 'scalar'}${suffix}`,
          words.map((x) => x[w] ?? 0),
          'u32',
        ),
      );
    return registerOf(scalar.type, [this.scalarCode(lane, word)]);
  }

  private scalarCode(lane: string, word: (w: number, suffix?: string) => Code): Code {
    switch (lane) {
      case 'f32':
        return callOf(this.support.use('float_of_bits'), word(0));
      case 'i64':
        return callOf('vec2u', word(0, '_low'), word(1, '_high'));
      case 'bool':
        return callOf('bool', word(0));
      default:
        return callOf('i32', word(0));
    }
  }
}

function entryText(
  name: string,
  kernel: Kernel,
  calls: readonly Call[],
  { invocations }: Launch,
  parameters: readonly Parameter[],
  lines: readonly string[],
): string {
  const body = lines.join('\n');
  const used = parameters.filter((p) => new RegExp(`\\b${p.name}\\b`).test(body));
  const constants = used.map((p) => {
    const suffix = p.type === 'u32' ? 'u' : '';
    return `${isFixed(p) ? 'const' : 'override'} ${p.name}: ${p.type} = ${p.values[0]}${suffix};\n`;
  });
  const locations = [...new Set(calls.map((c) => c.location))]
    .filter((l) => l !== '')
    .map((l) => `// ${commentText(l)}\n`);
  const rows = workgroupsOf(invocations)[1];
  const place =
    rows === 1
      ? '  let place = invocation.x;\n'
      : `  let place = invocation.x + invocation.y * ${maxWorkgroups * workgroupSize}u;\n`;
  const [argument, start] = invocations === 1 ? ['', ''] : ['@builtin(global_invocation_id) invocation: vec3u', place];
  return [
    `// ${commentText(kernel.comment)}\n`,
    ...locations,
    ...constants,
    `@compute @workgroup_size(${invocations === 1 ? 1 : workgroupSize})\n`,
    `fn ${name}(${argument}) {\n${start}${body}\n}\n`,
  ].join('');
}

type NewParameter = (hint: string, values: readonly number[], type: Parameter['type']) => string;

function argumentOf(call: Call, position: number): Argument {
  return call.args[position] ?? internalError(`a call of ${call.kernel.name} lacks argument ${position}`);
}

/** Widest access of memory: four words. */
const widestAccess = 16;

/** The power of two, up to the widest access, that divides every address. */
function alignmentOf(addresses: readonly number[]): number {
  let alignment = widestAccess;
  while (addresses.some((a) => a % alignment !== 0)) alignment /= 2;
  return alignment;
}

/** True when every call gives the parameter the same value. */
function isFixed(p: Parameter): boolean {
  return p.values.every((v) => v === p.values[0]);
}

/** The 32-bit words of a scalar argument. */
function scalarWords(x: LaneValue, lane: string): number[] {
  if (lane === 'f32') return [...new Uint32Array(Float32Array.of(Number(x)).buffer)];
  const long = BigInt.asUintN(64, BigInt(x));
  return [Number(long & 0xffffffffn), Number(long >> 32n)];
}

/** Workgroups for so many invocations: in rows where one dimension does not hold them. */
function workgroupsOf(invocations: number): [number, number] {
  if (invocations === 1) return [1, 1];
  const groups = Math.ceil(invocations / workgroupSize);
  return groups <= maxWorkgroups ? [groups, 1] : [maxWorkgroups, Math.ceil(groups / maxWorkgroups)];
}

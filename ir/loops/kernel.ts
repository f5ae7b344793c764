// The loop IR's structure: a program calls kernels in order; a kernel is structured loops over scalars, vectors and
// buffers. Values are in SSA form; loops and conditionals carry values in and out by block arguments and results.
import type { TensorArray } from '../tensor-data.ts';
import type { ElementType, Quantization } from '../types.ts';
import type { Immediates, LaneValue, Opcode } from './opcodes.ts';
import type { Buffer, LoopType } from './types.ts';

/** A register: defined once, by an instruction, a block argument or a kernel parameter. */
export interface LoopValue {
  readonly type: LoopType;
  /** A hint for printed names: `acc`, `row`. */
  readonly name?: string | undefined;
  /** The instruction that defines it; absent for block arguments and kernel parameters. */
  readonly definition?: Instruction | undefined;
}

/** Instructions in order, and the values that the block hands to what encloses it. */
export interface Block {
  readonly args: readonly LoopValue[];
  readonly body: Instruction[];
  readonly results: readonly LoopValue[];
}

export interface ConstInstruction {
  readonly kind: 'const';
  readonly value: LaneValue;
  readonly result: LoopValue;
}

export interface ComputeInstruction {
  readonly kind: 'compute';
  readonly opcode: Opcode;
  readonly operands: readonly LoopValue[];
  readonly immediates: Immediates;
  readonly result: LoopValue;
}

/** Reads `buffer[index]`, or as many consecutive elements as the vector type has lanes. */
export interface LoadInstruction {
  readonly kind: 'load';
  readonly buffer: Buffer;
  readonly index: LoopValue;
  /** Bytes to which the address is known to be aligned. */
  readonly align: number;
  readonly result: LoopValue;
}

/** Writes an element (keeping the low bits) or consecutive elements. */
export interface StoreInstruction {
  readonly kind: 'store';
  readonly buffer: Buffer;
  readonly index: LoopValue;
  readonly value: LoopValue;
  readonly align: number;
}

/**
 * for (i = lower; i < upper; i += step). `serial` loops run in order and may carry values; `unrolled` says that a
 * backend should print every iteration; `parallel` says that iterations are independent (no carried values), so a GPU
 * may run them as invocations.
 */
export interface ForInstruction {
  readonly kind: 'for';
  readonly mode: LoopMode;
  readonly lower: LoopValue;
  readonly upper: LoopValue;
  readonly step: number;
  readonly inits: readonly LoopValue[];
  /** Arguments: the counter, then one for each carried value. Results: the next carried values. */
  readonly block: Block;
  readonly results: readonly LoopValue[];
}

export type LoopMode = 'serial' | 'unrolled' | 'parallel';

export interface IfInstruction {
  readonly kind: 'if';
  readonly condition: LoopValue;
  readonly consequent: Block;
  readonly alternate: Block;
  readonly results: readonly LoopValue[];
}

export type Instruction =
  | ConstInstruction
  | ComputeInstruction
  | LoadInstruction
  | StoreInstruction
  | ForInstruction
  | IfInstruction;

export interface Kernel {
  readonly name: string;
  /** What the kernel does, for a reader of generated code. */
  readonly comment: string;
  readonly buffers: readonly Buffer[];
  /** Scalar parameters, after the buffers. */
  readonly scalars: readonly LoopValue[];
  readonly body: Block;
}

/** Where a program's buffer lives. */
export type StorageClass = 'input' | 'output' | 'const' | 'state' | 'arena';

/** A buffer of the program. `arena` buffers share the arena by offset once memory is planned. */
export interface Storage {
  readonly name: string;
  readonly storage: StorageClass;
  readonly element: ElementType;
  readonly length: number;
  readonly packing?: string;
  /** Contents of a `const`, the starting contents of a `state`. */
  readonly data?: TensorArray;
  /** What the user calls it, its shape and quantization: inputs, outputs and states. */
  readonly tensor?: InterfaceTensor;
}

export interface InterfaceTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly quant?: Quantization;
}

/** One argument of a call: a storage, from an element offset on. */
export interface Argument {
  readonly storage: Storage;
  readonly offset: number;
}

export interface Call {
  readonly kernel: Kernel;
  readonly args: readonly Argument[];
  readonly scalars: readonly number[];
  /** The operators of the user's model that this call comes from. */
  readonly location: string;
}

export interface LoopProgram {
  readonly name: string;
  /** Inputs and outputs appear in the order of the model. States keep their contents from run to run. */
  readonly storages: readonly Storage[];
  readonly kernels: readonly Kernel[];
  readonly calls: readonly Call[];
  readonly arena: ArenaPlan;
}

/** Byte offsets of the arena's storages. */
export interface ArenaPlan {
  readonly offsets: ReadonlyMap<Storage, number>;
  readonly bytes: number;
  /** The largest set of bytes live at one moment: no plan can be smaller. */
  readonly lowerBound: number;
}

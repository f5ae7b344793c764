// NAME.d.ts: the loader's types, with every tensor's own.
import type { LoopProgram } from '../../ir/loops/kernel.ts';
import { portDeclarations } from '../port-text.ts';

/** The declarations' text; `name` is an identifier. */
export function printDeclarations(name: string, program: LoopProgram): string {
  const head = `// ${name}: a neural network as WebGPU compute shaders, written by int8c.\n\n`;
  return [head, portDeclarations(program), modelDeclarations].join('');
}

/** WebGPU's own types belong to no library that every project has, so they are described by what is used of them. */
const modelDeclarations = `
/** A GPUBuffer. */
export interface Buffer {
  readonly size: number;
  readonly usage: number;
}

/** A GPUDevice. */
export interface Device {
  readonly queue: object;
  readonly limits: object;
}

/** A GPUCommandEncoder. */
export interface CommandEncoder {
  beginComputePass(): object;
}

/** Where a tensor is in the arena: \`size\` bytes from \`offset\` on, row by row. */
export interface Place {
  readonly offset: number;
  readonly size: number;
  readonly length: number;
}

/** Inputs as typed arrays, or in GPUBuffers (usage COPY_SRC) of at least as many bytes, in multiples of 4. */
export type Feeds = { readonly [Name in keyof Inputs]: Inputs[Name] | Buffer };

/** GPUBuffers (usage COPY_DST) that take outputs, so that these stay on the GPU. */
export type Targets = { readonly [Name in keyof Outputs]?: Buffer };

/** The outputs: where a buffer was given for one, that buffer, else its contents. */
export type Results<T extends Targets> = {
  readonly [Name in keyof Outputs]: Name extends keyof T ? T[Name] : Outputs[Name];
};

/** An instance of the network with memory of its own. */
export interface Model {
  /** The memory that the network works in: a GPUBuffer with the usages STORAGE, COPY_SRC and COPY_DST. */
  readonly arena: Buffer;
  /** Where inputs and outputs are in the arena. */
  readonly inputs: { readonly [Name in keyof Inputs]: Place };
  readonly outputs: { readonly [Name in keyof Outputs]: Place };
  /**
   * Runs the network once, as one command buffer. Every input must be fed. Runs follow each other in the order of their
   * calls. Throws a TypeError for an input that is missing, unknown, or of a wrong type or length.
   */
  run<T extends Targets = Record<never, never>>(inputs: Feeds, options?: { readonly outputs?: T }): Promise<Results<T>>;
  /** Adds an inference to a command encoder: on the inputs that are in the arena, leaving the outputs there. */
  encode(encoder: CommandEncoder): void;
  /** Puts the network's state back to where it starts. */
  reset(): void;
  /** Frees the network's memory on the GPU. */
  destroy(): void;
}

export interface CreateOptions {
  /**
   * Finds a file of the network: its URL (a string is relative to the loader), its bytes, or a response that holds it. By
   * default it lies beside the loader.
   */
  readonly locate?: (file: string) => unknown;
  /**
   * Whether shaders call the builtins of WGSL's language feature packed_4x8_integer_dot_product, or functions that do the
   * same. By default they do where \`gpu\` knows it and the adapter is no software. Results are equal.
   */
  readonly builtins?: boolean;
  /** The GPU object that the device comes from, where that is not navigator.gpu: it says what its WGSL knows. */
  readonly gpu?: object;
}

/** What a device must allow, beyond what every device does: for adapter.requestDevice({ requiredLimits }). */
export declare const requiredLimits: { readonly [limit: string]: number };

/** Makes an instance: pipelines, memory, bindings. Each call gives one of its own. */
export declare function createModel(device: Device, options?: CreateOptions): Promise<Model>;
`;

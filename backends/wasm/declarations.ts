// NAME.d.ts: the loader's types, with every tensor's own.
import type { LoopProgram } from '../../ir/loops/kernel.ts';
import { portDeclarations } from '../port-text.ts';

/** The declarations' text; `name` is an identifier. */
export function printDeclarations(name: string, program: LoopProgram): string {
  const head = `// ${name}: a neural network as WebAssembly, written by int8c.\n\n`;
  return [head, portDeclarations(program), modelDeclarations].join('');
}

const modelDeclarations = `
/** An instance of the network with memory of its own. */
export interface Model {
  /** The inputs' memory: written in place, an input needs no copy. It stays valid as long as the model. */
  readonly inputs: Inputs;
  /** The outputs' memory: the next run overwrites it. */
  readonly outputs: Outputs;
  /**
   * Runs the network once. Every input must be fed; an array of \`model.inputs\` itself is used in place. Returns copies of
   * the outputs, or with \`copy: false\` the memory in which the next run writes its own. Throws a TypeError for an input
   * that is missing, unknown, or of a wrong type or length.
   */
  run(inputs: Inputs, options?: { readonly copy?: boolean }): Outputs;
  /**
   * Runs the network on samples that lie one behind the other in each array: n samples give n results, in the same way.
   * State is kept from sample to sample.
   */
  runBatch(inputs: Inputs): Outputs;
  /** Runs the network on what is in \`inputs\`, into \`outputs\`. */
  invoke(): void;
  /** Puts the network's state back to where it starts. */
  reset(): void;
}

export interface LoadOptions {
  /**
   * Finds a file of the network: its URL (a string is relative to the loader), its bytes, a response that holds it, or
   * the compiled module. By default it lies beside the loader, or inside of it.
   */
  readonly locate?: (file: string) => unknown;
}

/** Makes an instance. Each call gives one of its own. */
export declare function load(options?: LoadOptions): Promise<Model>;
`;

// What the compiler says of models that it must refuse.
import { CompileError, type Diagnostic } from '../../ir/diagnostics.ts';
import { compile, type ImportOptions, importModel } from '../../src/index.ts';
import { type Graph, type Node, type Tensor, tensorInput } from './write-model.ts';

/** What the compiler says of these bytes, which it must refuse. */
export async function diagnose(bytes: Uint8Array, options: ImportOptions = {}): Promise<readonly Diagnostic[]> {
  try {
    await compile(await importModel(bytes, options), { target: 'c' });
  } catch (error) {
    if (error instanceof CompileError) return error.diagnostics;
    throw error;
  }
  throw new Error('the model compiles');
}

export const codes = async (bytes: Uint8Array, options?: ImportOptions) => [
  ...new Set((await diagnose(bytes, options)).map((d) => d.code)),
];

/** A graph from `x`, four floats, to `y`. */
export const graphOf = (nodes: Node[], initializer: Tensor[] = [], rest: Graph = {}): Graph => ({
  input: [tensorInput('x', [4])],
  node: nodes,
  initializer,
  output: [{ name: 'y' }],
  ...rest,
});

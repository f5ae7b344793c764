// The ONNX standard's own node tests, as the shared folder keeps them: a model of one operator, inputs, expected outputs.
import { readdirSync, readFileSync } from 'node:fs';
import { CompileError } from '../../ir/diagnostics.ts';
import type { TensorData } from '../../ir/tensor-data.ts';
import { tensorType } from '../../ir/types.ts';
import type { FileTensor } from '../../src/files/file-tensor.ts';
import { decodeTensorProto } from '../../src/files/tensor-proto.ts';
import { convertElements } from '../../src/frontends/onnx/constant-tensor.ts';
import { importModel, type Program } from '../../src/index.ts';
import { hasShared, sharedPath } from '../shared-folder.ts';

export const nodeTestNames: readonly string[] = hasShared('onnx-node')
  ? readdirSync(sharedPath('onnx-node'), { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? [e.name] : []))
  : [];

export interface NodeTest {
  readonly program: Program;
  /** Contents of the program's inputs, in its order, and of its outputs. */
  readonly inputs: readonly TensorData[];
  readonly expected: readonly TensorData[];
}

/**
 * Imports a node test. Inputs that decide shapes (the `shape` of Reshape, the axes of a reduction) are inputs of the test's
 * graph: those that the importer must know at compile time are bound, which a user does with --bind.
 */
export async function readNodeTest(name: string): Promise<NodeTest> {
  const bytes = readFileSync(sharedPath('onnx-node', name, 'model.onnx'));
  const files = (kind: string): FileTensor[] => {
    const names = readdirSync(sharedPath('onnx-node', name, 'test_data_set_0'));
    const count = names.filter((n) => n.startsWith(`${kind}_`)).length;
    return Array.from({ length: count }, (_, i) =>
      decodeTensorProto(readFileSync(sharedPath('onnx-node', name, 'test_data_set_0', `${kind}_${i}.pb`))),
    );
  };
  const inputs = files('input');
  const { program, bound } = await importBinding(bytes, inputs);
  const free = inputs.filter((_, i) => !bound.has(i));
  return {
    program,
    inputs: free.map((file, i) => contents(file, program.inputs[i]?.type.element ?? 'f32')),
    expected: files('output').map((file, i) => contents(file, program.outputs[i]?.type.element ?? 'f32')),
  };
}

function contents({ element, shape, bytes }: FileTensor, as: TensorData['type']['element']): TensorData {
  const data = convertElements(element, bytes, as);
  if (data === undefined) throw new Error(`a ${element} tensor is given for ${as}`);
  return { type: tensorType(as, shape), data };
}

/** Imports with as few inputs bound as will do: none, those of whole numbers, or those and small float ones. */
async function importBinding(
  bytes: Uint8Array,
  inputs: readonly FileTensor[],
): Promise<{ program: Program; bound: ReadonlySet<number> }> {
  const names = await inputNames(bytes);
  const whole = inputs.flatMap(({ element }, i) => (['i64', 'i32'].includes(element) ? [i] : []));
  const small = inputs.flatMap(({ bytes: { length } }, i) => (i > 0 && length <= 64 ? [i] : []));
  let failure: unknown;
  for (const indices of [[], whole, whole.filter((i) => i > 0), [...whole, ...small]]) {
    const bind = Object.fromEntries(indices.map((i) => [names[i] ?? `#${i}`, inputs[i]!]));
    try {
      return { program: await importModel(bytes, { bind }), bound: new Set(indices) };
    } catch (error) {
      if (!(error instanceof CompileError)) throw error;
      failure = error;
      if (!error.diagnostics.some((d) => ['I8C0204', 'I8C0205', 'I8C0206'].includes(d.code))) break;
    }
  }
  throw failure;
}

async function inputNames(bytes: Uint8Array): Promise<readonly string[]> {
  const { decodeOnnx } = await import('../../src/frontends/onnx/decode.ts');
  const { graph } = decodeOnnx(bytes);
  const constants = new Set(graph.initializer.map((t) => t.name));
  return graph.input.map((i) => i.name).filter((n) => !constants.has(n));
}

/** Where a result differs from what is expected, or undefined. Tolerances: onnx/backend/test/runner (rtol 1e-3, atol 1e-7). */
export function difference(found: TensorData, expected: TensorData): string | undefined {
  if (found.type.shape.join() !== expected.type.shape.join()) {
    return `shape [${found.type.shape.join()}], not [${expected.type.shape.join()}]`;
  }
  if (found.type.element !== expected.type.element) return `${found.type.element}, not ${expected.type.element}`;
  for (let i = 0; i < expected.data.length; i++) {
    const [x, y] = [Number(found.data[i]), Number(expected.data[i])];
    const close = expected.type.element === 'f32' && Math.abs(x - y) <= 1e-7 + 1e-3 * Math.abs(y);
    if (!(Object.is(x, y) || x === y || close)) return `element ${i} is ${x}, not ${y}`;
  }
  return undefined;
}

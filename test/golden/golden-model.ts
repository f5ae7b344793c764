// The given TFLite golden models: a model, input vectors, and what TensorFlow Lite Micro's reference kernels answered,
// with a hash of every intermediate tensor.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Func } from '../../ir/module.ts';
import { arrayFromBytes, bytesOf, type TensorArray } from '../../ir/tensor-data.ts';
import { importTflite, type TfliteImport } from '../../src/frontends/tflite/importer.ts';
import { hasShared, listShared, sharedPath } from '../shared-folder.ts';

const folder = 'golden-tflite';

/** Models whose custom operators int8c refuses. */
const refused = new Set(['audio_preprocessor_int8', 'audio_preprocessor_float']);

interface Meta {
  readonly input_indices: readonly number[];
  readonly output_indices: readonly number[];
  readonly vectors: readonly unknown[];
  readonly intermediate_sha256: Readonly<Record<string, readonly string[]>>;
}

/** Names of the models that have vectors and that int8c compiles; none when the data is absent. */
export const goldenNames: readonly string[] = listShared(folder).filter(
  (name) => hasShared(folder, name, 'out0_0.bin') && !refused.has(name),
);

export class GoldenModel {
  readonly name: string;
  readonly meta: Meta;
  readonly imported: TfliteImport;

  /** With `expose`, every tensor that an operator computes is an output. */
  constructor(name: string, expose: boolean) {
    this.name = name;
    this.meta = JSON.parse(readFileSync(sharedPath(folder, name, 'meta.json'), 'utf8'));
    const bytes = readFileSync(sharedPath(folder, name, 'model.tflite'));
    this.imported = importTflite(bytes, { name, expose: expose ? 'all' : undefined });
  }

  get func(): Func {
    return this.imported.module.entry;
  }

  get vectorCount(): number {
    return this.meta.vectors.length;
  }

  inputs(vector: number): TensorArray[] {
    return this.func.inputs.map((port, i) => this.read(`in${i}_${vector}.bin`, port.value.type.element));
  }

  /** What TensorFlow Lite Micro answered, in the model's order. */
  outputs(vector: number): TensorArray[] {
    return this.meta.output_indices.map((tensor, o) => {
      const at = this.imported.outputTensors.indexOf(tensor);
      return this.read(`out${o}_${vector}.bin`, this.func.outputs[at]!.value.type.element);
    });
  }

  private read(file: string, element: Parameters<typeof arrayFromBytes>[0]): TensorArray {
    return arrayFromBytes(element, readFileSync(sharedPath(folder, this.name, file)));
  }

  /** What differs from the golden answer of a vector; empty when nothing does. */
  differences(vector: number, outputs: readonly TensorArray[]): string[] {
    const differences: string[] = [];
    for (const [i, array] of outputs.entries()) {
      const tensor = this.imported.outputTensors[i]!;
      const where = `${this.name} vector ${vector} tensor ${tensor} (${this.func.outputs[i]!.name})`;
      const output = this.meta.output_indices.indexOf(tensor);
      if (output >= 0) {
        const expected = this.read(`out${output}_${vector}.bin`, this.func.outputs[i]!.value.type.element);
        const problem = arrayDifference(array, expected);
        if (problem !== undefined) differences.push(`${where}: ${problem}`);
      } else if (!(array instanceof Float32Array)) {
        const expected = this.meta.intermediate_sha256[String(tensor)]?.[vector];
        if (expected !== undefined && sha256(array) !== expected) differences.push(`${where}: hash differs`);
      }
    }
    return differences;
  }
}

function sha256(array: TensorArray): string {
  return createHash('sha256').update(bytesOf(array)).digest('hex');
}

/** Integers must be equal; floats within 1e-5 of the expected value, relative to the tensor's largest. */
function arrayDifference(actual: TensorArray, expected: TensorArray): string | undefined {
  if (actual.length !== expected.length) return `has ${actual.length} elements, not ${expected.length}`;
  const scale = expected instanceof Float32Array ? expected.reduce((m, x) => Math.max(m, Math.abs(x)), 0) : 0;
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    const same = expected instanceof Float32Array ? Math.abs(Number(a) - Number(e)) <= 1e-5 * scale : a === e;
    if (!same) return `element ${i} is ${a}, not ${e}`;
  }
  return undefined;
}

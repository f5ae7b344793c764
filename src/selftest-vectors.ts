// Vectors for `--selftest`: seeded inputs, and the answers of the reference interpreter.
import type { TensorArray } from '../ir/tensor-data.ts';
import type { Program } from './program.ts';
import { randomTensor, seededRandom } from './random-tensor.ts';
import { referenceEngine } from './runners/reference.ts';

export interface SelftestVector {
  readonly inputs: readonly TensorArray[];
  readonly outputs: readonly TensorArray[];
}

/** Two runs: enough to show that state is kept. */
const vectorCount = 2;
const seed = 0x1257;

/** Input and expected output of consecutive runs from the starting state. */
export async function selftestVectors(program: Program): Promise<SelftestVector[]> {
  const engine = referenceEngine(program);
  const random = seededRandom(seed);
  const vectors: SelftestVector[] = [];
  for (let k = 0; k < vectorCount; k++) {
    const inputs = program.inputs.map(({ type }) => randomTensor(type, random).data);
    vectors.push({ inputs, outputs: await engine.run(inputs) });
  }
  return vectors;
}

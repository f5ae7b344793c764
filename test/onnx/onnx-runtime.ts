// ONNX Runtime, to compare networks with: the version that oracle/package.json names, which .ci/setup installs into a
// cache folder of the user's. It is no dependency of this repository: its install script would download CUDA libraries,
// and with 290 MB it would be most of what a contributor installs.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TensorArray } from '../../ir/tensor-data.ts';

/** A tensor as ONNX Runtime takes and gives it. */
interface OrtTensor {
  readonly data: TensorArray;
  readonly dims: readonly number[];
}

export interface OrtSession {
  run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<string, OrtTensor>>>;
}

/** Names of element types. */
export type OrtElement = 'float32' | 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'int64' | 'bool';

/** What tests use of the package's interface (https://onnxruntime.ai/docs/api/js/). */
interface Ort {
  readonly Tensor: new (type: OrtElement, data: TensorArray, dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: {
    create(model: Uint8Array, options: Readonly<Record<string, string | number>>): Promise<OrtSession>;
  };
}

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'int8c', 'onnxruntime');
const wanted = fileURLToPath(new URL('oracle/package.json', import.meta.url));

/** The runtime; undefined, said once, where it is not installed in the version that is wanted. Throws in CI then. */
export const onnxRuntime: Ort | undefined = (() => {
  const installed = join(cache, 'package.json');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === readFileSync(wanted, 'utf8')) {
    return createRequire(installed)('onnxruntime-node') as Ort;
  }
  const problem = `${cache} does not hold ONNX Runtime (npm run setup installs it)`;
  if (process.env.CI === 'true') throw new Error(`${problem}, and CI must not skip its tests`);
  console.warn(`Networks are not compared with ONNX Runtime: ${problem}.`);
  return undefined;
})();

/** Prepares a model to run node by node as the specification says, on one thread. */
export function createOrtSession(ort: Ort, model: Uint8Array): Promise<OrtSession> {
  const fatalOnly = 4;
  return ort.InferenceSession.create(model, {
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
    logSeverityLevel: fatalOnly,
  });
}

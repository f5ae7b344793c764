// Whether a target's outputs equal the reference's: byte for byte, but that any NaN is a NaN, and that WGSL may take
// subnormal numbers as zeros.
import { CompileError } from '../../ir/diagnostics.ts';
import { bytesOf, type TensorArray } from '../../ir/tensor-data.ts';
import { withoutSubnormals } from '../subnormals.ts';
import type { Outcome, Target } from './targets.ts';

const canonical = (a: TensorArray) =>
  a instanceof Float32Array ? bytesOf(a.map((x) => (Number.isNaN(x) ? Number.NaN : x))) : bytesOf(a);

function sameArray(a: TensorArray, b: TensorArray): boolean {
  return Buffer.compare(canonical(a), canonical(b)) === 0;
}

/** What is wrong with an outcome; undefined where nothing is. */
export function difference(target: Target, outcome: Outcome, expected: Outcome): string | undefined {
  if (outcome instanceof Error) {
    if (!(expected instanceof Error)) return `stops: ${outcome.message}`;
    return undefined;
  }
  if (expected instanceof Error) return `runs, where the reference stops: ${expected.message}`;
  const allowed = target.name === 'wgsl' ? withoutSubnormals : (array: TensorArray) => array;
  for (const [run, arrays] of expected.entries()) {
    for (const [i, wanted] of arrays.entries()) {
      const given = outcome[run]?.[i];
      if (given === undefined) return `has no output ${i} in run ${run}`;
      if (given.length !== wanted.length) return `gives ${given.length} elements for output ${i}, not ${wanted.length}`;
      if (sameArray(allowed(given), allowed(wanted))) continue;
      const at = wanted.findIndex(
        (x: number | bigint, k: number) => !Object.is(allowed(given)[k], allowed(wanted)[k]) && x !== undefined,
      );
      return `gives ${given[at]}, not ${wanted[at]}, in run ${run} as element ${at} of output ${i}`;
    }
  }
  return undefined;
}

/** True for programs that int8c refuses with a diagnostic: they have no meaning to be held to. */
export const isRefused = (outcome: Outcome): boolean => outcome instanceof CompileError;

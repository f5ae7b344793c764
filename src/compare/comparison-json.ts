// A comparison as JSON, for programs.
import type { Comparison } from './compare.ts';
import type { Sensitivity } from './sensitivity.ts';

/**
 * A value for JSON.stringify: the comparison and, under `sensitivity`, what the layers cost. JSON has no infinities: a
 * signal-to-noise ratio that is infinite (nothing differs) becomes null; its `greatestError` is 0 then.
 */
export function comparisonJson(comparison: Comparison, sensitivity?: Sensitivity): object {
  return sensitivity === undefined ? comparison : { ...comparison, sensitivity };
}

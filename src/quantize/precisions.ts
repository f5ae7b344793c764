// Which operators can compute on integers at all: found by trying, since operators say it themselves.
import type { Diagnostic } from '../../ir/diagnostics.ts';
import { runPasses, toIntegers } from '../../passes/pipeline.ts';
import type { Precision } from '../../passes/quantization/insert-quantization.ts';
import type { FloatOperator } from '../float-operators.ts';
import type { FloatNetwork } from './float-network.ts';
import { applyDecisions, arithmeticOps, type Decisions, nameOf } from './plan.ts';

export interface FoundPrecisions {
  readonly precisions: ReadonlyMap<string, Precision>;
  /** Operators that were wanted as integers and have no such form here. */
  readonly float: readonly FloatOperator[];
}

/**
 * The precisions that are wanted, with f32 where an operator has no integer form on the quantizations that the decisions
 * give. Operators that come from the same operator of the user's model (a normalization, say) stay in f32 together: in
 * parts they would be rounded between their steps.
 */
export function possiblePrecisions(network: FloatNetwork, decisions: Decisions): FoundPrecisions {
  const precisions = new Map(decisions.precisions);
  const float = new Map<string, FloatOperator>();
  for (;;) {
    const module = network.module();
    const candidates = arithmeticOps(module).filter((op) => precisions.get(nameOf(op)) !== 'f32');
    const labels = candidates.map((op) => ({ name: nameOf(op), operator: op.definition.name, where: op.location }));
    applyDecisions(module.entry, { ...decisions, precisions });
    const notes: Diagnostic[] = [];
    runPasses(module, { passes: toIntegers, report: (d) => notes.push(d) });
    const left = arithmeticOps(module);
    const names = new Set(left.map(nameOf));
    const places = new Set(left.map((op) => op.location).filter((where) => where !== ''));
    const stay = labels.filter(({ name, where }) => names.has(name) || places.has(where));
    for (const label of stay) {
      precisions.set(label.name, 'f32');
      const note = notes.find((d) => d.code === 'I8C0302' && d.where === (label.where || label.operator));
      float.set(label.name, { ...label, reason: note?.message ?? 'The operator has no integer form.' });
    }
    if (stay.length === 0) return { precisions, float: [...float.values()] };
  }
}

// Results of 16 bits in networks of 8. Accumulators have the bits, and rounding them to 8 is noise that nothing asks for
// where what takes them costs the same or nearly so with 16: float outputs, and elementwise operators on tensors that are
// small beside the weights. Such are the gates and cells of recurrent networks, whose errors add up from step to step.
// TensorFlow Lite quantizes those so: 16 bits for gates and cell states, 8 for weights and hidden states
// (tensorflow/lite/micro/kernels/lstm_eval.cc).
import type { Func, Op, Value } from '../../ir/module.ts';
import { constantOf } from '../../ir/ops/constant.ts';
import { isElementwise } from '../../ir/transposition.ts';
import { moves } from '../../passes/quantization/tensor-groups.ts';
import { isFloat } from '../../passes/quantized-form.ts';
import type { NetworkStatistics } from './calibrate.ts';
import type { Range } from './estimators/index.ts';
import { type FloatNetwork, smallTensors } from './float-network.ts';
import { type Decisions, nameOf } from './plan.ts';
import { possiblePrecisions } from './precisions.ts';

/** What has 16 bits: `outputs` that linear operators give; those and `vectors`, elementwise operators on small tensors. */
export type Wide = 'outputs' | 'vectors';

/**
 * How much further than what was seen ranges of 16 bits reach. Cells add up from step to step beyond it; gates, whose sums
 * are far larger than what their curves tell apart, lose to more.
 */
const headroom = 2;

/** The decisions with that in 16 bits; undefined where there is none. Linear operators read 8 bits as they did. */
export function withWideResults(
  network: FloatNetwork,
  decisions: Decisions,
  statistics: NetworkStatistics,
  wide: Wide,
): Decisions | undefined {
  const func = network.module().entry;
  const isNarrow = (op: Op) => (decisions.precisions.get(nameOf(op)) ?? 'i8') === 'i8';
  let raised = new Set(wide === 'outputs' ? [] : smallElementwise(func).filter(isNarrow));
  for (;;) {
    const linear = linearInto(func, network.ports.conversions, raised).filter(isNarrow);
    if (linear.length === 0 && raised.size === 0) return undefined;
    const precisions = new Map(decisions.precisions);
    for (const op of raised) precisions.set(nameOf(op), 'i16');
    const wideRanges = rangesAround([...linear, ...raised], statistics);
    const found = { ...decisions, precisions, wideRanges, wideResults: new Set(linear.map(nameOf)) };
    // Not every operator has a form for 16 bits, and some want a result of 8 beside such operands.
    const left = new Set(possiblePrecisions(network, found).float.map(({ name }) => name));
    if (left.size === 0) return found;
    const kept = new Set([...raised].filter((op) => !left.has(nameOf(op))));
    if (kept.size === raised.size) return undefined;
    raised = kept;
  }
}

/** Ranges of all that the operators read and give. */
function rangesAround(ops: readonly Op[], statistics: NetworkStatistics): ReadonlyMap<string, Range> {
  const ranges = new Map<string, Range>();
  for (const v of ops.flatMap((op) => [...op.operands, ...op.results])) {
    const seen = v && statistics.get(v.name);
    if (v !== undefined && seen !== undefined)
      ranges.set(v.name, { low: headroom * seen.min, high: headroom * seen.max });
  }
  return ranges;
}

/** Elementwise operators that read and give small tensors alone. */
function smallElementwise(func: Func): Op[] {
  const isSmall = smallTensors(func);
  return func.ops.filter((op) => {
    const values = [...op.operands.filter((v) => v !== undefined), ...op.results];
    return isElementwise(op) && values.every((v) => isFloat(v) && (constantOf(v) !== undefined || isSmall(v)));
  });
}

/** Linear operators whose results go to outputs and to these operators alone, at most moved or converted there. */
function linearInto(func: Func, conversions: ReadonlySet<string>, raised: ReadonlySet<Op>): Op[] {
  const states = new Set(func.states.map(({ next }) => next));
  const isPassedOn = (op: Op) => moves(op) || conversions.has(nameOf(op));
  const isTaken = (v: Value): boolean =>
    !states.has(v) &&
    (func.isReturned(v) || v.users.size > 0) &&
    [...v.users].every((op) => raised.has(op) || (isPassedOn(op) && op.results.every(isTaken)));
  return func.ops.filter(({ definition, results }) => definition.linear !== undefined && results.every(isTaken));
}

// Results of 16 bits where a float port takes what a linear operator on 8 bits gives. Its accumulators have the bits, and
// the port makes floats of them at once: rounding them to 8 bits in between is noise that nothing asks for.
import type { Func, Op, Value } from '../../ir/module.ts';
import { moves } from '../../passes/quantization/tensor-groups.ts';
import type { NetworkStatistics } from './calibrate.ts';
import type { FloatNetwork } from './float-network.ts';
import { type Decisions, nameOf } from './plan.ts';
import { possiblePrecisions } from './precisions.ts';

/** How much further than what was seen the range of such a result reaches: of 16 bits, one is to spare. */
const headroom = 2;

/** The decisions with every such result in 16 bits; undefined where there is none. Other operators compute as they did. */
export function withWideOutputs(
  network: FloatNetwork,
  decisions: Decisions,
  statistics: NetworkStatistics,
): Decisions | undefined {
  const func = network.module().entry;
  const conversions = network.ports?.conversions ?? new Set<string>();
  const wide = linearOutputs(func, conversions).filter((op) => decisions.precisions.get(nameOf(op)) === 'i8');
  if (wide.length === 0) return undefined;
  const ranges = new Map(decisions.ranges);
  for (const name of wide.map(nameOf)) {
    const seen = statistics.get(name);
    if (seen !== undefined) ranges.set(name, { low: headroom * seen.min, high: headroom * seen.max });
  }
  const found = { ...decisions, ranges, wideResults: new Set(wide.map(nameOf)) };
  // An operator whose own rules want a result of 8 bits beside such operands would be left to f32.
  return possiblePrecisions(network, found).float.length === 0 ? found : undefined;
}

/** Linear operators whose results go to outputs alone, at most moved or converted there. */
function linearOutputs(func: Func, conversions: ReadonlySet<string>): Op[] {
  const states = new Set(func.states.map(({ next }) => next));
  const isPassedOn = (op: Op) => moves(op) || conversions.has(nameOf(op));
  const isOutput = (v: Value): boolean =>
    !states.has(v) &&
    (func.isReturned(v) || v.users.size > 0) &&
    [...v.users].every((op) => isPassedOn(op) && op.results.every(isOutput));
  return func.ops.filter(({ definition, results }) => definition.linear !== undefined && results.every(isOutput));
}

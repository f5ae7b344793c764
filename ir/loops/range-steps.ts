// What one iteration of a loop does to its carried values: adds an amount between two bounds, or replaces the value by a
// fresh one. Bounds accumulators: after n iterations, init + n * step.
import type { ForInstruction, LoopValue } from './kernel.ts';
import { addRanges, exactRange, hull, multiplyRanges, type Range } from './range-rules.ts';
import { laneOf } from './types.ts';

/** How often a loop runs: between min and max times. */
export function tripCount(lower: Range, upper: Range, step: number): Range {
  return {
    min: Math.max(0, Math.ceil((upper.min - lower.max) / step)),
    max: Math.max(0, Math.ceil((upper.max - lower.min) / step)),
  };
}

/** A value next to the one it grew from: old + delta, or possibly a value of `fresh` that owes nothing to the old one. */
export interface Step {
  readonly delta: Range;
  readonly fresh: Range | undefined;
}

const zero: Range = { min: 0, max: 0 };

const join = (a: Range | undefined, b: Range | undefined) => (a === undefined ? b : b === undefined ? a : hull(a, b));

/** The step of each carried value over one iteration; undefined where it is neither a sum nor a choice. */
export function carriedSteps(loop: ForInstruction, rangeOf: (v: LoopValue) => Range): (Step | undefined)[] {
  return loop.block.results.map((end, i) => {
    const root = loop.block.args[i + 1]!;
    return laneOf(root.type) === 'f32' ? undefined : stepsFrom(root, rangeOf)(end);
  });
}

/** A function from a value to its step from `root`; undefined for values that do not come from it by sums and choices. */
function stepsFrom(root: LoopValue, rangeOf: (v: LoopValue) => Range): (v: LoopValue) => Step | undefined {
  const known = new Map<LoopValue, Step | undefined>([[root, { delta: zero, fresh: undefined }]]);

  const plus = (step: Step | undefined, amount: Range): Step | undefined =>
    step && {
      delta: addRanges(step.delta, amount),
      fresh: step.fresh && addRanges(step.fresh, amount),
    };

  /** The result is one of these values. */
  const oneOf = (values: readonly LoopValue[]): Step | undefined => {
    let delta: Range | undefined;
    let fresh: Range | undefined;
    for (const v of values) {
      const step = stepOf(v);
      delta = join(delta, step?.delta);
      fresh = join(fresh, step === undefined ? rangeOf(v) : step.fresh);
    }
    return delta && { delta, fresh };
  };

  const negate = (r: Range): Range => ({ min: 0 - r.max, max: 0 - r.min });

  function derive(v: LoopValue): Step | undefined {
    const x = v.definition;
    if (x?.kind === 'for') return throughLoop(x, x.results.indexOf(v));
    if (x?.kind === 'if') {
      const i = x.results.indexOf(v);
      return oneOf([x.consequent.results[i]!, x.alternate.results[i]!]);
    }
    if (x?.kind !== 'compute') return undefined;
    const [a, b, c] = x.operands;
    switch (x.opcode) {
      case 'add':
        return plus(stepOf(a!), rangeOf(b!)) ?? plus(stepOf(b!), rangeOf(a!));
      case 'sub':
        return plus(stepOf(a!), negate(rangeOf(b!)));
      case 'dot': {
        const operands = [zero, rangeOf(b!), rangeOf(c!)];
        const types = x.operands.map((o) => o.type);
        return plus(stepOf(a!), exactRange('dot', operands, types, v.type, x.immediates));
      }
      case 'min':
      case 'max':
        return oneOf([a!, b!]);
      case 'select':
        return oneOf([b!, c!]);
      default:
        return undefined;
    }
  }

  function throughLoop(loop: ForInstruction, i: number): Step | undefined {
    const start = stepOf(loop.inits[i]!);
    const inner = start && stepsFrom(loop.block.args[i + 1]!, rangeOf)(loop.block.results[i]!);
    if (start === undefined || inner === undefined) return undefined;
    const trips = tripCount(rangeOf(loop.lower), rangeOf(loop.upper), loop.step);
    const walked = multiplyRanges(inner.delta, trips);
    const partial = hull(zero, walked);
    return {
      delta: addRanges(start.delta, walked),
      fresh: join(start.fresh && addRanges(start.fresh, walked), inner.fresh && addRanges(inner.fresh, partial)),
    };
  }

  function stepOf(v: LoopValue): Step | undefined {
    if (!known.has(v)) {
      known.set(v, undefined);
      known.set(v, derive(v));
    }
    return known.get(v);
  }
  return stepOf;
}

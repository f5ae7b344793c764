// Interval analysis of kernels: the least and greatest value of every register. Backends use it to spell arithmetic
// that cannot wrap plainly, the verifier to see that indices stay inside their buffers.
import { internalError } from '../diagnostics.ts';
import type {
  Block,
  ForInstruction,
  IfInstruction,
  Instruction,
  Kernel,
  LoadInstruction,
  LoopValue,
  StoreInstruction,
} from './kernel.ts';
import {
  addRanges,
  exactRange,
  fullRange,
  hull,
  intersect,
  multiplyRanges,
  type Range,
  wrapRange,
} from './range-rules.ts';
import { carriedSteps, type Step, tripCount } from './range-steps.ts';
import { type Buffer, laneOf, laneOfElement } from './types.ts';
import { blocksOf, operandsOf, resultsOf } from './uses.ts';

/** What a caller knows beyond the kernel itself: contents of constant buffers, values of scalar parameters. */
export interface KnownRanges {
  buffer?(buffer: Buffer): Range | undefined;
  scalar?(scalar: LoopValue): Range | undefined;
}

export interface KernelRanges {
  /** Every value of the kernel. For vectors: over all lanes. For f32: infinite ends unless it is a constant. */
  readonly values: ReadonlyMap<LoopValue, Range>;
  /** The index of each load and store where it stands: narrowed by the conditions around it. */
  readonly indices: ReadonlyMap<LoadInstruction | StoreInstruction, Range>;
}

/** The interval of every value of a kernel. */
export function valueRanges(kernel: Kernel, known: KnownRanges = {}): Map<LoopValue, Range> {
  return new Map(kernelRanges(kernel, known).values);
}

/**
 * Intervals of values and indices. One walk over the kernel; a loop that carries integers is walked twice: first with
 * nothing known of them, to see what an iteration does to them, then with the bounds that follow from that. Sums over
 * nested loops so get the bound trips * step instead of "may be anything". What the first walk found is kept, so that
 * time grows with the depth of a nest and does not double with it.
 */
export function kernelRanges(kernel: Kernel, known: KnownRanges = {}): KernelRanges {
  const walk = new Walk(known);
  for (const s of kernel.scalars) walk.values.set(s, known.scalar?.(s) ?? fullRange(laneOf(s.type)));
  walk.block(kernel.body);
  return walk;
}

interface Iteration {
  /** Intervals of the next carried values. */
  readonly ends: readonly Range[];
  readonly steps: readonly (Step | undefined)[];
  /** What the iteration reads that is defined before the loop, and the loop's counter, with their intervals. */
  readonly outside: readonly (readonly [LoopValue, Range])[];
}

const sameRange = (a: Range, b: Range) => a.min === b.min && a.max === b.max;

/** The values that the body of a loop reads and does not define, and the counter. */
function valuesFromOutside(loop: ForInstruction): LoopValue[] {
  const [counter, ...carried] = loop.block.args;
  const own = new Set<LoopValue>(carried);
  const read = new Set<LoopValue>([counter!]);
  const visit = (block: Block): void => {
    for (const v of block.args) own.add(v);
    for (const x of block.body) {
      for (const v of operandsOf(x)) read.add(v);
      for (const inside of blocksOf(x)) visit(inside);
      for (const v of resultsOf(x)) own.add(v);
    }
    for (const v of block.results) read.add(v);
  };
  visit(loop.block);
  own.delete(counter!);
  return [...read].filter((v) => !own.has(v));
}

class Walk implements KernelRanges {
  readonly values = new Map<LoopValue, Range>();
  readonly indices = new Map<LoadInstruction | StoreInstruction, Range>();

  constructor(private readonly known: KnownRanges) {}

  readonly rangeOf = (v: LoopValue): Range =>
    this.values.get(v) ?? internalError(`a value of type ${v.type} is used before its definition`);

  /** What the first walk of a loop found, with the values from outside that it depends on. */
  private readonly iterations = new Map<ForInstruction, Iteration>();

  block(block: Block): void {
    for (const instruction of block.body) this.instruction(instruction);
  }

  private instruction(x: Instruction): void {
    switch (x.kind) {
      case 'const': {
        const value = Number(x.value);
        const range = Number.isNaN(value) ? fullRange('f32') : { min: value, max: value };
        this.values.set(x.result, wrapRange(range, laneOf(x.result.type)));
        return;
      }
      case 'compute': {
        const types = x.operands.map((o) => o.type);
        const exact = exactRange(x.opcode, x.operands.map(this.rangeOf), types, x.result.type, x.immediates);
        this.values.set(x.result, wrapRange(exact, laneOf(x.result.type)));
        return;
      }
      case 'load': {
        this.indices.set(x, this.rangeOf(x.index));
        // An i4 buffer holds whole bytes that nothing forces into [-8, 7], and a bool buffer any byte.
        const lane = laneOfElement(x.buffer.element);
        this.values.set(x.result, wrapRange(this.known.buffer?.(x.buffer) ?? fullRange(lane), lane));
        return;
      }
      case 'store':
        this.indices.set(x, this.rangeOf(x.index));
        return;
      case 'for':
        this.loop(x);
        return;
      case 'if':
        this.conditional(x);
        return;
    }
  }

  private loop(x: ForInstruction): void {
    const [counter, ...carried] = x.block.args;
    const lower = this.rangeOf(x.lower);
    const upper = this.rangeOf(x.upper);
    const trips = tripCount(lower, upper, x.step);
    const last = Math.max(lower.min, lower.min === lower.max ? lower.min + (trips.max - 1) * x.step : upper.max - 1);
    this.values.set(counter!, { min: lower.min, max: last });
    if (!carried.some((v) => laneOf(v.type) !== 'f32')) {
      for (const v of carried) this.values.set(v, fullRange('f32'));
    } else {
      const { ends, steps } = this.iteration(x);
      carried.forEach((v, i) => {
        const init = this.rangeOf(x.inits[i]!);
        const step = steps[i];
        let range = hull(init, ends[i]!);
        if (step !== undefined) {
          // Before an iteration, between none and all but one of the steps have been made.
          const walked = multiplyRanges(step.delta, { min: 0, max: Math.max(0, trips.max - 1) });
          const start = step.fresh === undefined ? init : hull(init, step.fresh);
          range = intersect(range, wrapRange(addRanges(start, hull(walked, { min: 0, max: 0 })), laneOf(v.type)));
        }
        this.values.set(v, range);
      });
    }
    this.block(x.block);
    x.results.forEach((v, i) => {
      const end = this.rangeOf(x.block.results[i]!);
      this.values.set(v, trips.min > 0 ? end : hull(this.rangeOf(x.inits[i]!), end));
    });
  }

  /** One iteration from any carried values; it is walked again only where a value that it reads has another interval. */
  private iteration(x: ForInstruction): Iteration {
    const known = this.iterations.get(x);
    if (known?.outside.every(([v, range]) => sameRange(this.rangeOf(v), range))) return known;
    for (const v of x.block.args.slice(1)) this.values.set(v, fullRange(laneOf(v.type)));
    const outside = (known?.outside.map(([v]) => v) ?? valuesFromOutside(x)).map((v) => [v, this.rangeOf(v)] as const);
    this.block(x.block);
    const found = { ends: x.block.results.map(this.rangeOf), steps: carriedSteps(x, this.rangeOf), outside };
    this.iterations.set(x, found);
    return found;
  }

  private conditional(x: IfInstruction): void {
    const branch = (block: Block, holds: boolean): Range[] => {
      const outside = this.assume(x.condition, holds);
      this.block(block);
      const results = block.results.map(this.rangeOf);
      for (const [v, range] of outside.reverse()) this.values.set(v, range);
      return results;
    };
    const consequent = branch(x.consequent, true);
    const alternate = branch(x.alternate, false);
    x.results.forEach((v, i) => {
      this.values.set(v, hull(consequent[i]!, alternate[i]!));
    });
  }

  /** Narrows what a condition says about, and returns the intervals to restore. */
  private assume(condition: LoopValue, holds: boolean): [LoopValue, Range][] {
    const x = condition.definition;
    if (x?.kind !== 'compute') return [];
    const [a, b] = x.operands;
    if (x.opcode === 'not') return this.assume(a!, !holds);
    if (x.opcode === (holds ? 'and' : 'or')) return [...this.assume(a!, holds), ...this.assume(b!, holds)];
    const relation = holds ? x.opcode : opposite[x.opcode];
    const implied = relation === undefined ? undefined : implications[relation];
    if (implied === undefined || !['i32', 'i64'].includes(a!.type)) return [];
    const outside: [LoopValue, Range][] = [];
    const narrow = (v: LoopValue, to: Range) => {
      const range = this.rangeOf(v);
      outside.push([v, range]);
      this.values.set(v, intersect(range, to));
    };
    const [ra, rb] = [this.rangeOf(a!), this.rangeOf(b!)];
    narrow(a!, implied(rb));
    narrow(b!, implications[mirrored[relation!]!]!(ra));
    return outside;
  }
}

const opposite: Readonly<Record<string, string>> = { lt: 'ge', ge: 'lt', gt: 'le', le: 'gt', eq: 'ne', ne: 'eq' };
const mirrored: Readonly<Record<string, string>> = { lt: 'gt', gt: 'lt', le: 'ge', ge: 'le', eq: 'eq' };

/** `a RELATION b` bounds a by this, given b. */
const implications: Readonly<Record<string, (b: Range) => Range>> = {
  lt: (b) => ({ min: Number.NEGATIVE_INFINITY, max: b.max - 1 }),
  le: (b) => ({ min: Number.NEGATIVE_INFINITY, max: b.max }),
  gt: (b) => ({ min: b.min + 1, max: Number.POSITIVE_INFINITY }),
  ge: (b) => ({ min: b.min, max: Number.POSITIVE_INFINITY }),
  eq: (b) => b,
};

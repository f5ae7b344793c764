// WebGPU writes whole 32-bit words. A store of a part of one reads, changes and writes the word, which is only right
// where no other invocation writes into it. Here that is proved, from the index: a sum of launched counters times
// constants, which places an invocation's own stretch of whole words, and a rest that stays inside of the stretch.
//
// Stores of whole words need no proof: iterations are independent, so no two write the same element.
import { constantValue } from '../../ir/loops/builder.ts';
import { powerOfTwoDivisors } from '../../ir/loops/divisors.ts';
import type { Block, ComputeInstruction, Kernel, LoopValue, StoreInstruction } from '../../ir/loops/kernel.ts';
import type { Range } from '../../ir/loops/range-rules.ts';
import type { KernelRanges } from '../../ir/loops/ranges.ts';
import { type Buffer, lanesOf } from '../../ir/loops/types.ts';
import { blocksOf, operandsOf, resultsOf } from '../../ir/loops/uses.ts';
import { bytesPerElement } from '../../ir/types.ts';
import type { LaunchedLoop } from './launch.ts';

const wordBytes = 4;

/** True when a store writes whole words, given the power of two that divides its index. */
export function writesWholeWords(x: StoreInstruction, divisor: number, bufferAlignment: number): boolean {
  const bytes = bytesPerElement(x.buffer.element);
  if (bytes >= wordBytes) return true;
  const alignment = Math.max(x.align, Math.min(divisor * bytes, bufferAlignment));
  return alignment % wordBytes === 0 && (lanesOf(x.value.type) * bytes) % wordBytes === 0;
}

/** True when no two invocations write parts of the same word. */
export function writesOwnWords(
  kernel: Kernel,
  loops: readonly LaunchedLoop[],
  ranges: KernelRanges,
  alignment: (buffer: Buffer) => number,
): boolean {
  const divisor = powerOfTwoDivisors(kernel);
  const partial = new Map<Buffer, StoreInstruction[]>();
  for (const x of storesOf(kernel.body)) {
    if (writesWholeWords(x, divisor(x.index), alignment(x.buffer))) continue;
    partial.set(x.buffer, [...(partial.get(x.buffer) ?? []), x]);
  }
  const indices = new LinearIndices(kernel, loops, ranges);
  return Array.from(partial).every(
    ([buffer, stores]) => alignment(buffer) % wordBytes === 0 && indices.keepApart(buffer, stores, loops),
  );
}

function storesOf(block: Block): StoreInstruction[] {
  return block.body.flatMap((x) => (x.kind === 'store' ? [x] : blocksOf(x).flatMap(storesOf)));
}

/** An index: the sum of launched counters times coefficients, plus something between `low` and `high`. */
interface Linear {
  readonly terms: ReadonlyMap<LoopValue, number>;
  readonly low: number;
  readonly high: number;
}

class LinearIndices {
  private readonly counters: ReadonlySet<LoopValue>;
  /** Values that may differ between invocations. */
  private readonly varying: ReadonlySet<LoopValue>;
  private readonly ranges: KernelRanges;

  constructor(kernel: Kernel, loops: readonly LaunchedLoop[], ranges: KernelRanges) {
    this.counters = new Set(loops.map((l) => l.counter));
    this.varying = varyingValues(kernel, this.counters);
    this.ranges = ranges;
  }

  /** True when each invocation's stores stay in a stretch of whole words of its own. */
  keepApart(buffer: Buffer, stores: readonly StoreInstruction[], loops: readonly LaunchedLoop[]): boolean {
    const perWord = wordBytes / bytesPerElement(buffer.element);
    const linear = stores.map((s) => this.linear(s.index));
    const [first] = linear;
    if (first === undefined) return false;
    const sameTerms = (l: Linear) => loops.every((x) => termOf(l, x) === termOf(first, x));
    if (!linear.every((l) => l !== undefined && sameTerms(l))) return false;
    // Strides of the loops from the smallest on: each must pass all that the smaller ones reach.
    const strides = loops
      .filter((l) => l.count > 1)
      .map((l) => ({ stride: termOf(first, l) * l.step, count: l.count }));
    strides.sort((a, b) => a.stride - b.stride);
    const stretch = strides[0]?.stride ?? Number.POSITIVE_INFINITY;
    let reach = stretch;
    for (const { stride, count } of strides) {
      if (stride < reach || stride % perWord !== 0) return false;
      reach = stride * count;
    }
    // The first iteration's index: whole words, and with what every store adds inside of the stretch.
    const origin = loops.reduce((sum, l) => sum + termOf(first, l) * l.lower, 0);
    const low = Math.min(...stores.map((_, i) => origin + (linear[i]?.low ?? Number.NaN)));
    const high = Math.max(
      ...stores.map((s, i) => origin + (linear[i]?.high ?? Number.NaN) + lanesOf(s.value.type) - 1),
    );
    return high < Math.floor(low / perWord) * perWord + stretch;
  }

  private linear(v: LoopValue): Linear | undefined {
    if (this.counters.has(v)) return { terms: new Map([[v, 1]]), low: 0, high: 0 };
    if (!this.varying.has(v)) {
      const range = this.ranges.values.get(v);
      return range && { terms: new Map(), low: range.min, high: range.max };
    }
    return v.definition?.kind === 'compute' ? this.combined(v.definition, v) : undefined;
  }

  private combined(x: ComputeInstruction, v: LoopValue): Linear | undefined {
    const [a, b] = x.operands;
    // What wraps is no sum.
    if (a === undefined || b === undefined || !isInside(this.ranges.values.get(v))) return undefined;
    const [p, q] = [this.linear(a), this.linear(b)];
    const factor = constantValue(b);
    switch (x.opcode) {
      case 'add':
        return p && q && plus(p, q);
      case 'sub':
        return p && q && plus(p, times(q, -1));
      case 'mul':
        return p && factor !== undefined ? times(p, Number(factor)) : undefined;
      case 'shl':
        return p && factor !== undefined ? times(p, 2 ** (Number(factor) & 31)) : undefined;
      default:
        return undefined;
    }
  }
}

function termOf(linear: Linear, { counter }: LaunchedLoop): number {
  return linear.terms.get(counter) ?? 0;
}

function plus(a: Linear, b: Linear): Linear {
  const terms = new Map(a.terms);
  for (const [v, k] of b.terms) terms.set(v, (terms.get(v) ?? 0) + k);
  return { terms, low: a.low + b.low, high: a.high + b.high };
}

function times(a: Linear, k: number): Linear {
  const [x, y] = [a.low * k, a.high * k];
  return { terms: new Map(Array.from(a.terms, ([v, c]) => [v, c * k])), low: Math.min(x, y), high: Math.max(x, y) };
}

function isInside(range: Range | undefined): boolean {
  return range !== undefined && range.min > -(2 ** 31) && range.max < 2 ** 31 - 1;
}

/** The values that depend on a launched counter, or on memory that the kernel may change. */
function varyingValues(kernel: Kernel, counters: ReadonlySet<LoopValue>): Set<LoopValue> {
  const varying = new Set<LoopValue>(counters);
  const visit = (block: Block): void => {
    for (const x of block.body) {
      if (x.kind === 'for') {
        // Not known before the loop's end; loops that carry values seldom make indices.
        for (const v of x.block.args.slice(1)) varying.add(v);
        const [counter] = x.block.args;
        if (counter !== undefined && (varying.has(x.lower) || varying.has(x.upper))) varying.add(counter);
      }
      blocksOf(x).forEach(visit);
      const depends = operandsOf(x).some((v) => varying.has(v)) || blocksOf(x).length > 0;
      const isMemory = x.kind === 'load' && x.buffer.role !== 'const';
      if (depends || isMemory) for (const v of resultsOf(x)) varying.add(v);
    }
  };
  visit(kernel.body);
  return varying;
}

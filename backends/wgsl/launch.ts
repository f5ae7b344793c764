// How a kernel is laid over invocations: the parallel loops around everything it stores become invocations, one for each
// iteration of their nest. A kernel without such loops is one invocation.
import { constantValue } from '../../ir/loops/builder.ts';
import type { Block, ForInstruction, Instruction, Kernel, LoopValue } from '../../ir/loops/kernel.ts';
import type { KernelRanges } from '../../ir/loops/ranges.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { type KernelUses, kernelUses } from '../../ir/loops/uses.ts';
import { writesOwnWords } from './word-ownership.ts';

/** A loop whose iterations are invocations. */
export interface LaunchedLoop {
  readonly loop: ForInstruction;
  readonly counter: LoopValue;
  readonly lower: number;
  readonly step: number;
  readonly count: number;
}

export interface Launch {
  /** From the outermost one on; the innermost one's iterations are neighbouring invocations. */
  readonly loops: readonly LaunchedLoop[];
  readonly invocations: number;
  /** True when several invocations may write parts of the same word, so that the arena is accessed atomically. */
  readonly atomic: boolean;
}

/** Most invocations of one dispatch: their number is an i32. */
const maxInvocations = 2 ** 31 - 1;

/** `alignment`: bytes to which a buffer is known to be aligned, in every call. */
export function launchOf(kernel: Kernel, ranges: KernelRanges, alignment: (buffer: Buffer) => number): Launch {
  const loops = parallelNest(kernel.body, kernelUses(kernel));
  const invocations = loops.reduce((n, l) => n * l.count, 1);
  const atomic = invocations > 1 && !writesOwnWords(kernel, loops, ranges, alignment);
  return { loops, invocations, atomic };
}

/** The nest of parallel loops of known extents that holds every store of the block. */
export function parallelNest(body: Block, uses: KernelUses): LaunchedLoop[] {
  const nest: LaunchedLoop[] = [];
  let total = 1;
  for (let block: Block | undefined = body; block !== undefined; ) {
    const storing: Instruction[] = block.body.filter((x) => uses.stores(x));
    const [only, more] = storing;
    const launched = only === undefined || more !== undefined ? undefined : launchedLoop(only);
    if (launched === undefined || total * launched.count > maxInvocations) break;
    total *= launched.count;
    nest.push(launched);
    block = launched.loop.block;
  }
  return nest;
}

/** The instruction as a loop that can be launched. */
export function launchedLoop(x: Instruction): LaunchedLoop | undefined {
  if (x.kind !== 'for' || x.mode !== 'parallel') return undefined;
  const [lower, upper] = [constantValue(x.lower), constantValue(x.upper)];
  const [counter] = x.block.args;
  if (lower === undefined || upper === undefined || counter === undefined) return undefined;
  const count = Math.ceil((Number(upper) - Number(lower)) / x.step);
  return count < 1 ? undefined : { loop: x, counter, lower: Number(lower), step: x.step, count };
}

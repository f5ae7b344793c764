// Mixed precision: which layers get 16 bits or stay f32, so that a network loses no more than its user allows, or fits
// its memory and loses as little as it can. Layers are ranked by what their quantization costs, measured one by one.
import { rankedLayers, sensitivity } from '../compare/sensitivity.ts';
import { lowerModule } from '../compile.ts';
import { manifestOf } from '../manifest.ts';
import type { Program } from '../program.ts';
import { createRunner } from '../runner.ts';
import type { SampleSource } from '../samples/sample-source.ts';
import { version } from '../version.ts';
import type { FloatNetwork } from './float-network.ts';
import type { Decisions } from './plan.ts';
import { possiblePrecisions } from './precisions.ts';
import { quantizedProgram } from './quantized-program.ts';

export interface MixedPrecisionGoal {
  /**
   * The share of samples, from 0 to 1, by which accuracy may fall below the float network's: of correct classes where
   * samples have labels, else of samples that both networks put into one class.
   */
  readonly maxDrop?: number;
  /** Bytes of the program as portable C: memory at run time, and constants. */
  readonly budget?: { readonly ram?: number; readonly flash?: number };
}

/** Raises the costliest layers to 16 bits, and where they have no such form, to f32, until the goal is met. */
export async function mixPrecisions(
  network: FloatNetwork,
  decisions: Decisions,
  samples: SampleSource,
  { maxDrop, budget }: MixedPrecisionGoal,
): Promise<Decisions> {
  if (samples.count === 0 || (maxDrop === undefined && budget === undefined)) return decisions;
  const ranked = rankedLayers(await sensitivity(network, decisions, samples));
  const names = ranked.filter((name) => decisions.precisions.get(name) === 'i8');
  const raised = new Map<number, Decisions>();
  const raise = (count: number): Decisions => {
    const known = raised.get(count) ?? withRaised(network, decisions, names.slice(0, count));
    raised.set(count, known);
    return known;
  };
  const isAllowed = (count: number) => budget === undefined || fits(quantizedProgram(network, raise(count)), budget);
  if (maxDrop === undefined) return raise(greatest(names.length, isAllowed));
  const wanted = await hits(network.program, network.program, samples);
  for (let count = 0; ; count = count === 0 ? 1 : Math.ceil(count * 1.5)) {
    const last = count >= names.length;
    const current = raise(Math.min(count, names.length));
    const found = await hits(quantizedProgram(network, current), network.program, samples);
    if (last || wanted - found <= maxDrop * samples.count || !isAllowed(Math.min(count + 1, names.length)))
      return current;
  }
}

/** The greatest number up to `most` for which `holds`, which holds for all below one for which it does; 0 if for none. */
function greatest(most: number, holds: (count: number) => boolean): number {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

function withRaised(network: FloatNetwork, decisions: Decisions, names: readonly string[]): Decisions {
  const precisions = new Map(decisions.precisions);
  for (const name of names) precisions.set(name, 'i16');
  return { ...decisions, precisions: possiblePrecisions(network, { ...decisions, precisions }).precisions };
}

function fits(program: Program, { ram, flash }: NonNullable<MixedPrecisionGoal['budget']>): boolean {
  const { loops, macs } = lowerModule(program.module(), { name: program.name });
  const { sourceHash } = program;
  const { bytes } = manifestOf({ program: loops, compiler: `int8c ${version}`, target: '', sourceHash, macs });
  return bytes.arena <= (ram ?? Number.POSITIVE_INFINITY) && bytes.constants <= (flash ?? Number.POSITIVE_INFINITY);
}

/** Samples that the program puts into the right class: the label's, or without labels that of the float program. */
async function hits(program: Program, float: Program, samples: SampleSource): Promise<number> {
  const runner = await createRunner(program, { target: 'wasm' });
  const reference = samples.labels === undefined ? await createRunner(float, { target: 'wasm' }) : undefined;
  const [output] = program.outputs;
  let count = 0;
  for (let i = 0; i < samples.count; i++) {
    const feeds = await samples.read(i);
    const found = greatestIndex((await runner.run(feeds))[output?.name ?? '']);
    const wanted = samples.labels?.[i] ?? greatestIndex((await reference?.run(feeds))?.[float.outputs[0]?.name ?? '']);
    if (found === wanted) count++;
  }
  await Promise.all([runner.close(), reference?.close()]);
  return count;
}

function greatestIndex(scores: ArrayLike<number | bigint> | undefined): number {
  const list = Array.from(scores ?? [], Number);
  return list.indexOf(Math.max(...list));
}

// Mixed precision: which layers get 16 bits or stay f32, so that a network loses no more than its user allows, or fits
// its memory and loses as little as it can. Layers are ranked by what their quantization costs, measured one by one.
import { fail } from '../../ir/diagnostics.ts';
import { argmax } from '../compare/class-counts.ts';
import { programCost } from '../compare/program-cost.ts';
import { rankedLayers, sensitivity } from '../compare/sensitivity.ts';
import type { FloatOperator } from '../float-operators.ts';
import type { Program } from '../program.ts';
import { createRunner } from '../runner.ts';
import type { SampleSource } from '../samples/sample-source.ts';
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

/** Precisions, and what of the raised layers has no form of 16 bits and stays f32. */
export interface MixedPrecisions {
  readonly decisions: Decisions;
  readonly float: readonly FloatOperator[];
}

/**
 * Raises the costliest layers to 16 bits, and where they have no such form, to f32, until the goal is met.
 *
 * @throws CompileError I8C0408 where it cannot be met, I8C0402 where there are no samples to measure with.
 */
export async function mixPrecisions(
  network: FloatNetwork,
  decisions: Decisions,
  samples: SampleSource,
  { maxDrop, budget }: MixedPrecisionGoal,
): Promise<MixedPrecisions> {
  if (maxDrop === undefined && budget === undefined) return { decisions, float: [] };
  if (samples.count === 0) fail('I8C0402', 'There are no samples to rank layers with.', { hint: 'Give some.' });
  const ranked = rankedLayers(await sensitivity(network, decisions, samples));
  const names = ranked.filter((name) => decisions.precisions.get(name) === 'i8');
  const raise = (count: number) => withRaised(network, decisions, names.slice(0, count));
  const isAllowed = (count: number) => fits(quantizedProgram(network, raise(count).decisions), budget ?? {});
  if (!isAllowed(0)) {
    fail('I8C0408', 'The program does not fit its budget, even with 8 bits throughout.', {
      hint: 'Allow more memory: int8c inspect says what the program takes.',
    });
  }
  const most = budget === undefined ? names.length : greatest(names.length, isAllowed);
  if (maxDrop === undefined) return raise(most);
  const classes = await classesBy(network.program, samples);
  const wanted = samples.labels ?? classes;
  const allowed = matches(classes, wanted) - maxDrop * samples.count;
  for (let count = 0; ; count = Math.min(most, count === 0 ? 1 : Math.ceil(count * 1.5))) {
    const raised = raise(count);
    const right = matches(await classesBy(quantizedProgram(network, raised.decisions), samples), wanted);
    if (right >= allowed) return raised;
    if (count === most) {
      const share = ((100 * (allowed - right)) / samples.count + 100 * maxDrop).toFixed(2);
      fail('I8C0408', `The network loses ${share} points with ${most} layers of more than 8 bits.`, {
        hint: budget === undefined ? 'Allow a greater drop.' : 'Allow a greater drop, or more memory.',
      });
    }
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

function withRaised(network: FloatNetwork, decisions: Decisions, names: readonly string[]): MixedPrecisions {
  if (names.length === 0) return { decisions, float: [] };
  const precisions = new Map(decisions.precisions);
  for (const name of names) precisions.set(name, 'i16');
  const found = possiblePrecisions(network, { ...decisions, precisions });
  return { decisions: { ...decisions, precisions: found.precisions }, float: found.float };
}

function fits(program: Program, { ram, flash }: NonNullable<MixedPrecisionGoal['budget']>): boolean {
  if (ram === undefined && flash === undefined) return true;
  const { bytes } = programCost(program);
  return bytes.arena <= (ram ?? Number.POSITIVE_INFINITY) && bytes.constants <= (flash ?? Number.POSITIVE_INFINITY);
}

/** The class of each sample: the index of the greatest element of the first output. */
async function classesBy(program: Program, samples: SampleSource): Promise<number[]> {
  const runner = await createRunner(program, { target: 'wasm' });
  const classes: number[] = [];
  for (let i = 0; i < samples.count; i++) {
    const scores = Object.values(await runner.run(await samples.read(i)))[0] ?? [];
    classes.push(argmax(Array.from(scores, Number)));
  }
  await runner.close();
  return classes;
}

const matches = (classes: readonly number[], wanted: ArrayLike<number>): number =>
  classes.filter((c, i) => c === wanted[i]).length;

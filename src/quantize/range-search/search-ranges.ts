// Chooses ranges by what they do to the network's outputs: every estimator's ranges for all tensors at once, then tensor
// by tensor (coordinate descent), each time keeping what brings the outputs closer to the float network's. A change of one
// tensor must do so on both halves of the samples: what helps only some of them is clipped to them, and others pay for it.
import type { Op } from '../../../ir/module.ts';
import { constant } from '../../../ir/ops/constant.ts';
import type { TensorArray } from '../../../ir/tensor-data.ts';
import { elementCount } from '../../../ir/types.ts';
import type { SampleSource } from '../../samples/sample-source.ts';
import { inOrder, type NetworkStatistics } from '../calibrate.ts';
import { effectiveRanges, within } from '../effective-ranges.ts';
import { bestRange, type Estimator, estimateRange, type Range } from '../estimators/index.ts';
import { compileToWasm, type FloatNetwork } from '../float-network.ts';
import { measuredTensors } from '../measured-tensors.ts';
import { noiseInDecibels, squares } from '../output-noise.ts';
import { type Decisions, groupRange } from '../plan.ts';
import { type ProgressOptions, progressSteps } from '../progress-steps.ts';
import { type Simulation, simulation } from './simulation.ts';

const estimators = ['minmax', 'percentile', 'mse', 'entropy', 'mean'] as const satisfies readonly Estimator[];

/** Multiply-accumulates to spend on measuring: a bound on time that gives the same result on any machine. */
const budget = 5e10;
/** What it takes to round an element in floats, in multiply-accumulates of a convolution. */
const roundingCost = 40;

const elements = (op: Op) => (op.definition === constant ? 0 : elementCount(op.results[0]?.type.shape ?? []));

const mostSamples = 64;
const fewestSamples = 4;

/**
 * Gains in dB that are worth a change: of all ranges at once from the extremes to an estimator's, on both halves or as a mean
 * of them, and of one range on both. Narrower ranges always look a little better on the samples that they were made from, and
 * are worse on what lies outside of them.
 */
const leastGain = { all: 0.5, mean: 1, one: 0.25 };

/** Ranges that differ by less are not tried both. */
const sameShare = 0.02;

/** The range of the current choice, wider and narrower. */
const stretches = [0.8, 0.9, 1.1, 1.25];

/** The decisions' ranges, with those of all tensors that are quantized replaced. */
export interface FoundRanges {
  /** Of the best estimator for all tensors at once, after changes of single tensors. */
  readonly searched: ReadonlyMap<string, Range>;
  /** Of that estimator alone. */
  readonly estimated: ReadonlyMap<string, Range>;
}

/** Looks for ranges on the samples; which of them to take is to be seen on others. */
export async function searchRanges(
  network: FloatNetwork,
  statistics: NetworkStatistics,
  decisions: Decisions,
  samples: SampleSource,
  options: ProgressOptions = {},
): Promise<FoundRanges> {
  const { entry } = network.module();
  const cost = entry.ops.reduce((sum, op) => sum + (op.definition.macs?.(op) ?? 0) + roundingCost * elements(op), 0);
  const wanted = Math.floor(budget / Math.max(cost, 1) / (4 * estimators.length));
  const count = Math.min(samples.count, mostSamples, Math.max(fewestSamples, wanted));
  const inputs: (readonly TensorArray[])[] = [];
  for (let i = 0; i < count; i++) {
    inputs.push(inOrder(network, await samples.read(Math.floor((i * samples.count) / count))));
  }
  const limits = effectiveRanges(entry, statistics);
  const simulated = simulation(network, decisions);
  const most = Math.floor(budget / Math.max(cost * count, 1));
  let evaluations = most;
  const noiseOf = noiseMeter(network, simulated, inputs);
  const step = progressSteps(most, options);
  const measure = async (ranges: readonly Range[]): Promise<Noise> => {
    const found = noiseOf(ranges);
    await step();
    return found;
  };

  const choices = [...estimators, 'least error' as const].map((method) =>
    rangesBy(method, statistics, simulated, decisions, limits, network.ports.ranges),
  );
  let [current, least]: [readonly Range[], Noise] = [[], [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]];
  for (const ranges of choices) {
    const found = await measure(ranges);
    const isWorthIt = isBetter(found, least, leastGain.all) || mean(found) < mean(least) - leastGain.mean;
    if (isWorthIt) [current, least] = [ranges, found];
    evaluations--;
  }
  const estimated = current;
  for (let improved = true; improved && evaluations > 0; ) {
    improved = false;
    for (let g = 0; g < simulated.groups.length && evaluations > 0; g++) {
      if (simulated.groups[g]?.group.members.some(({ name }) => network.ports.ranges.has(name))) continue;
      for (const range of candidates(g, current, choices)) {
        if (evaluations-- <= 0) break;
        const ranges = current.with(g, range);
        const found = await measure(ranges);
        if (!isBetter(found, least, leastGain.one)) continue;
        [current, least] = [ranges, found];
        improved = true;
      }
    }
  }
  const named = (found: readonly Range[]) => {
    const ranges = new Map(decisions.ranges);
    simulated.groups.forEach(({ group }, g) => {
      const range = found[g];
      if (range !== undefined) for (const v of group.members) if (ranges.has(v.name)) ranges.set(v.name, range);
    });
    return ranges;
  };
  return { searched: named(current), estimated: named(estimated) };
}

function rangesBy(
  method: Estimator | 'least error',
  statistics: NetworkStatistics,
  { groups }: Simulation,
  { ties }: Decisions,
  limits: ReadonlyMap<string, Range>,
  given: ReadonlyMap<string, Range> = new Map(),
): Range[] {
  return groups.map(({ group, element }) => {
    const bits = element === 'i8' ? 8 : 16;
    const ranges = new Map<string, Range>();
    for (const { name } of group.members) {
      const s = statistics.get(name);
      if (s === undefined) continue;
      const range =
        given.get(name) ??
        (method === 'least error' ? bestRange(s, { bits }).range : estimateRange(s, method, { bits }));
      ranges.set(name, within(range, limits.get(name)));
    }
    return groupRange(group, { ranges, ties }, element);
  });
}

/** What to try for a group beside what it has: every estimator's range, and the present one stretched. */
function candidates(g: number, current: readonly Range[], choices: readonly (readonly Range[])[]): Range[] {
  const now = current[g];
  if (now === undefined) return [];
  const stretched = stretches.map((f) => ({ low: now.low * f, high: now.high * f }));
  const different: Range[] = [];
  for (const range of [...choices.flatMap((c) => c[g] ?? []), ...stretched]) {
    if ([now, ...different].every((other) => !isClose(range, other))) different.push(range);
  }
  return different;
}

const isClose = (a: Range, b: Range) =>
  Math.abs(a.low - b.low) + Math.abs(a.high - b.high) < sameShare * (a.high - a.low);

/** Noise over signal in dB, of every other sample and of those between. */
type Noise = readonly [even: number, odd: number];

const mean = ([even, odd]: Noise) => (even + odd) / 2;

const isBetter = (found: Noise, least: Noise, gain: number) => found.every((n, half) => n < (least[half] ?? 0) - gain);

/** Noise over signal, as a mean over the measured tensors. */
function noiseMeter(network: FloatNetwork, simulated: Simulation, inputs: readonly (readonly TensorArray[])[]) {
  const module = network.module();
  const own = module.entry.outputs.length;
  const names = measuredTensors(module.entry).map((v) => v.name);
  const float = compileToWasm(module, names);
  const wanted = inputs.map((x) => {
    float.reset();
    return float.run(x).slice(own) as Float32Array[];
  });
  const halves = [0, 1].map((half) => inputs.flatMap((_, k) => (k % 2 === half ? [k] : [])));
  const signals = halves.map((half) =>
    names.map((_, t) => half.reduce((sum, k) => sum + squares(wanted[k]?.[t] ?? new Float32Array()), 0)),
  );
  return (ranges: readonly Range[]): Noise => {
    const [even, odd] = halves.map((half, h) => {
      const noise = names.map(() => 0);
      for (const k of half) {
        simulated.run(inputs[k] ?? [], ranges).forEach((found, t) => {
          noise[t] = (noise[t] ?? 0) + squares(found, wanted[k]?.[t]);
        });
      }
      return noiseInDecibels(noise, signals[h] ?? []);
    });
    return [even ?? 0, odd ?? 0];
  };
}

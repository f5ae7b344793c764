// quantize: a float program and samples to an integer program that keeps its accuracy.
import { fail } from '../../ir/diagnostics.ts';
import type { Op } from '../../ir/module.ts';
import { quantize as quantizeOp } from '../../ir/ops/quantize.ts';
import type { Precision } from '../../passes/quantization/insert-quantization.ts';
import { computedInFloat, type FloatOperator } from '../float-operators.ts';
import type { Program } from '../program.ts';
import type { SampleSource } from '../samples/sample-source.ts';
import { type CalibrationOptions, type CalibrationProgress, calibrate, type NetworkStatistics } from './calibrate.ts';
import { type Estimator, estimateRange, type Method, weightScales } from './estimators/index.ts';
import { type FloatNetwork, floatNetwork } from './float-network.ts';
import { heldOut, type SampleParts } from './held-out.ts';
import { type MixedPrecisionGoal, mixPrecisions } from './mixed-precision.ts';
import { operatorsNamed } from './named-operators.ts';
import { arithmeticOps, type Decisions, linearLayers, nameOf } from './plan.ts';
import { possiblePrecisions } from './precisions.ts';
import { prunedNetwork } from './pruning/prune-network.ts';
import { pruneWeights } from './pruning/prune-weights.ts';
import { type ProgramForm, quantizedProgram } from './quantized-program.ts';
import { searchRanges } from './range-search/search-ranges.ts';
import { equalize } from './reconstruction/equalize.ts';
import { learnRounding } from './reconstruction/learn-rounding.ts';
import { measuredNoise } from './reconstruction/measured-noise.ts';
import { type Wide, withWideResults } from './wide-results.ts';

/** What takes a while, and how far it is. */
export interface QuantizationProgress extends CalibrationProgress {
  readonly activity: 'pruning' | 'calibrating' | 'searching ranges' | 'learning weights';
}

export interface QuantizeOptions
  extends Omit<CalibrationOptions, 'resume' | 'onProgress'>,
    MixedPrecisionGoal,
    Omit<ProgramForm, 'activations'> {
  /**
   * How ranges of activations are chosen. `auto` (default): by what they do to the outputs. `keep`: the program is
   * quantized already, by its training or by another tool, and nothing is changed.
   */
  readonly method?: Method | 'keep';
  /** How weights are rounded: `learned` from samples (default with `auto`), or each to the nearest integer. */
  readonly weights?: 'learned' | 'nearest';
  /** What activations become: `i16` goes with 8-bit weights. Default: `i8`. */
  readonly element?: 'i8' | 'i16';
  /**
   * Scales of channels are first evened out between layers, so that one scale for a tensor serves all of its channels
   * (cross-layer equalization). Default: with `auto`, where it brings the outputs closer to the float network's.
   */
  readonly equalize?: boolean;
  /**
   * What has 16 bits where all else has 8: what linear operators give to float `outputs`; that and `vectors`, elementwise
   * operators on tensors that are small beside the weights, as gates and cells of recurrent networks are. Default: `none`;
   * with `auto` what brings the outputs closer to the float network's. TensorFlow Lite files have no form of it.
   */
  readonly wide?: Wide | 'none';
  /** Operators that stay f32: their names in the user's model, or of their results. */
  readonly keepFloat?: readonly string[];
  /** Integer weights, while activations are quantized by the program as it runs. Takes no samples. */
  readonly dynamic?: boolean;
  /** Integer weights, while everything is computed in f32. Takes no samples. */
  readonly weightOnly?: boolean;
  /**
   * The share of weights, from 0 to 1, that are set to 0 before: those that the layers' results miss least, others making
   * up for them. Without samples those of least magnitude.
   */
  readonly prune?: number;
  /** What calibration saw, where it was done before: samples are then needed only by what looks at outputs. */
  readonly statistics?: NetworkStatistics;
  readonly onProgress?: (progress: QuantizationProgress) => void;
}

export interface Quantized {
  readonly program: Program;
  readonly network: FloatNetwork;
  readonly decisions: Decisions;
  readonly statistics: NetworkStatistics;
  /** What stays in f32, and why. */
  readonly float: readonly FloatOperator[];
}

/**
 * Quantizes a float program by samples of its inputs. The same program, samples and options give the same integers.
 *
 * @throws CompileError I8C0402 where neither samples nor statistics are given, or samples do not fit; I8C0403 for names
 *   in `keepFloat` that no operator has.
 */
export async function quantize(
  program: Program,
  samples: SampleSource,
  options: QuantizeOptions = {},
): Promise<Quantized> {
  const plain = await pruned(program, samples, options);
  const kept = keptFloat(plain, options.keepFloat ?? []);
  if (options.method === 'keep') return keptProgram(plain);
  if (options.dynamic === true || options.weightOnly === true) {
    const network = plain;
    const decisions = decide(network, new Map(), kept, options);
    const activations = options.dynamic === true ? 'dynamic' : 'weights';
    const quantized = quantizedProgram(network, decisions, { ...options, activations });
    return { program: quantized, network, decisions, statistics: new Map(), float: computedInFloat(quantized) };
  }
  if (samples.count === 0 && options.statistics === undefined) {
    fail('I8C0402', 'There are no samples to quantize with.');
  }
  const parts = heldOut(plain, samples);
  const found = await closest(plain, samples, parts, kept, options);
  const { network, statistics, float } = found;
  const wide = await widened(found, parts.checked, options);
  const { decisions, float: raised } = await mixPrecisions(network, wide, samples, options);
  const asked = arithmeticOps(network.module()).filter((op) => kept.has(nameOf(op)));
  const left = asked.map((op) => ({
    ...{ name: nameOf(op), operator: op.definition.name, where: op.location },
    reason: 'It was to stay float.',
  }));
  const quantized = quantizedProgram(network, decisions, options);
  return { program: quantized, network, decisions, statistics, float: [...float, ...raised, ...left] };
}

/**
 * What was held out must be nearer by so many dB to be worth a network that is no longer the user's, and to give up ranges
 * that were searched.
 */
const leastGain = 0.7;

/** A network with all that was decided about it: the user's, or the same with its channels equalized. */
interface Candidate {
  readonly network: FloatNetwork;
  readonly statistics: NetworkStatistics;
  readonly decisions: Decisions;
  readonly float: readonly FloatOperator[];
}

/** The network as it is or equalized: as asked, or whichever's outputs are nearer on samples that took no part in fitting. */
async function closest(
  plain: FloatNetwork,
  samples: SampleSource,
  parts: SampleParts,
  kept: ReadonlyMap<string, Precision>,
  options: QuantizeOptions,
): Promise<Candidate> {
  const { method = 'auto', equalize: asked } = options;
  const statistics = options.statistics ?? (await calibrate(plain, samples, during('calibrating', options)));
  const besidePorts = (op: Op) => options.ports !== 'integer' && options.element !== 'i16' && !kept.has(nameOf(op));
  const isConsidered = samples.count > 0 && (asked ?? method === 'auto');
  const equalized = isConsidered ? equalize(plain, statistics, { besidePorts }) : undefined;
  if (equalized === undefined) return candidate(plain, statistics, parts, kept, options);
  const seen = await calibrate(equalized, samples, during('calibrating', options));
  const after = await candidate(equalized, seen, parts, kept, options);
  if (asked === true) return after;
  const before = await candidate(plain, statistics, parts, kept, options);
  const noise = async (c: Candidate) => (await measuredNoise(c.network, [c.decisions], parts.checked))[0] ?? 0;
  return (await noise(after)) < (await noise(before)) - leastGain ? after : before;
}

/** Ranges by the method, with `auto` by their effect on outputs; weights rounded by the layers' results, where they are to be. */
async function candidate(
  network: FloatNetwork,
  statistics: NetworkStatistics,
  parts: SampleParts,
  kept: ReadonlyMap<string, Precision>,
  options: QuantizeOptions,
): Promise<Candidate> {
  const { method = 'auto', weights = method === 'auto' ? 'learned' : 'nearest' } = options;
  const estimated = decide(network, statistics, kept, options);
  const { precisions, float } = possiblePrecisions(network, estimated);
  let decisions: Decisions = { ...estimated, precisions };
  const result = () => ({ network, statistics, decisions, float });
  if (parts.fitted.count === 0) return result();
  if (method === 'auto') {
    const progress = during('searching ranges', options);
    const { searched, estimated } = await searchRanges(network, statistics, decisions, parts.fitted, progress);
    const choices = [searched, estimated].map((ranges) => ({ ...decisions, ranges }));
    const [after = 0, before = 0] = await measuredNoise(network, choices, parts.checked);
    decisions = { ...decisions, ranges: before < after - leastGain ? estimated : searched };
  }
  if (weights === 'learned') {
    const progress = during('learning weights', options);
    const { errors, ...learned } = await learnRounding(network, parts, decisions, progress);
    decisions = { ...decisions, ...learned };
  }
  return result();
}

/** The decisions with results of 16 bits: those that were asked for, or those by which the outputs are nearer. */
async function widened(
  { network, statistics, decisions }: Candidate,
  samples: SampleSource,
  { method = 'auto', ports, wide: asked = method === 'auto' ? undefined : 'none' }: QuantizeOptions,
): Promise<Decisions> {
  if (ports === 'integer' || asked === 'none') return decisions;
  const of = (wide: Wide) => withWideResults(network, decisions, statistics, wide);
  if (asked !== undefined) return of(asked) ?? decisions;
  if (samples.count === 0) return decisions;
  const choices = [decisions, ...[of('outputs'), of('vectors')].filter((found) => found !== undefined)];
  const noise = await measuredNoise(network, choices, samples);
  let best = 0;
  for (const [i, found] of noise.entries()) if (found < (noise[best] ?? 0) - leastGain) best = i;
  return choices[best] ?? decisions;
}

/** The float network, less the weights that are to go. */
async function pruned(program: Program, samples: SampleSource, options: QuantizeOptions): Promise<FloatNetwork> {
  const { prune, method, dynamic, weightOnly } = options;
  if (prune === undefined || method === 'keep') return floatNetwork(program);
  const takesSamples = samples.count > 0 && dynamic !== true && weightOnly !== true;
  if (takesSamples) return prunedNetwork(floatNetwork(program), samples, prune, during('pruning', options));
  return floatNetwork(program, (module) => pruneWeights(module, prune));
}

/** The options with progress told as that of an activity. */
function during(
  activity: QuantizationProgress['activity'],
  { onProgress, workers, signal }: QuantizeOptions,
): Pick<CalibrationOptions, 'workers' | 'signal' | 'onProgress'> {
  return {
    ...(workers === undefined ? {} : { workers }),
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress: (progress) => onProgress({ ...progress, activity }) }),
  };
}

/** The precision f32 for operators that the user names. */
function keptFloat(network: FloatNetwork, names: readonly string[]): ReadonlyMap<string, Precision> {
  if (names.length === 0) return new Map();
  return new Map([...operatorsNamed(network.module().entry, names)].map((name) => [name, 'f32']));
}

/** A channel may have nine weights: distributions and quantiles of so few say nothing, and extremes are what others take. */
function weightEstimator(method: Method | 'keep'): Estimator {
  return method === 'mean' || method === 'mse' || method === 'grid' ? method : 'minmax';
}

/** Ranges and scales of weights by estimators. */
function decide(
  network: FloatNetwork,
  statistics: NetworkStatistics,
  kept: ReadonlyMap<string, Precision>,
  options: QuantizeOptions,
): Decisions {
  const { method = 'auto', element = 'i8', rounding = 'half-even' } = options;
  const estimator = method === 'auto' || method === 'keep' ? 'mse' : method;
  const bits = element === 'i8' ? 8 : 16;
  const module = network.module();
  const scales = linearLayers(module.entry).map(({ name, weights, channels, stride }) => {
    return [name, weightScales(weights.data as Float32Array, { channels, stride }, weightEstimator(method))] as const;
  });
  // Integer ports have one quantization: what is cut from them, or joined to them, is converted in integers.
  const conversions = options.ports === 'integer' ? [] : network.ports.conversions;
  const ranges = [...statistics].map(([name, s]) => [name, estimateRange(s, estimator, { bits })] as const);
  return {
    ranges: new Map([...ranges, ...network.ports.ranges]),
    weightScales: new Map(scales),
    precisions: new Map([
      ...arithmeticOps(module).map((op) => [nameOf(op), element] as const),
      ...[...conversions].map((name) => [name, 'f32'] as const),
      ...kept,
    ]),
    ties: rounding === 'half-even' ? 'even' : 'away',
  };
}

/** A program with quantization of its own, as it is. */
function keptProgram(network: FloatNetwork): Quantized {
  const { program } = network;
  const isQuantized = program.module().entry.ops.some((op) => op.definition === quantizeOp || op.result.type.quant);
  if (!isQuantized) {
    fail('I8C0404', 'The model has no quantization of its own to keep.', {
      hint: 'Leave out the method, and give samples.',
    });
  }
  const decisions: Decisions = { ranges: new Map(), weightScales: new Map(), precisions: new Map(), ties: 'even' };
  return { program, network, decisions, statistics: new Map(), float: computedInFloat(program) };
}

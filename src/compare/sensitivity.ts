// sensitivity: what the quantization of each layer costs the outputs, measured one layer at a time.
import type { TensorArray } from '../../ir/tensor-data.ts';
import { type CalibrationProgress, inOrder } from '../quantize/calibrate.ts';
import type { FloatNetwork } from '../quantize/float-network.ts';
import type { Decisions } from '../quantize/plan.ts';
import { quantizedProgram } from '../quantize/quantized-program.ts';
import type { SampleSource } from '../samples/sample-source.ts';
import { decibels, ErrorSums } from './error-sums.ts';
import { halveNoisiest, noisiestFirst, type Part } from './noisy-parts.ts';
import { realValues } from './real-values.ts';
import { type LayerElements, type Simulation, simulation } from './simulate.ts';
import { type TensorPair, tensorPairs } from './tensor-pairs.ts';

export interface SensitivityOptions {
  /** Samples at most, spread evenly over the source (its first ones for networks with states). Default: 64. */
  readonly samples?: number;
  /**
   * The time to aim for. Where it does not do for every layer, fewer samples are run, {@link leastSamples} at least; where
   * even that takes too long, groups of layers are measured, and those that cost most are divided first. Default: 60.
   */
  readonly seconds?: number;
  /** For how many of the costliest layers the gain of leaving them float is measured too. Default: 8. */
  readonly gains?: number;
  readonly onProgress?: (progress: CalibrationProgress) => void;
}

/** What one layer costs. */
export interface LayerCost {
  /** Of its tensor in the float network. */
  readonly name: string;
  readonly operator: string;
  /** The operators of the user's model that it comes from; '' for inputs. */
  readonly where: string;
  /** Signal to noise of the outputs in dB with the weights and the result of this layer quantized and nothing else. */
  readonly snr: number;
  /** Its noise as a share of that of all layers and groups, each by itself. */
  readonly share: number;
  /** How many dB the outputs win where this layer stays float and all others are quantized. */
  readonly gain?: number;
}

/** Neighbouring layers that there was no time to tell apart: what they cost together. */
export interface GroupCost {
  readonly layers: readonly string[];
  readonly snr: number;
  readonly share: number;
}

export interface Sensitivity {
  /** Samples that were run. */
  readonly samples: number;
  /** Signal to noise of the outputs in dB with every layer quantized. */
  readonly snr: number;
  /** The costliest first. */
  readonly layers: readonly LayerCost[];
  /** The costliest first; none where there was time for every layer. */
  readonly groups: readonly GroupCost[];
}

/**
 * Every layer by name, the costliest first. Those of a group that was measured as a whole count as its equal parts, in the
 * network's order.
 */
export function rankedLayers({ layers, groups }: Pick<Sensitivity, 'layers' | 'groups'>): string[] {
  const single = layers.map((l) => ({ names: [l.name], share: l.share }));
  const shared = groups.map((g) => ({ names: g.layers, share: g.share / g.layers.length }));
  return [...single, ...shared].sort((a, b) => b.share - a.share).flatMap((part) => part.names);
}

/** Fewer samples than this rank layers by chance. */
const leastSamples = 4;

/**
 * Measures each quantized layer of the network on some of the samples. Quantization is simulated in f32, by a program that
 * is compiled once ({@link simulation}): the rounding of one layer alone, its inputs exact. Noise of several outputs is the mean of each one's share of its signal.
 *
 * Time is bounded by the number of samples and by `seconds`; memory by the inputs and outputs of the samples that are run.
 * Programs whose activations have no ranges decided beforehand have no layers to measure.
 */
export async function sensitivity(
  network: FloatNetwork,
  decisions: Decisions,
  samples: SampleSource,
  options: SensitivityOptions = {},
): Promise<Sensitivity> {
  const { samples: most = 64, seconds = 60, gains = 8 } = options;
  const start = performance.now();
  const layers = quantizedLayers(network, decisions);
  if (layers.length === 0 || samples.count === 0) return { samples: 0, snr: decibels(1, 0), layers: [], groups: [] };
  let inputs: TensorArray[][] = [];
  for (const i of spread(samples.count, most, network.module().entry.states.length > 0)) {
    inputs.push(inOrder(network, await samples.read(i)));
  }
  const simulated = simulation(network, decisions, elementsOf(layers));
  const compiled = performance.now();
  const exact = outputsOf(simulated, inputs, []);
  const perSample = (performance.now() - compiled) / inputs.length;
  const perMeasure = (1000 * seconds - (performance.now() - start)) / (layers.length + gains + 1);
  inputs = inputs.slice(0, Math.max(leastSamples, Math.floor(perMeasure / perSample)));
  const noise = (chosen: readonly TensorPair[]) => relativeNoise(network, exact, outputsOf(simulated, inputs, chosen));

  const begun = performance.now();
  const end = start + 1000 * seconds;
  const all = noise(layers);
  const perMeasurement = performance.now() - begun;
  const isTimeFor = (measurements: number) => performance.now() + measurements * perMeasurement <= end;
  let done = 0;
  const measure = (part: readonly TensorPair[]): Part<TensorPair> => {
    const own = noise(part);
    if (part.length === 1) options.onProgress?.({ done: ++done, count: layers.length });
    return { layers: part, noise: own };
  };
  const parts = isTimeFor(layers.length)
    ? noisiestFirst(layers.map((layer) => measure([layer])))
    : halveNoisiest({ layers, noise: all }, isTimeFor, measure);
  const total = parts.reduce((sum, p) => sum + p.noise, 0);
  const figures = (own: number) => ({ snr: decibels(1, own), share: total === 0 ? 0 : own / total });
  const single = parts.filter((p) => p.layers.length === 1);
  return {
    samples: inputs.length,
    snr: decibels(1, all),
    layers: single.flatMap(({ layers: [layer], noise: own }, rank) => {
      if (layer === undefined) return [];
      const { name, operator, where } = layer;
      const cost = { name, operator, where, ...figures(own) };
      if (rank >= gains || all === 0 || !isTimeFor(0)) return [cost];
      return [{ ...cost, gain: decibels(all, noise(layers.filter((l) => l !== layer))) }];
    }),
    groups: parts
      .filter((p) => p.layers.length > 1)
      .map((p) => ({ layers: p.layers.map((l) => l.name), ...figures(p.noise) })),
  };
}

/** Tensors that the decisions give integers. */
function quantizedLayers(network: FloatNetwork, decisions: Decisions): TensorPair[] {
  if (decisions.ranges.size === 0) return [];
  const quantized = quantizedProgram(network, decisions).module();
  return tensorPairs(network.module().entry, quantized.entry).filter((p) => p.precision !== 'f32');
}

function elementsOf(layers: readonly TensorPair[]): LayerElements {
  return new Map(layers.flatMap(({ name, precision }) => (precision === 'f32' ? [] : [[name, precision] as const])));
}

/**
 * Indices of at most `most` samples: the first ones where their order counts, else evenly spread. Spread ones come in an
 * order of which every beginning is spread too, since fewer may be run: halves, quarters and so on.
 */
function spread(count: number, most: number, first: boolean): number[] {
  const n = Math.min(count, Math.max(1, most));
  const indices = Array.from({ length: n }, (_, i) => (first ? i : Math.floor((i * count) / n)));
  if (first) return indices;
  const reversed = (i: number) => Number.parseInt([...i.toString(2).padStart(32, '0')].reverse().join(''), 2);
  return indices
    .map((index, i) => ({ index, key: reversed(i) }))
    .sort((a, b) => a.key - b.key)
    .map(({ index }) => index);
}

type Outputs = readonly (readonly TensorArray[])[];

/** What the network gives for each sample with these layers rounded. */
function outputsOf(simulated: Simulation, inputs: readonly TensorArray[][], layers: readonly TensorPair[]): Outputs {
  const run = simulated.choose(new Set(layers.map(({ name }) => name)));
  return inputs.map((sample) => run(sample));
}

/** Noise over signal, the mean over the outputs that have a signal. */
function relativeNoise(network: FloatNetwork, exact: Outputs, noisy: Outputs): number {
  const { outputs } = network.program;
  const sums = outputs.map(() => new ErrorSums());
  noisy.forEach((results, i) => {
    outputs.forEach(({ type }, k) => {
      const [real, other] = [exact[i]?.[k], results[k]];
      if (real !== undefined && other !== undefined) sums[k]?.add(realValues(real, type), realValues(other, type));
    });
  });
  const shares = sums.map((s) => s.relativeNoise).filter(Number.isFinite);
  return shares.reduce((sum, x) => sum + x, 0) / Math.max(1, shares.length);
}

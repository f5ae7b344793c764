// Learned rounding: the integers of every linear layer's weights, its scales and its bias, chosen so that the layer's
// result comes as near to the float network's as it can, in the mean over samples.
//
// Weights are fitted to what the layer sees in the network that is rounded to nearest, all layers in one run over the
// samples. Fitting w^.x^ to w.x, x^ the input in the quantized network, so that a layer also takes back errors of the layers
// before it, was no better on the networks that were measured: it answers noise with smaller weights, an error that does not
// average out over positions as noise does. Nor was it where x^ has the roundings of weights alone, of those before the layer
// in a block of two or four: between 2 dB less and 0.7 dB more on five convolutional networks, whose errors are mostly of
// activations, and 2 dB less on one whose layers see a hundred patches. What earlier errors do to means is taken back, by the biases, layer after layer.
import type { SampleSource } from '../../samples/sample-source.ts';
import { weightScales as estimatedScales } from '../estimators/index.ts';
import type { FloatNetwork } from '../float-network.ts';
import type { SampleParts } from '../held-out.ts';
import { type Decisions, safeScales } from '../plan.ts';
import { type ProgressOptions, progressSteps } from '../progress-steps.ts';
import { correctBiases } from './correct-biases.ts';
import { fitLayer, type LayerError } from './fit-layer.ts';
import { eachTensor, type FittedLayer, fittedLayers } from './layer-tensors.ts';
import { measuredNoise } from './measured-noise.ts';
import { Moments } from './moments.ts';
import { patchLength, positionsOf } from './patches.ts';

export interface LearnRoundingOptions extends ProgressOptions {
  /** Chooses the positions whose patches are looked at; the same seed gives the same integers. Default: 1. */
  seed?: number;
  /** Patches of each layer, over all samples. Default: 8192. */
  patches?: number;
}

/**
 * What was learned, by the names of the layers' results: to be put into the decisions. Where the outputs were nearer to the
 * float network's without one part of it (rounding, biases), that part is as it was.
 */
export interface LearnedRounding extends Required<Pick<Decisions, 'rounded' | 'weightScales' | 'biases'>> {
  /** Of each fitted layer. */
  readonly errors: ReadonlyMap<string, LayerError>;
}

/** Longer patches than this make matrices of moments of hundreds of megabytes: such layers are left to the nearest. */
const maxPatchLength = 2560;

/** Numbers that moments of layers fitted in one run may take: 256 MB. */
const maxMoments = 2 ** 25;

/**
 * Learns the rounding of every layer that computes on integers and says how its weights meet its input, on one part of the
 * samples; whether to take it is decided on the other.
 */
export async function learnRounding(
  network: FloatNetwork,
  { fitted: samples, checked }: SampleParts,
  decisions: Decisions,
  { seed = 1, patches = 8192, ...options }: LearnRoundingOptions = {},
): Promise<LearnedRounding> {
  const layers = fittedLayers(network, decisions).filter((layer) => patchLength(layer.patches) <= maxPatchLength);
  const rounded = new Map(decisions.rounded);
  const weightScales = new Map(decisions.weightScales);
  const errors = new Map<string, LayerError>();
  const step = progressSteps(layers.length, options);
  const perSample = Math.ceil(patches / Math.max(1, samples.count));
  for (const wave of waves(layers)) {
    const moments = new Map(wave.map((layer) => [layer, new Moments(layer.patches)]));
    await eachTensor(network, decisions, samples, wave, 'input', (layer, x, sample) => {
      moments.get(layer)?.add(x, positionsOf(layer.patches, perSample, [seed, layer.index, sample]));
    });
    for (const [layer, seen] of moments) {
      const fit = fitLayer(layer, seen.finish(), candidates(layer, decisions));
      rounded.set(layer.name, fit.rounded);
      weightScales.set(layer.name, fit.scales);
      errors.set(layer.name, fit.error);
      await step();
    }
  }
  const learned = { ...decisions, rounded, weightScales };
  const corrected = { ...learned, biases: await correctBiases(network, samples, learned) };
  const best = await leastNoise(network, checked, [corrected, learned, decisions]);
  return {
    rounded: best.rounded ?? new Map(),
    weightScales: best.weightScales,
    biases: best.biases ?? new Map(),
    errors,
  };
}

/** Of several sets of decisions the one with which the outputs are nearest. */
async function leastNoise(
  network: FloatNetwork,
  samples: SampleSource,
  choices: readonly [Decisions, ...Decisions[]],
): Promise<Decisions> {
  const noise = await measuredNoise(network, choices, samples);
  return choices[noise.indexOf(Math.min(...noise))] ?? choices[0];
}

/** Layers in order, as many at a time as have room for their moments. */
function waves(layers: readonly FittedLayer[]): FittedLayer[][] {
  const result: FittedLayer[][] = [];
  let room = 0;
  for (const layer of layers) {
    const size = layer.patches.groups * patchLength(layer.patches) ** 2;
    const wave = result.at(-1);
    if (wave !== undefined && size <= room) wave.push(layer);
    else {
      result.push([layer]);
      room = maxMoments;
    }
    room -= size;
  }
  return result;
}

/** Scales that a layer's channels may take, each channel any of them: first those that were decided. */
function candidates(layer: FittedLayer, decisions: Decisions): Float32Array[] {
  const { bias, inputScale } = layer;
  const data = layer.weights.data as Float32Array;
  const decided = decisions.weightScales.get(layer.name);
  const others = (['minmax', 'mse'] as const).map((method) => estimatedScales(data, layer, method));
  const all = decided === undefined ? others : [decided, ...others];
  const largest = Math.max(...all.map((scales) => scales.reduce((most, s) => Math.max(most, s), 0)));
  // Safe beside the largest of any candidate, so that the plan finds nothing to change whichever are mixed.
  return all.map((scales) => safeScales(Float32Array.of(...scales, largest), inputScale, bias).slice(0, -1));
}

// Pruned layers get back the means and deviations that their results had: Frantar and Alistarh, "Optimal Brain Compression"
// (2022), section 6 (statistics correction).
import type { SampleSource } from '../../samples/sample-source.ts';
import type { FloatNetwork } from '../float-network.ts';
import type { Step } from '../progress-steps.ts';
import { biasShifts, type ChannelFigures, ChannelSums } from '../reconstruction/channel-sums.ts';
import { eachOwnError, eachTensor, type PatchedLayer } from '../reconstruction/layer-tensors.ts';
import { type LayerNumbers, withNumbers } from './layer-numbers.ts';

/** Networks of more layers are corrected at once: running them as often as they have layers takes too long. */
const mostInSequence = 16;

/** What an error did to a deviation, and no more. */
const mostFactor = 2;

/** Steps that restoring these layers takes. */
export const restorations = ({ length }: readonly PatchedLayer[]): number => (length > mostInSequence ? 1 : length);

export interface PrunedLayers {
  readonly network: FloatNetwork;
  readonly samples: SampleSource;
  readonly layers: readonly PatchedLayer[];
  /** What pruning made of them, by their names. */
  readonly pruned: ReadonlyMap<string, LayerNumbers>;
  /** Called after each restoration. */
  readonly step: Step;
}

type AllNumbers = ReadonlyMap<string, LayerNumbers>;

/** The numbers with each layer's rows scaled and its biases shifted. */
export function restoreStatistics(given: PrunedLayers): Promise<AllNumbers> {
  return given.layers.length > mostInSequence ? restoreOwn(given) : restoreInSequence(given);
}

/** One layer after the other: each takes back what all pruning before it has done too. */
async function restoreInSequence({ network, samples, layers, pruned, step }: PrunedLayers): Promise<AllNumbers> {
  const numbers = new Map(pruned);
  const figures = async (of: FloatNetwork, which: readonly PatchedLayer[]) => {
    const sums = sumsOf(which);
    await eachTensor(of, undefined, samples, which, 'result', (layer, y) => sums.get(layer)?.add(y));
    return sums;
  };
  const wanted = await figures(network, layers);
  for (const layer of layers) {
    const found = await figures(withNumbers(network, numbers), [layer]);
    restoreLayer(layer, numbers, wanted.get(layer)?.finish(), found.get(layer)?.finish());
    await step();
  }
  return numbers;
}

/** All layers at once: each takes back what its own pruning does, so that nothing is taken back twice. */
async function restoreOwn({ network, samples, layers, pruned, step }: PrunedLayers): Promise<AllNumbers> {
  const numbers = new Map(pruned);
  const [wanted, found] = [sumsOf(layers), sumsOf(layers)];
  await eachOwnError(withNumbers(network, numbers), undefined, samples, layers, (layer, whole, y) => {
    wanted.get(layer)?.add(whole);
    found.get(layer)?.add(y);
  });
  for (const layer of layers) restoreLayer(layer, numbers, wanted.get(layer)?.finish(), found.get(layer)?.finish());
  await step();
  return numbers;
}

const sumsOf = (layers: readonly PatchedLayer[]) => new Map(layers.map((layer) => [layer, new ChannelSums(layer)]));

/** Puts numbers in the place of the layer's that take its results' figures from those found to those wanted. */
function restoreLayer(
  layer: PatchedLayer,
  numbers: Map<string, LayerNumbers>,
  wanted: ChannelFigures | undefined,
  found: ChannelFigures | undefined,
): void {
  const before = numbers.get(layer.name);
  if (wanted === undefined || found === undefined || before === undefined) return;
  const { channels, stride } = layer;
  const factors = wanted.deviation.map((d, c) => {
    const factor = d / (found.deviation[c] ?? 0);
    return Number.isFinite(factor) ? Math.min(mostFactor, Math.max(1 / mostFactor, factor)) : 1;
  });
  // An activation that cuts off at 0 lets factors pass.
  const scaled = found.mean.map((m, c) => m * (factors[c] ?? 1));
  const shifts = biasShifts(found, wanted.mean, scaled);
  const biases = before.biases ?? layer.bias ?? new Float32Array(channels);
  numbers.set(layer.name, {
    weights: before.weights.map((w, i) => w * (factors[Math.floor(i / stride) % channels] ?? 1)),
    biases: biases.map((b, c) => b * (factors[c] ?? 1) + (shifts[c] ?? 0)),
  });
}

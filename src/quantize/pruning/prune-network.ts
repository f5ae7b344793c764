// Pruning by samples: the weights that the layers' results miss least become 0, and those beside them make up for it.
//
// Setting weight k of an output channel to 0 costs its result at least (w_k L_kk)^2, H = L L^T being the moments of its
// inputs, if the weights before k are then put where the rest of the error is least: Hassibi and Stork, "Second Order
// Derivatives for Network Pruning: Optimal Brain Surgeon" (1993), one weight after the other as in Frantar and Alistarh,
// "SparseGPT: Massive Language Models Can Be Accurately Pruned in One-Shot" (2023). Of all layers those weights go first
// whose cost is the least share of their layer's power, so that layers that need theirs keep more.
import type { SampleSource } from '../../samples/sample-source.ts';
import { samplesAt } from '../../samples/select-samples.ts';
import type { FloatNetwork } from '../float-network.ts';
import { linearLayers } from '../plan.ts';
import { type ProgressOptions, progressSteps, type Step } from '../progress-steps.ts';
import { eachTensor, type PatchedLayer, patchedLayers } from '../reconstruction/layer-tensors.ts';
import { Moments } from '../reconstruction/moments.ts';
import { cholesky } from '../reconstruction/nearest-plane.ts';
import { patchLength, positionsOf } from '../reconstruction/patches.ts';
import { hessianOf } from '../reconstruction/row-problem.ts';
import { weightIndex, weightRow } from '../reconstruction/weight-rows.ts';
import { type LayerNumbers, withNumbers } from './layer-numbers.ts';
import { type PrunableRow, prunedRow, rowPower } from './prune-row.ts';
import { withoutLeast } from './prune-weights.ts';
import { restorations, restoreStatistics } from './restore-statistics.ts';

/** Samples that are looked at, at most: spread over all. */
const mostSamples = 128;

/** Patches of each layer, over all samples. */
const mostPatches = 8192;

/** Numbers that the moments of all layers together may take (512 MB): what has no room is pruned by magnitude. */
const maxMoments = 2 ** 26;

/** Output channels of a layer by which the threshold is sought. */
const soughtRows = 64;

/** Halvings of the threshold's exponent. */
const halvings = 20;

/** A layer and what its weights meet. */
interface SensedLayer {
  readonly layer: PatchedLayer;
  /** By output channel. */
  readonly rows: readonly PrunableRow[];
  /** Means of the elements of the channel's patches. */
  readonly means: readonly Float64Array[];
  /** Of the layer's results: what its errors are a share of. */
  readonly power: number;
}

/**
 * The network with about that share of its layers' weights at 0, the others adjusted, and biases that keep the means of
 * results.
 *
 * @param sparsity From 0 to 1.
 */
export async function prunedNetwork(
  network: FloatNetwork,
  samples: SampleSource,
  sparsity: number,
  options: ProgressOptions = {},
): Promise<FloatNetwork> {
  const func = network.module().entry;
  const patched = patchedLayers(func);
  const some = spread(samples, func.states.length > 0);
  const step = progressSteps(1 + halvings + restorations(patched), options);
  const sensed = await sense(network, some, withRoom(patched));
  await step();
  const known = new Set(sensed.map(({ layer }) => layer.name));
  const threshold = await thresholdFor(sensed, sparsity, step);
  const numbers = new Map<string, LayerNumbers>([
    ...linearLayers(func).flatMap((l) => (known.has(l.name) ? [] : [[l.name, withoutLeast(l, sparsity)] as const])),
    ...sensed.map((layer) => [layer.layer.name, pruned(layer, threshold)] as const),
  ]);
  return withNumbers(
    network,
    await restoreStatistics({ network, samples: some, layers: patched, pruned: numbers, step }),
  );
}

/** The layers, in order, whose moments there is memory for. */
function withRoom(layers: readonly PatchedLayer[]): PatchedLayer[] {
  let room = maxMoments;
  return layers.filter(({ patches }) => {
    const size = patches.groups * patchLength(patches) ** 2;
    if (size > room) return false;
    room -= size;
    return true;
  });
}

async function sense(
  network: FloatNetwork,
  samples: SampleSource,
  layers: readonly PatchedLayer[],
): Promise<SensedLayer[]> {
  const moments = new Map(layers.map((layer) => [layer, new Moments(layer.patches)]));
  const perSample = Math.ceil(mostPatches / Math.max(1, samples.count));
  await eachTensor(network, undefined, samples, layers, 'input', (layer, x, sample) => {
    moments.get(layer)?.add(x, positionsOf(layer.patches, perSample, [layer.index, sample]));
  });
  return layers.flatMap((layer) => {
    const seen = moments.get(layer);
    // Triangles take the place of moments, of which there is no room for both.
    moments.delete(layer);
    if (seen === undefined) return [];
    const { groups, count } = seen.finish();
    const lowers = groups.map((group) => cholesky(hessianOf(group, count)));
    const groupOf = (o: number) => Math.floor((o * groups.length) / layer.channels);
    const rows = Array.from({ length: layer.channels }, (_, o) => ({
      weights: weightRow(layer, o),
      lower: lowers[groupOf(o)] ?? new Float64Array(),
    }));
    const means = rows.map((_, o) => groups[groupOf(o)]?.mean ?? new Float64Array());
    const power = rows.reduce((sum, row) => sum + rowPower(row), 0);
    // Inputs that are no numbers say nothing about what may go.
    return Number.isFinite(power) ? [{ layer, rows, means, power }] : [];
  });
}

/** Some of the samples: the first where they are steps in a row, else every so many-th. */
function spread(samples: SampleSource, inSteps: boolean): SampleSource {
  const count = Math.min(mostSamples, samples.count);
  const at = (i: number) => (inSteps ? i : Math.floor((i * samples.count) / count));
  return samplesAt(
    samples,
    Uint32Array.from({ length: count }, (_, i) => at(i)),
  );
}

/** The share of its layer's power that a weight may cost, for that share of all weights to be 0. */
async function thresholdFor(layers: readonly SensedLayer[], sparsity: number, step: Step): Promise<number> {
  const sought = layers.map(({ rows, power }) => {
    const step = Math.max(1, Math.floor(rows.length / soughtRows));
    return { rows: rows.filter((_, o) => o % step === 0), power, all: rows.length };
  });
  const shareBelow = (threshold: number) => {
    let [zeros, count] = [0, 0];
    for (const { rows, power, all } of sought) {
      const weight = all / rows.length;
      for (const row of rows) {
        for (const w of prunedRow(row, threshold * power)) if (w === 0) zeros += weight;
        count += weight * row.weights.length;
      }
    }
    return zeros / Math.max(1, count);
  };
  // Shares of power from what f64 cannot tell from nothing to all of it.
  let [low, high] = [-60, 1];
  if (sparsity >= 1) return Number.POSITIVE_INFINITY;
  if (shareBelow(0) >= sparsity) return 0;
  for (let i = 0; i < halvings; i++) {
    const middle = (low + high) / 2;
    if (shareBelow(2 ** middle) < sparsity) low = middle;
    else high = middle;
    await step();
  }
  return 2 ** high;
}

function pruned({ layer, rows, means, power }: SensedLayer, threshold: number): LayerNumbers {
  const weights = (layer.weights.data as Float32Array).slice();
  const biases = layer.bias?.slice() ?? new Float32Array(layer.channels);
  for (const [o, row] of rows.entries()) {
    let shift = 0;
    for (const [k, w] of prunedRow(row, threshold * power).entries()) {
      shift += ((row.weights[k] ?? 0) - w) * (means[o]?.[k] ?? 0);
      weights[weightIndex(layer, o, k)] = w;
    }
    biases[o]! += shift;
  }
  return { weights, biases };
}

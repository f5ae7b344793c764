// Pruned layers get back the means and deviations that their results had, layer after layer, each behind pruned ones:
// Frantar and Alistarh, "Optimal Brain Compression" (2022), section 6 (statistics correction).

import type { SampleSource } from '../../samples/sample-source.ts';
import { samplesAt } from '../../samples/select-samples.ts';
import type { FloatNetwork } from '../float-network.ts';
import { biasShifts, ChannelSums } from '../reconstruction/channel-sums.ts';
import { eachTensor, type PatchedLayer } from '../reconstruction/layer-tensors.ts';
import { type LayerNumbers, withNumbers } from './layer-numbers.ts';

/** Multiply-accumulates to spend: the network runs once for each layer, up to that layer. */
const budget = 5e10;
const fewestSamples = 8;

/** What an error did to a deviation, and no more. */
const mostFactor = 2;

/** The numbers with each layer's rows scaled and its biases shifted. */
export async function restoreStatistics(
  network: FloatNetwork,
  samples: SampleSource,
  layers: readonly PatchedLayer[],
  pruned: ReadonlyMap<string, LayerNumbers>,
): Promise<ReadonlyMap<string, LayerNumbers>> {
  const numbers = new Map(pruned);
  const macs = layers.reduce((sum, { op }) => sum + (op.definition.macs?.(op) ?? 0), 0);
  const affordable = Math.floor((2 * budget) / Math.max(1, macs * layers.length));
  const count = Math.min(samples.count, Math.max(fewestSamples, affordable));
  const some = samplesAt(
    samples,
    Uint32Array.from({ length: count }, (_, i) => i),
  );
  const figures = async (of: FloatNetwork, which: readonly PatchedLayer[]) => {
    const sums = new Map(which.map((layer) => [layer, new ChannelSums(layer)]));
    await eachTensor(of, undefined, some, which, 'result', (layer, y) => sums.get(layer)?.add(y));
    return new Map([...sums].map(([layer, each]) => [layer, each.finish()]));
  };
  const wanted = await figures(network, layers);
  for (const layer of layers) {
    const found = (await figures(withNumbers(network, numbers), [layer])).get(layer);
    const before = numbers.get(layer.name);
    const goal = wanted.get(layer);
    if (found === undefined || goal === undefined || before === undefined) continue;
    const factors = goal.deviation.map((d, c) => {
      const factor = d / (found.deviation[c] ?? 0);
      return Number.isFinite(factor) ? Math.min(mostFactor, Math.max(1 / mostFactor, factor)) : 1;
    });
    // An activation that cuts off at 0 lets factors pass.
    const shifts = biasShifts(
      found,
      goal.mean,
      found.mean.map((m, c) => m * (factors[c] ?? 1)),
    );
    const { channels, stride } = layer;
    const own = before.biases ?? layer.bias ?? new Float32Array(channels);
    numbers.set(layer.name, {
      weights: before.weights.map((w, i) => w * (factors[Math.floor(i / stride) % channels] ?? 1)),
      biases: own.map((b, c) => b * (factors[c] ?? 1) + (shifts[c] ?? 0)),
    });
  }
  return numbers;
}

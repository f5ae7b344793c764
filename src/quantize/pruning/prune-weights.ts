// Magnitude pruning: the weights of least magnitude become 0. Han et al., "Learning both Weights and Connections for
// Efficient Neural Networks" (2015), without the retraining. What is left where there are no samples to prune by.
import type { Module } from '../../../ir/module.ts';
import { type LinearLayer, linearLayers } from '../plan.ts';
import { type LayerNumbers, setNumbers } from './layer-numbers.ts';

/**
 * Sets the share of each linear layer's weights that has the least magnitude to 0. Magnitudes are compared within an
 * output channel's own largest, since channels are scaled apart.
 *
 * @param sparsity From 0 to 1.
 */
export function pruneWeights({ entry }: Module, sparsity: number): void {
  const layers = linearLayers(entry);
  setNumbers(entry, new Map(layers.map((layer) => [layer.name, withoutLeast(layer, sparsity)])));
}

/** The layer's weights with that share of them at 0. */
export function withoutLeast({ weights, channels, stride }: LinearLayer, sparsity: number): LayerNumbers {
  const data = (weights.data as Float32Array).slice();
  const largest = new Float32Array(channels);
  const channelOf = (i: number) => Math.floor(i / stride) % channels;
  data.forEach((w, i) => {
    const c = channelOf(i);
    largest[c] = Math.max(largest[c] ?? 0, Math.abs(w));
  });
  const shares = data.map((w, i) => Math.abs(w) / Math.max(largest[channelOf(i)] ?? 0, Number.MIN_VALUE));
  const order = Uint32Array.from(data, (_, i) => i).sort((i, j) => (shares[i] ?? 0) - (shares[j] ?? 0));
  for (const i of order.subarray(0, Math.floor(sparsity * data.length))) data[i] = 0;
  return { weights: data };
}

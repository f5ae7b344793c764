// Magnitude pruning: the weights of least magnitude become 0. Han et al., "Learning both Weights and Connections for
// Efficient Neural Networks" (2015), without the retraining: what it costs, the comparison of both networks says.
import { Builder } from '../../ir/builder.ts';
import type { Module, Op } from '../../ir/module.ts';
import { constant } from '../../ir/ops/constant.ts';
import { linearLayers } from './plan.ts';

/**
 * Sets the share of each linear layer's weights that has the least magnitude to 0. Magnitudes are compared within an
 * output channel's own largest, since channels are scaled apart.
 *
 * @param sparsity From 0 to 1.
 */
export function pruneWeights({ entry }: Module, sparsity: number): void {
  const added: Op[] = [];
  const builder = new Builder(entry, added);
  for (const { op, weights, channels, stride } of linearLayers(entry)) {
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
    const v = op.operand(op.definition.linear?.weights ?? 1);
    const value = { type: weights.type, data };
    op.replaceOperand(v, builder.create(constant, [], { value }, weights.type));
  }
  // Constants need no operand: they go first.
  entry.ops = [...added, ...entry.ops.filter((op) => op.definition !== constant || op.result.users.size > 0)];
}

// Rows of layers that carry a state from call to call as an operand and a result.
// Specification: https://onnx.ai/onnx/operators/ (LinearAttention, CausalConvWithState).
import { rule } from '../../../../ir/define-op.ts';
import type { Value } from '../../../../ir/module.ts';
import { add, sub } from '../../../../ir/ops/add.ts';
import { batchMatmul } from '../../../../ir/ops/batch-matmul.ts';
import { concat } from '../../../../ir/ops/concat.ts';
import { exp } from '../../../../ir/ops/elementary.ts';
import { logistic } from '../../../../ir/ops/logistic.ts';
import { mul } from '../../../../ir/ops/mul.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import type { Rows } from '../node-context.ts';
import { joinHeads, repeatHeads, splitHeads } from './attention.ts';
import { convolution } from './convolution.ts';
import { sliceAxis } from './moving.ts';

/** Steps that are written out; each is a dozen operators. */
const maxSteps = 1024;

export const streamingRows: Rows = {
  CausalConvWithState(op) {
    const [x, w] = [op.input(0), op.input(1)];
    const [batch = 0, channels = 0] = x.type.shape;
    const kept = (w.type.shape[2] ?? 1) - 1;
    const past = op.optional(3) ?? op.filled('f32', [batch, channels, kept], 0);
    const padded = kept === 0 ? x : op.emit(concat, [past, x], { axis: 2 });
    const y = convolution(op, padded, w, op.optional(2), channels);
    const activation = op.string('activation', 'none');
    const silent = activation === 'none';
    if (!silent && activation !== 'silu' && activation !== 'swish') {
      op.unsupported(`The activation is ${JSON.stringify(activation.slice(0, 40))}.`);
    }
    const output = silent ? y : op.emit(mul, [y, op.emit(logistic, [y])]);
    return [output, sliceAxis(op, padded, 2, padded.type.shape[2]! - kept, kept)];
  },
  LinearAttention(op) {
    const [queryHeads, heads] = [op.int('q_num_heads'), op.int('kv_num_heads')];
    const [q, k, v] = [
      splitHeads(op, op.input(0), queryHeads),
      splitHeads(op, op.input(1), heads),
      splitHeads(op, op.input(2), heads),
    ];
    const [batch = 0, , steps = 0, keySize = 0] = k.type.shape;
    const valueSize = v.type.shape[3]!;
    if (steps > maxSteps) op.unsupported(`The sequence has ${steps} steps; int8c writes out at most ${maxSteps}.`);
    const updateRule = op.string('update_rule', 'gated_delta');
    const [gated, delta] = [updateRule.startsWith('gated'), updateRule.endsWith('delta')];
    if (!gated && !delta && updateRule !== 'linear')
      op.unsupported(`The update rule is ${JSON.stringify(updateRule.slice(0, 40))}.`);
    const decay = gated ? op.emit(exp, [splitHeads(op, op.input(4), heads)]) : undefined;
    const beta = delta ? splitHeads(op, op.input(5), heads) : undefined;
    const scale = op.scalar('f32', op.float('scale', 0) || 1 / Math.sqrt(keySize));
    // The state is keys x values per head; vectors of a step are columns and rows of it.
    let state = op.optional(3) ?? op.filled('f32', [batch, heads, keySize, valueSize], 0);
    const row = (x: Value, t: number) => sliceAxis(op, x, 2, t, 1);
    const column = (x: Value, t: number) => {
      const part = row(x, t);
      const { shape } = part.type;
      return op.emit(reshape, [part], { shape: [shape[0]!, shape[1]!, shape[3]!, 1] });
    };
    const outputs = Array.from({ length: steps }, (_, t) => {
      if (decay !== undefined) state = op.emit(mul, [state, column(decay, t)]);
      let value = row(v, t);
      if (beta !== undefined) {
        const known = op.emit(batchMatmul, [row(k, t), state]);
        value = op.emit(mul, [op.emit(sub, [value, known]), row(beta, t)]);
      }
      state = op.emit(add, [state, op.emit(mul, [column(k, t), value])]);
      return op.emit(batchMatmul, [row(q, t), repeatHeads(op, state, queryHeads)]);
    });
    rule(outputs.length > 0, 'has no steps');
    const all = outputs.length === 1 ? outputs[0]! : op.emit(concat, outputs, { axis: 2 });
    return [joinHeads(op, op.emit(mul, [all, scale])), state];
  },
};

// Rows of attention and what goes with it.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md (Attention and its function body,
// RotaryEmbedding).
import { rule } from '../../../../ir/define-op.ts';
import type { Value } from '../../../../ir/module.ts';
import { add, sub } from '../../../../ir/ops/add.ts';
import { batchMatmul } from '../../../../ir/ops/batch-matmul.ts';
import { broadcastTo } from '../../../../ir/ops/broadcast-to.ts';
import { equal, less } from '../../../../ir/ops/comparison.ts';
import { concat } from '../../../../ir/ops/concat.ts';
import { div } from '../../../../ir/ops/div.ts';
import { gather } from '../../../../ir/ops/gather.ts';
import { tanh } from '../../../../ir/ops/logistic.ts';
import { mul } from '../../../../ir/ops/mul.ts';
import { pad } from '../../../../ir/ops/pad.ts';
import { reduceMax } from '../../../../ir/ops/reduce.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { select } from '../../../../ir/ops/select.ts';
import { slice } from '../../../../ir/ops/slice.ts';
import { softmax } from '../../../../ir/ops/softmax.ts';
import { transpose } from '../../../../ir/ops/transpose.ts';
import type { NodeContext, Rows } from '../node-context.ts';
import { sliceAxis } from './moving.ts';

export const attentionRows: Rows = {
  Attention(op) {
    const flat = op.input(0).type.shape.length === 3;
    const heads = (i: number, name: string) => (flat ? splitHeads(op, op.input(i), op.int(name)) : op.input(i));
    const q = heads(0, 'q_num_heads');
    const joined = (past: number, i: number) => {
      const own = heads(i, 'kv_num_heads');
      return op.has(past) ? op.emit(concat, [op.input(past), own], { axis: 2 }) : own;
    };
    const [key, value] = [joined(4, 1), joined(5, 2)];
    for (const x of [q, key, value]) rule(x.type.shape.length === 4, 'takes tensors of rank 3 or 4');
    // The factor is shared between both sides, which keeps the products small.
    const size = q.type.shape[3]!;
    const scale = op.scalar('f32', Math.sqrt(op.float('scale', 1 / Math.sqrt(size))));
    const [, queryHeads = 1, rows = 0] = q.type.shape;
    const [k, v] = [repeatHeads(op, key, queryHeads), repeatHeads(op, value, queryHeads)];
    const scores = op.emit(batchMatmul, [op.emit(mul, [q, scale]), op.emit(mul, [k, scale])], { adjoint_w: true });
    const cap = op.float('softcap', 0);
    const limit = op.scalar('f32', cap);
    const capped = cap === 0 ? scores : op.emit(mul, [op.emit(tanh, [op.emit(div, [scores, limit])]), limit]);
    const bias = attentionBias(op, rows, key.type.shape[2]!);
    const biased = bias === undefined ? capped : op.emit(add, [capped, bias]);
    const weights = bias === undefined ? op.emit(softmax, [biased]) : maskedSoftmax(op, biased, bias);
    const y = op.emit(batchMatmul, [weights, v]);
    const shown = [scores, capped, biased, weights][op.int('qk_matmul_output_mode', 0)];
    return [
      flat ? joinHeads(op, y) : y,
      key,
      value,
      shown ?? op.unsupported('qk_matmul_output_mode is none of 0 to 3.'),
    ];
  },
  RotaryEmbedding(op) {
    const given = op.input(0);
    const flat = given.type.shape.length === 3;
    const x = flat ? splitHeads(op, given, op.int('num_heads')) : given;
    rule(x.type.shape.length === 4, 'takes a tensor of rank 3 or 4');
    const size = x.type.shape[3]!;
    const turned = op.int('rotary_embedding_dim', 0) || size;
    rule(turned % 2 === 0 && turned <= size, () => `turns ${turned} of ${size} elements`);
    const half = turned / 2;
    // Angles per batch and position, the same for all heads.
    const angles = (i: number) => {
      const cache = op.has(3) ? op.emit(gather, [op.input(i), op.input(3)], { axis: 0 }) : op.input(i);
      const { shape } = cache.type;
      return op.emit(reshape, [sliceAxis(op, cache, 2, 0, half)], { shape: [shape[0]!, 1, shape[1]!, half] });
    };
    const [cosine, sine] = [angles(1), angles(2)];
    const interleaved = op.flag('interleaved');
    const part = (first: number) => {
      if (!interleaved) return sliceAxis(op, x, 3, first * half, half);
      const shape = x.type.shape.with(3, half);
      return op.emit(slice, [x], { start: [0, 0, 0, first], size: shape, step: [1, 1, 1, 2] });
    };
    const [a, b] = [part(0), part(1)];
    const real = op.emit(sub, [op.emit(mul, [cosine, a]), op.emit(mul, [sine, b])]);
    const imaginary = op.emit(add, [op.emit(mul, [sine, a]), op.emit(mul, [cosine, b])]);
    const pair = (v: Value) => op.emit(reshape, [v], { shape: [...v.type.shape, 1] });
    const rotated = interleaved
      ? op.emit(reshape, [op.emit(concat, [pair(real), pair(imaginary)], { axis: 4 })], {
          shape: x.type.shape.with(3, turned),
        })
      : op.emit(concat, [real, imaginary], { axis: 3 });
    const rest = turned === size ? [] : [sliceAxis(op, x, 3, turned, size - turned)];
    const y = rest.length === 0 ? rotated : op.emit(concat, [rotated, ...rest], { axis: 3 });
    return flat ? joinHeads(op, y) : y;
  },
};

/** batch x positions x (heads * size) as batch x heads x positions x size. */
export function splitHeads(op: NodeContext, x: Value, heads: number): Value {
  const [batch = 0, positions = 0, width = 0] = x.type.shape;
  rule(heads > 0 && width % heads === 0, () => `cannot divide ${width} elements into ${heads} heads`);
  const apart = op.emit(reshape, [x], { shape: [batch, positions, heads, width / heads] });
  return op.emit(transpose, [apart], { perm: [0, 2, 1, 3] });
}

/** The way back. */
export function joinHeads(op: NodeContext, x: Value): Value {
  const [batch = 0, heads = 0, positions = 0, size = 0] = x.type.shape;
  return op.emit(reshape, [op.emit(transpose, [x], { perm: [0, 2, 1, 3] })], {
    shape: [batch, positions, heads * size],
  });
}

/** Every head as often as there are query heads for it, one behind the other. */
export function repeatHeads(op: NodeContext, x: Value, heads: number): Value {
  const [batch = 0, own = 1, positions = 0, size = 0] = x.type.shape;
  if (own === heads) return x;
  rule(own > 0 && heads % own === 0, () => `cannot share ${own} heads between ${heads}`);
  const spread = op.emit(reshape, [x], { shape: [batch, own, 1, positions, size] });
  const copies = op.emit(broadcastTo, [spread], { shape: [batch, own, heads / own, positions, size] });
  return op.emit(reshape, [copies], { shape: [batch, heads, positions, size] });
}

/** What is added to the scores: the mask, and minus infinity where a position may not be seen. */
function attentionBias(op: NodeContext, rows: number, columns: number): Value | undefined {
  const hidden = op.scalar('f32', Number.NEGATIVE_INFINITY);
  const zero = op.scalar('f32', 0);
  const parts: Value[] = [];
  const mask = op.optional(3);
  if (mask !== undefined) {
    const bias = mask.type.element === 'bool' ? op.emit(select, [mask, zero, hidden]) : mask;
    // A mask that is too short hides what is behind it.
    const missing = columns - (bias.type.shape.at(-1) ?? columns);
    const after = bias.type.shape.map((_, d) => (d === bias.type.shape.length - 1 ? Math.max(0, missing) : 0));
    parts.push(op.emit(pad, [bias], { before: after.map(() => 0), after, value: Number.NEGATIVE_INFINITY }));
  }
  const lengths = op.optional(6);
  if (op.flag('is_causal')) {
    const row = op.numbers('i64', [1, 1, rows, 1], op.counting(rows));
    const column = op.numbers('i64', [1, 1, 1, columns], op.counting(columns));
    const past = op.optional(4)?.type.shape[2] ?? 0;
    // With lengths per batch the last query is at the last position that counts.
    const offset =
      lengths === undefined
        ? op.scalar('i64', past)
        : op.emit(reshape, [op.emit(sub, [lengths, op.scalar('i64', rows)])], {
            shape: [lengths.type.shape[0] ?? 1, 1, 1, 1],
          });
    parts.push(op.emit(select, [op.emit(less, [op.emit(add, [row, offset]), column]), hidden, zero]));
  }
  if (lengths !== undefined) {
    const column = op.numbers('i64', [1, 1, 1, columns], op.counting(columns));
    const limit = op.emit(reshape, [lengths], { shape: [lengths.type.shape[0] ?? 1, 1, 1, 1] });
    parts.push(op.emit(select, [op.emit(less, [column, limit]), zero, hidden]));
  }
  return parts.length === 0 ? undefined : parts.reduce((a, b) => op.emit(add, [a, b]));
}

/** Softmax of scores and bias; a row in which everything is hidden gives zeros, where the formula gives NaN. */
function maskedSoftmax(op: NodeContext, biased: Value, bias: Value): Value {
  const hidden = op.scalar('f32', Number.NEGATIVE_INFINITY);
  const top = op.emit(reduceMax, [bias], { axes: [-1], keep_dims: true });
  return op.emit(select, [op.emit(equal, [top, hidden]), op.scalar('f32', 0), op.emit(softmax, [biased])]);
}

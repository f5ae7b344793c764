// Rows of com.microsoft's attention, without a past: products, softmax over the keys that may be seen, products.
// Specification: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md; the forms of the mask and
// what is added where it hides a position: contrib_ops/cpu/bert/attention_helper.h (PrepareMask).
import { rule } from '../../../../ir/define-op.ts';
import type { Value } from '../../../../ir/module.ts';
import { add } from '../../../../ir/ops/add.ts';
import { batchMatmul } from '../../../../ir/ops/batch-matmul.ts';
import { greater, less } from '../../../../ir/ops/comparison.ts';
import { logicalAnd } from '../../../../ir/ops/logical.ts';
import { mul } from '../../../../ir/ops/mul.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { select } from '../../../../ir/ops/select.ts';
import { softmax } from '../../../../ir/ops/softmax.ts';
import { transpose } from '../../../../ir/ops/transpose.ts';
import type { NodeContext, Rows } from '../node-context.ts';
import { joinHeads, splitHeads } from './attention.ts';
import { scaledProduct } from './contrib-products.ts';
import {
  byteInput,
  contribRow,
  floatInput,
  optionalFloat,
  refuseFlag,
  refuseOperand,
  refuseOutput,
} from './contrib-row.ts';
import { product } from './matmul.ts';
import { sliceAxis } from './moving.ts';

const selfAttributes = [
  'do_rotary',
  'mask_filter_value',
  'num_heads',
  'past_present_share_buffer',
  'scale',
  'unidirectional',
];

export const contribAttentionRows: Rows = {
  Attention: contribRow([2, 7], [...selfAttributes, 'qkv_hidden_sizes', 'rotary_embedding_dim'], (op) => {
    refuseOperand(op, 4, 'a past');
    refuseOperand(op, 6, 'a past');
    const [x, bias] = [floatInput(op, 0), optionalFloat(op, 2)];
    const projected = product(op, x, floatInput(op, 1));
    return selfAttention(
      op,
      bias === undefined ? projected : op.emit(add, [projected, bias]),
      op.optional(3),
      optionalFloat(op, 5),
    );
  }),
  QAttention: contribRow([5, 9], selfAttributes, (op) => {
    refuseOperand(op, 8, 'a past');
    const zero = { a: op.optional(6), b: op.optional(7) };
    const projected = scaledProduct(op, byteInput(op, 0), byteInput(op, 1), floatInput(op, 3), floatInput(op, 4), zero);
    return selfAttention(op, op.emit(add, [projected, floatInput(op, 2)]), op.optional(5), undefined);
  }),
  MultiHeadAttention: contribRow([1, 10], ['mask_filter_value', 'num_heads', 'scale', 'unidirectional'], (op) => {
    for (const i of [6, 7, 8, 9]) refuseOperand(op, i, 'a past');
    refuseOutput(op, 3, 'its products');
    const heads = op.int('num_heads');
    const all = withBias(op, projections(op, heads), heads);
    return [attended(op, all, op.optional(4), optionalFloat(op, 5)), all.key, all.value];
  }),
};

/** batch x heads x positions x size each. */
interface Heads {
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
}

/** Attention of a sequence to itself; `projected` has queries, keys and values beside each other in the last dimension. */
function selfAttention(op: NodeContext, projected: Value, mask: Value | undefined, bias: Value | undefined): Value {
  refuseFlag(op, 'do_rotary');
  refuseFlag(op, 'past_present_share_buffer');
  refuseOutput(op, 1, 'a present');
  const { shape } = projected.type;
  rule(shape.length === 3, () => `takes batch x positions x width, got rank ${shape.length}`);
  const width = shape[2] ?? 0;
  const sizes = op.ints('qkv_hidden_sizes') ?? [width / 3, width / 3, width / 3];
  const [q = 0, k = 0, v = 0] = sizes;
  const fits = sizes.length === 3 && sizes.every((n) => Number.isInteger(n) && n > 0) && q + k + v === width;
  rule(fits && q === k, () => `cannot divide ${width} elements into queries, keys and values of [${sizes.join(', ')}]`);
  const part = (start: number, size: number) =>
    splitHeads(op, sliceAxis(op, projected, 2, start, size), op.int('num_heads'));
  return attended(op, { query: part(0, q), key: part(q, k), value: part(q + k, v) }, mask, bias);
}

/** softmax(query @ key^T * scale + what the mask and the bias say) @ value, heads beside each other again. */
function attended(
  op: NodeContext,
  { query, key, value }: Heads,
  mask: Value | undefined,
  bias: Value | undefined,
): Value {
  const [batch = 0, , rows = 0, size = 0] = query.type.shape;
  const columns = key.type.shape[2] ?? 0;
  // A scale of 0 is the default.
  const scale = op.float('scale', 0) || 1 / Math.sqrt(size);
  const scores = op.emit(mul, [op.emit(batchMatmul, [query, key], { adjoint_w: true }), op.scalar('f32', scale)]);
  let seen = bias === undefined ? scores : op.emit(add, [scores, bias]);
  if (mask !== undefined) seen = op.emit(add, [seen, maskBias(op, mask, batch, rows, columns)]);
  rule(seen.type.shape.join() === scores.type.shape.join(), 'has a bias or mask that does not fit its scores');
  if (op.flag('unidirectional')) {
    const row = op.numbers('i32', [rows, 1], op.counting(rows));
    const column = op.numbers('i32', [columns], op.counting(columns));
    const hidden = op.scalar('f32', -3.4028234663852886e38);
    seen = op.emit(select, [op.emit(less, [row, column]), hidden, seen]);
  }
  return joinHeads(op, op.emit(batchMatmul, [op.emit(softmax, [seen]), value]));
}

/** 0 for positions that may be seen and mask_filter_value for others, in a shape that broadcasts against the scores. */
function maskBias(op: NodeContext, mask: Value, batch: number, rows: number, columns: number): Value {
  rule(mask.type.element === 'i32', () => `takes a mask of i32, got ${mask.type.element}`);
  const { shape } = mask.type;
  const isShape = (...wanted: number[]) => shape.join() === wanted.join();
  const as = (x: Value, dims: readonly number[]) => op.emit(reshape, [x], { shape: dims });
  const bias = (seen: Value) =>
    op.emit(select, [seen, op.scalar('f32', 0), op.scalar('f32', op.float('mask_filter_value', -10000))]);
  const positive = (x: Value) => bias(op.emit(greater, [x, op.scalar('i32', 0)]));
  if (isShape(batch, columns)) return positive(as(mask, [batch, 1, 1, columns]));
  if (isShape(batch, rows, columns)) return positive(as(mask, [batch, 1, rows, columns]));
  const column = () => op.numbers('i32', [1, 1, 1, columns], op.counting(columns));
  const perBatch = (x: Value) => as(x, [batch, 1, 1, 1]);
  if (isShape(batch)) return bias(op.emit(less, [column(), perBatch(mask)]));
  if (isShape(2 * batch)) {
    // Ends, then starts: start <= column < end.
    const part = (first: number) => perBatch(sliceAxis(op, mask, 0, first, batch));
    const started = op.emit(less, [part(batch), op.emit(add, [column(), op.scalar('i32', 1)])]);
    return bias(op.emit(logicalAnd, [op.emit(less, [column(), part(0)]), started]));
  }
  return op.unsupported(`Its mask has the shape [${shape.join(', ')}].`);
}

/**
 * Queries, keys and values of MultiHeadAttention: three sequences, packed beside each other (all, or keys and values), or
 * keys and values that are in heads already.
 */
function projections(op: NodeContext, heads: number): Heads {
  const first = floatInput(op, 0);
  if (!op.has(1)) {
    if (op.has(2)) op.fail('I8C0207', 'It has values without keys.');
    const [query, key, value] = unpacked(op, first, heads, 3);
    return { query, key, value };
  }
  const query = splitHeads(op, checkedSequence(first), heads);
  if (!op.has(2)) {
    const [key, value] = unpacked(op, floatInput(op, 1), heads, 2);
    return { query, key, value };
  }
  const own = (i: number) => {
    const x = floatInput(op, i);
    return x.type.shape.length === 4 ? x : splitHeads(op, checkedSequence(x), heads);
  };
  return { query, key: own(1), value: own(2) };
}

/** batch x positions x heads x `count` x size as that many of batch x heads x positions x size. */
function unpacked(op: NodeContext, x: Value, heads: number, count: 3): [Value, Value, Value];
function unpacked(op: NodeContext, x: Value, heads: number, count: 2): [Value, Value];
function unpacked(op: NodeContext, x: Value, heads: number, count: number): Value[] {
  const { shape } = x.type;
  const [batch = 0, positions = 0, own, parts, size = 0] = shape;
  const fits = shape.length === 5 && own === heads && parts === count;
  rule(fits, () => `takes batch x positions x ${heads} x ${count} x size, got [${shape.join(', ')}]`);
  return Array.from({ length: count }, (_, i) => {
    const part = op.emit(reshape, [sliceAxis(op, x, 3, i, 1)], { shape: [batch, positions, heads, size] });
    return op.emit(transpose, [part], { perm: [0, 2, 1, 3] });
  });
}

function checkedSequence(x: Value): Value {
  rule(x.type.shape.length === 3, () => `takes batch x positions x width, got rank ${x.type.shape.length}`);
  return x;
}

/** The bias of the projections, operand 3: queries', keys' and values' behind each other. */
function withBias(op: NodeContext, { query, key, value }: Heads, heads: number): Heads {
  const bias = optionalFloat(op, 3);
  if (bias === undefined) return { query, key, value };
  for (const i of [1, 2]) {
    if (op.has(i) && op.input(i).type.shape.length === 4)
      op.unsupported('It adds a bias to keys or values that are in heads already.');
  }
  const widthOf = ({ type }: Value) => heads * (type.shape[3] ?? 0);
  const [q, k, v] = [widthOf(query), widthOf(key), widthOf(value)];
  const { shape } = bias.type;
  rule(shape.length === 1 && shape[0] === q + k + v, () => `needs a bias of ${q + k + v} elements`);
  const plus = (x: Value, start: number, width: number) =>
    op.emit(add, [x, op.emit(reshape, [sliceAxis(op, bias, 0, start, width)], { shape: [heads, 1, width / heads] })]);
  return { query: plus(query, 0, q), key: plus(key, q, k), value: plus(value, q + k, v) };
}

// Rows of products of matrices.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md; MatMul is numpy.matmul.
import type { Value } from '../../../../ir/module.ts';
import { add } from '../../../../ir/ops/add.ts';
import { batchMatmul } from '../../../../ir/ops/batch-matmul.ts';
import { constantOf } from '../../../../ir/ops/constant.ts';
import { fullyConnected } from '../../../../ir/ops/fully-connected.ts';
import { mul } from '../../../../ir/ops/mul.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { transpose } from '../../../../ir/ops/transpose.ts';
import { elementCount } from '../../../../ir/types.ts';
import type { NodeContext, Rows } from '../node-context.ts';

export const matmulRows: Rows = {
  MatMul: (op) => product(op, op.input(0), op.input(1)),
  Gemm: (op) => gemm(op, op.input(0), op.input(1), op.optional(2)),
};

/** alpha * a @ b + beta * c by the attributes of Gemm. */
export function gemm(op: NodeContext, a: Value, b: Value, c: Value | undefined): Value {
  const [alpha, beta] = [op.float('alpha', 1), op.float('beta', 1)];
  const x = op.flag('transA') ? transposed(op, a) : a;
  const w = op.flag('transB') ? b : transposed(op, b);
  const columns = w.type.shape[0] ?? 0;
  const scaledW = alpha === 1 ? w : op.emit(mul, [w, op.scalar('f32', alpha)]);
  if (c === undefined) return op.emit(fullyConnected, [x, scaledW]);
  const scaledC = beta === 1 ? c : op.emit(mul, [c, op.scalar('f32', beta)]);
  // One number per column is the layer's bias; any other shape is added.
  if (elementCount(c.type.shape) === columns && c.type.shape.at(-1) === columns) {
    return op.emit(fullyConnected, [x, scaledW, op.emit(reshape, [scaledC], { shape: [columns] })]);
  }
  return op.emit(add, [op.emit(fullyConnected, [x, scaledW]), scaledC]);
}

/** numpy.matmul; see {@link asMatrices}. A vector is a matrix of one row or column, which the result drops again. */
export function product(op: NodeContext, a: Value, b: Value): Value {
  return asMatrices(op, a, b, (x, w) => matrices(op, x, w));
}

/** Multiplies as numpy.matmul does by a product of matrices. */
export function asMatrices(op: NodeContext, a: Value, b: Value, multiply: (x: Value, w: Value) => Value): Value {
  const [left, right] = [a.type.shape, b.type.shape];
  if (left.length === 0 || right.length === 0) op.fail('I8C0207', 'A scalar cannot be multiplied as a matrix.');
  const x = left.length === 1 ? op.emit(reshape, [a], { shape: [1, ...left] }) : a;
  const w = right.length === 1 ? op.emit(reshape, [b], { shape: [...right, 1] }) : b;
  const y = multiply(x, w);
  const shape = [...y.type.shape];
  if (right.length === 1) shape.pop();
  if (left.length === 1) shape.splice(right.length === 1 ? -1 : -2, 1);
  return shape.length === y.type.shape.length ? y : op.emit(reshape, [y], { shape });
}

/** A constant matrix is the weights of a layer, which schedules pack and quantization knows per channel. */
function matrices(op: NodeContext, x: Value, w: Value): Value {
  const isLayer = w.type.shape.length === 2 && constantOf(w) !== undefined && x.type.element === 'f32';
  if (isLayer) return op.emit(fullyConnected, [x, transposed(op, w)], { keep_dims: true });
  return op.emit(batchMatmul, [x, w]);
}

/** A matrix with rows and columns exchanged. */
export function transposed(op: NodeContext, x: Value): Value {
  const rank = x.type.shape.length;
  const perm = x.type.shape.map((_, d) => d);
  return op.emit(transpose, [x], { perm: [...perm.slice(0, -2), rank - 1, rank - 2] });
}

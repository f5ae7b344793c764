// Rows of products of integers: with accumulators as results (ConvInteger, MatMulInteger), and with requantized ones
// (QLinearConv, QLinearMatMul).
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md.
import { rule } from '../../../../ir/define-op.ts';
import type { Value } from '../../../../ir/module.ts';
import { add, sub } from '../../../../ir/ops/add.ts';
import { batchMatmul } from '../../../../ir/ops/batch-matmul.ts';
import { cast } from '../../../../ir/ops/cast.ts';
import { constantOf } from '../../../../ir/ops/constant.ts';
import { mul } from '../../../../ir/ops/mul.ts';
import { reduceSum } from '../../../../ir/ops/reduce-sum.ts';
import { reinterpret } from '../../../../ir/ops/reinterpret.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { numbersOf } from '../../../../ir/tensor-data.ts';
import { elementCount, tensorType } from '../../../../ir/types.ts';
import type { NodeContext, Rows } from '../node-context.ts';
import { convolution } from './convolution.ts';
import { asMatrices } from './matmul.ts';
import { channelQuantization, plain, quantizedInput, quantizedResult, wholeQuantization } from './quantization.ts';

export const integerProductRows: Rows = {
  ConvInteger(op) {
    const [x, w] = [op.input(0), op.input(1)];
    const group = op.int('group', 1);
    const weightsZero = constantZero(op.optional(3));
    const shifted = weightsZero === undefined ? withoutZero(op, w) : w;
    const type = tensorType('i32', []);
    const inputZero = constantZero(op.optional(2));
    if (inputZero !== undefined) {
      return convolution(op, x, shifted, undefined, group, {
        type,
        input_zero: inputZero,
        weights_zero: weightsZero ?? 0,
      });
    }
    // sum (x - zero) * w = sum x * w - zero * sum w, where the last sum is over the taps inside of the image: constant.
    const numbers = { type, weights_zero: weightsZero ?? 0 };
    const products = convolution(op, x, shifted, undefined, group, numbers);
    const ones = op.filled(x.type.element, x.type.shape.with(0, 1), 1);
    const weights = convolution(op, ones, shifted, undefined, group, numbers);
    return op.emit(sub, [products, op.emit(mul, [weights, scalarZero(op, 2)])]);
  },
  MatMulInteger: (op) => integerProduct(op, op.input(0), op.input(1), op.optional(2), op.optional(3)),
  QLinearConv: (op) => plain(op, quantizedConvolution(op, quantizedInput(op, 0))),
  QLinearMatMul(op) {
    const x = quantizedInput(op, 0);
    const w = op.input(3);
    const columns = w.type.shape.at(-1) ?? 1;
    const perColumn = elementCount(op.input(4).type.shape) > 1 || elementCount(op.optional(5)?.type.shape ?? []) > 1;
    const result = quantizedResult(op, 6, [], x.type.element);
    if (!perColumn) {
      const weights = op.emit(reinterpret, [w], {}, tensorType(w.type.element, w.type.shape, wholeQuantization(op, 4)));
      return plain(
        op,
        asMatrices(op, x, weights, (a, b) => op.emit(batchMatmul, [a, b], {}, result)),
      );
    }
    rule(w.type.shape.length === 2, 'has a scale per column of weights that are no matrix');
    return op.unsupported(
      `It has ${columns} scales for its weights; int8c takes one.`,
      'Quantize the weights as a whole.',
    );
  },
};

/** QLinearConv of a quantized x, channels first; the other operands are the node's. */
export function quantizedConvolution(op: NodeContext, x: Value): Value {
  const w = op.input(3);
  const channels = w.type.shape[0] ?? 0;
  const quant = channelQuantization(op, 4, channels);
  const inputScale = x.type.quant!.scale[0]!;
  const bias = op.optional(8);
  const biasQuant = { scale: quant.scale.map((s) => Math.fround(s * inputScale)), zero: quant.zero.map(() => 0) };
  return convolution(op, x, w, bias, op.int('group', 1), {
    type: quantizedResult(op, 6, [], x.type.element),
    weights: quant,
    bias: biasQuant,
  });
}

/** The weights of ConvInteger less their zero points, operand 3: differences of bytes have 9 bits. */
function withoutZero(op: NodeContext, w: Value): Value {
  const zero = op.emit(cast, [op.input(3)], { to: 'i16' });
  const shape = [elementCount(zero.type.shape), ...w.type.shape.slice(1).map(() => 1)];
  return op.emit(sub, [op.emit(cast, [w], { to: 'i16' }), op.emit(reshape, [zero], { shape })]);
}

/** The one constant zero point: 0 where it is absent, undefined where it is computed or per channel. */
function constantZero(zero: Value | undefined): number | undefined {
  if (zero === undefined) return 0;
  const known = constantOf(zero);
  if (known === undefined) return undefined;
  const values = new Set(numbersOf(known));
  return values.size === 1 ? [...values][0] : undefined;
}

const scalarZero = (op: NodeContext, i: number): Value =>
  op.emit(cast, [op.emit(reshape, [op.input(i)], { shape: [] })], { to: 'i32' });

/**
 * (a - zero_a) @ (b - zero_b) in i32. Zero points that are computed, or one per row or column, are taken out of the sums:
 * a @ b - zero_a * columns(b) - rows(a) * zero_b + depth * zero_a * zero_b.
 */
export function integerProduct(
  op: NodeContext,
  a: Value,
  b: Value,
  zeroA: Value | undefined,
  zeroB: Value | undefined,
): Value {
  const i32 = tensorType('i32', []);
  const [known, knownB] = [constantZero(zeroA), constantZero(zeroB)];
  const attributes = { input_zero: known ?? 0, weights_zero: knownB ?? 0 };
  const y = asMatrices(op, a, b, (x, w) => op.emit(batchMatmul, [x, w], attributes, i32));
  const wide = (x: Value) => op.emit(cast, [x], { to: 'i32' });
  const isVector = (x: Value) => x.type.shape.length === 1 && elementCount(x.type.shape) > 1;
  // Per row: a column; per column: a row.
  const left = known === undefined && zeroA !== undefined ? wide(zeroA) : undefined;
  const right = knownB === undefined && zeroB !== undefined ? wide(zeroB) : undefined;
  const column =
    left && op.emit(reshape, [left], { shape: isVector(left) ? [...left.type.shape, 1] : scalarShape(left) });
  const row = right && op.emit(reshape, [right], { shape: isVector(right) ? right.type.shape : scalarShape(right) });
  let result = y;
  if (column !== undefined) {
    const shifted = op.emit(sub, [wide(b), op.scalar('i32', knownB ?? 0)]);
    const sums = op.emit(reduceSum, [shifted], { axes: [-2], keep_dims: true });
    result = op.emit(sub, [result, op.emit(mul, [sums, column])]);
  }
  if (row !== undefined) {
    const shifted = op.emit(sub, [wide(a), op.scalar('i32', known ?? 0)]);
    const sums = op.emit(reduceSum, [shifted], { axes: [-1], keep_dims: true });
    result = op.emit(sub, [result, op.emit(mul, [sums, row])]);
  }
  if (column === undefined || row === undefined) return result;
  const depth = op.scalar('i32', a.type.shape.at(-1) ?? 1);
  return op.emit(add, [result, op.emit(mul, [op.emit(mul, [column, row]), depth])]);
}

/** One element keeps no dimension; a tensor per batch keeps its own. */
const scalarShape = ({ type: { shape } }: Value): readonly number[] => (elementCount(shape) === 1 ? [] : shape);

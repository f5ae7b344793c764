// Rows of com.microsoft's operators from quantized tensors to a quantized one, all parameters constant. Each means
// DequantizeLinear, the operator on floats, QuantizeLinear, and is built as these three: fuse-quantization makes the
// quantized operator of them that it makes of the same three in a QDQ graph, and says why where there is none.
// Specification: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md (QLinearAdd ...).
import { rule } from '../../../../ir/define-op.ts';
import type { AnyOpDefinition, Value } from '../../../../ir/module.ts';
import { add } from '../../../../ir/ops/add.ts';
import { concat } from '../../../../ir/ops/concat.ts';
import { dequantize } from '../../../../ir/ops/dequantize.ts';
import { leakyRelu } from '../../../../ir/ops/leaky-relu.ts';
import { logistic } from '../../../../ir/ops/logistic.ts';
import { mul } from '../../../../ir/ops/mul.ts';
import { quantize } from '../../../../ir/ops/quantize.ts';
import { reduceMean } from '../../../../ir/ops/reduce-sum.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { select } from '../../../../ir/ops/select.ts';
import { softmax } from '../../../../ir/ops/softmax.ts';
import { transpose } from '../../../../ir/ops/transpose.ts';
import { normalizeAxis } from '../../../../ir/shapes.ts';
import { elementCount, tensorType } from '../../../../ir/types.ts';
import type { NodeContext, Row, Rows } from '../node-context.ts';
import { byteInput, contribRow } from './contrib-row.ts';
import { quantizedConvolution } from './integer-products.ts';
import { lastAxis } from './normalization.ts';
import { averagePool } from './pooling.ts';
import { dequantizeLinear, plain, quantizedInput, quantizeLinear, wholeQuantization } from './quantization.ts';

/** x with its scale and zero point (operands 0 to 2) to the scale and zero point of operands 3 and 4. */
const unary = (attributes: readonly string[], build: (op: NodeContext, x: Value) => Value): Row =>
  contribRow([4, 5], attributes, (op) => toBytes(op, build(op, fromBytes(op, 0)), 3));

const binary = (definition: AnyOpDefinition): Row =>
  contribRow([7, 8], [], (op) => toBytes(op, op.emit(definition, [fromBytes(op, 0), fromBytes(op, 3)]), 6));

const windowAttributes = ['auto_pad', 'kernel_shape', 'pads', 'strides'];

export const contribQuantizedRows: Rows = {
  QLinearAdd: binary(add),
  QLinearMul: binary(mul),
  QLinearLeakyRelu: unary(['alpha'], (op, x) =>
    op.emit(leakyRelu, [x], { alpha: op.float('alpha', Math.fround(0.01)) }),
  ),
  QLinearSigmoid: unary([], (op, x) => op.emit(logistic, [x])),
  QLinearSoftmax: unary(['axis', 'opset'], (op, x) => {
    const { shape } = x.type;
    // Before version 13 Softmax runs over all dimensions from the axis on.
    const old = op.int('opset') < 13;
    const axis = normalizeAxis(op.int('axis', old ? 1 : -1), shape.length);
    if (!old) return lastAxis(op, x, axis, (y) => op.emit(softmax, [y]));
    const rows = [elementCount(shape.slice(0, axis)), elementCount(shape.slice(axis))];
    return op.emit(reshape, [op.emit(softmax, [op.emit(reshape, [x], { shape: rows })])], { shape });
  }),
  QLinearReduceMean: unary(['axes', 'keepdims'], (op, x) => {
    const axes = op.ints('axes') ?? x.type.shape.map((_, d) => d);
    return op.emit(reduceMean, [x], { axes, keep_dims: op.flag('keepdims', true) });
  }),
  QLinearAveragePool: unary(['ceil_mode', 'channels_last', 'count_include_pad', ...windowAttributes], (op, x) =>
    channelsSecond(op, x, (y) => averagePool(op, y)),
  ),
  QLinearGlobalAveragePool: unary(['channels_last'], (op, x) => {
    const { length } = x.type.shape;
    rule(length >= 3, () => `takes tensors of rank 3 or more, got ${length}`);
    const first = op.flag('channels_last') ? 1 : 2;
    const axes = Array.from({ length: length - 2 }, (_, d) => first + d);
    return op.emit(reduceMean, [x], { axes, keep_dims: true });
  }),
  QLinearConcat(op) {
    op.checkForm([5, Number.POSITIVE_INFINITY], ['axis']);
    rule((op.inputCount - 2) % 3 === 0, 'needs a scale and a zero point for each part');
    const parts = Array.from({ length: (op.inputCount - 2) / 3 }, (_, i) => fromBytes(op, 2 + 3 * i));
    const axis = normalizeAxis(op.int('axis'), parts[0]?.type.shape.length ?? 0);
    return toBytes(op, op.emit(concat, parts, { axis }), 0, 2);
  },
  QLinearWhere: contribRow([9, 9], [], (op) =>
    toBytes(op, op.emit(select, [op.input(0), fromBytes(op, 1), fromBytes(op, 4)]), 7, 1),
  ),
  QLinearConv: contribRow([8, 9], ['channels_last', 'dilations', 'group', ...windowAttributes], (op) => {
    for (const i of [0, 3]) byteInput(op, i);
    checkZero(op, 0);
    return plain(
      op,
      channelsSecond(op, quantizedInput(op, 0), (x) => quantizedConvolution(op, x)),
    );
  }),
  QuantizeLinear: contribRow([2, 3], ['axis'], quantizeLinear),
  DequantizeLinear: contribRow([2, 3], ['axis'], dequantizeLinear),
};

/** The real numbers of operand `i`, whose scale and zero point follow it. */
function fromBytes(op: NodeContext, i: number): Value {
  byteInput(op, i);
  checkZero(op, i);
  return op.emit(dequantize, [quantizedInput(op, i)]);
}

/** A zero point is stored as what it belongs to. */
function checkZero(op: NodeContext, i: number): void {
  const [x, zero] = [op.input(i), op.optional(i + 2)];
  const found = zero?.type.element;
  rule(
    found === undefined || found === x.type.element,
    () => `has a zero point of ${found} for a tensor of ${x.type.element}`,
  );
}

/** y under the scale of operand `i` and the zero point behind it, in the element type of operand `like`. */
function toBytes(op: NodeContext, y: Value, i: number, like = 0): Value {
  const { element } = op.input(like).type;
  const zero = op.optional(i + 1)?.type.element ?? element;
  rule(zero === element, () => `has a result of ${zero} and operands of ${element}`);
  return plain(
    op,
    op.emit(quantize, [y], { ties: 'even' }, tensorType(element, y.type.shape, wholeQuantization(op, i))),
  );
}

/** Computes on n x channels x ... what is n x ... x channels where the attribute channels_last says so. */
function channelsSecond(op: NodeContext, x: Value, compute: (x: Value) => Value): Value {
  if (!op.flag('channels_last')) return compute(x);
  const { length } = x.type.shape;
  rule(length >= 3, () => `takes tensors of rank 3 or more, got ${length}`);
  const spatial = Array.from({ length: length - 2 }, (_, d) => d);
  const first = op.emit(transpose, [x], { perm: [0, length - 1, ...spatial.map((d) => d + 1)] });
  return op.emit(transpose, [compute(first)], { perm: [0, ...spatial.map((d) => d + 2), 1] });
}

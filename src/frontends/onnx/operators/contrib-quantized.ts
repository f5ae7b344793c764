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
import { elementCount, sameQuantization, type TensorType, tensorType } from '../../../../ir/types.ts';
import type { NodeContext, Row, Rows } from '../node-context.ts';
import { byteInput, contribRow } from './contrib-row.ts';
import { convolution } from './convolution.ts';
import { quantizedConvolution } from './integer-products.ts';
import { lastAxis } from './normalization.ts';
import { averagePool } from './pooling.ts';
import { dequantizeLinear, plain, quantizedInput, quantizeLinear, wholeQuantization } from './quantization.ts';
import { windowOf } from './window.ts';

/** x with its scale and zero point (operands 0 to 2) to the scale and zero point of operands 3 and 4. */
const unary = (attributes: readonly string[], build: (op: NodeContext, x: Value) => Value): Row =>
  contribRow([4, 5], attributes, (op) => toBytes(op, build(op, fromBytes(op, 0)), 3));

const binary = (definition: AnyOpDefinition): Row =>
  contribRow([7, 8], [], (op) => toBytes(op, op.emit(definition, [fromBytes(op, 0), fromBytes(op, 3)]), 6));

const windowAttributes = ['auto_pad', 'kernel_shape', 'pads', 'strides'];
const poolAttributes = ['ceil_mode', 'channels_last', 'count_include_pad', ...windowAttributes];

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
  QLinearAveragePool: contribRow([4, 5], poolAttributes, (op) => {
    checkBytes(op, 0);
    const y = channelsSecond(op, quantizedInput(op, 0), (x) => {
      const type = resultType(op, x.type.shape, 3);
      return meanLayer(op, x, type) ?? toBytes(op, averagePool(op, op.emit(dequantize, [x])), 3);
    });
    return plain(op, y);
  }),
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
    for (const i of [0, 3]) checkBytes(op, i);
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
  checkBytes(op, i);
  return op.emit(dequantize, [quantizedInput(op, i)]);
}

/** Operand `i` has bytes, and its zero point, two behind it, is one of them. */
function checkBytes(op: NodeContext, i: number): void {
  const { element } = byteInput(op, i).type;
  const zero = op.optional(i + 2)?.type.element ?? element;
  rule(zero === element, () => `has a zero point of ${zero} for a tensor of ${element}`);
}

/** y under the scale of operand `i` and the zero point behind it, in the element type of operand `like`. */
function toBytes(op: NodeContext, y: Value, i: number, like = 0): Value {
  return plain(op, op.emit(quantize, [y], { ties: 'even' }, resultType(op, y.type.shape, i, like)));
}

function resultType(op: NodeContext, shape: readonly number[], i: number, like = 0): TensorType {
  const { element } = op.input(like).type;
  const zero = op.optional(i + 1)?.type.element ?? element;
  rule(zero === element, () => `has a result of ${zero} and operands of ${element}`);
  return tensorType(element, shape, wholeQuantization(op, i));
}

/**
 * A pool between two scales as a depthwise convolution whose weights are 1, of the scale 1 / elements of the window: pools
 * of integers keep their scale. Undefined where padding makes windows of different sizes, or where there is an operator.
 */
function meanLayer(op: NodeContext, x: Value, type: TensorType): Value | undefined {
  const [, channels = 0, ...extents] = x.type.shape;
  const kernel = op.ints('kernel_shape') ?? [];
  if (sameQuantization(x.type.quant, type.quant) || extents.length > 2 || extents.length === 0) return undefined;
  const { before, after, extra, count } = windowOf(op, extents, kernel);
  if ([...before, ...after, ...extra].some((n) => n > 0) || count.some((n) => n === 0)) return undefined;
  const size = elementCount(kernel);
  op.checkMade(channels * size);
  const ones = op.filled('i8', [channels, 1, ...kernel], 1);
  const scale = new Array<number>(channels).fill(Math.fround(1 / size));
  return convolution(op, x, ones, undefined, channels, { type, weights: { scale, zero: scale.map(() => 0) } });
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

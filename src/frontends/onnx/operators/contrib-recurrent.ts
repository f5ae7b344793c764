// The row of com.microsoft's DynamicQuantizeLSTM: LSTM whose inputs and hidden states are quantized as they come, each
// over its own range, and multiplied by 8-bit weights.
// Specification: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.DynamicQuantizeLSTM;
// what is quantized together: contrib_ops/cpu/quantization/dynamic_quantize_lstm.cc (the inputs of all steps; the states
// of a step).
import { rule } from '../../../../ir/define-op.ts';
import type { Value } from '../../../../ir/module.ts';
import { add } from '../../../../ir/ops/add.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { elementCount } from '../../../../ir/types.ts';
import type { NodeContext, Rows } from '../node-context.ts';
import { scaledProduct } from './contrib-products.ts';
import { byteInput, contribRow, floatInput } from './contrib-row.ts';
import { sliceAxis } from './moving.ts';
import { dynamicallyQuantized } from './quantization.ts';
import { type LayerWeights, layer, lstm, perDirection } from './recurrent.ts';

const attributes = [
  'activation_alpha',
  'activation_beta',
  'activations',
  'clip',
  'direction',
  'hidden_size',
  'input_forget',
];

export const contribRecurrentRows: Rows = {
  DynamicQuantizeLSTM: contribRow([12, 12], attributes, (op) => layer(op, lstm, quantizedWeights(op))),
};

/** Weights as directions x inputs x (gates * hidden), with one scale and zero point per direction or per column of one. */
function quantizedWeights(op: NodeContext): LayerWeights {
  const [w, r] = [matrices(op, 1, 8), matrices(op, 2, 10)];
  const [directions = 0, , width = 0] = op.input(1).type.shape;
  const plus = (y: Value, bias: Value | undefined) => (bias === undefined ? y : op.emit(add, [y, bias]));
  return {
    directions,
    width,
    inputProducts: (x, d, bias) => plus(w(x, d), bias),
    recurrentProducts: (h, d, first, count, bias) => plus(sliceAxis(op, r(h, d), 1, first, count), bias),
  };
}

/** Multiplies by the matrix of a direction: operand `i`, with scales and zero points at `parameters` and behind it. */
function matrices(op: NodeContext, i: number, parameters: number): (x: Value, direction: number) => Value {
  const weights = byteInput(op, i);
  const { shape, element } = weights.type;
  rule(shape.length === 3, () => `takes weights of rank 3, got ${shape.length}`);
  const zero = op.input(parameters + 1);
  rule(zero.type.element === element, () => `has a zero point of ${zero.type.element} for weights of ${element}`);
  const own = (values: Value, direction: number): Value => {
    const [directions = 0] = shape;
    const count = elementCount(values.type.shape);
    const columns = shape[2] ?? 0;
    rule(count === directions || count === directions * columns, `needs one or ${columns} numbers per direction`);
    const perChannel = count === directions * columns;
    const rows = op.emit(reshape, [values], { shape: perChannel ? [directions, columns] : [directions] });
    return perDirection(op, rows, direction);
  };
  return (x, direction) => {
    const { y, scale, zero: zeroX } = dynamicallyQuantized(op, x);
    const zeros = { a: zeroX, b: own(zero, direction) };
    const matrix = perDirection(op, weights, direction);
    return scaledProduct(op, y, matrix, scale, own(floatInput(op, parameters), direction), zeros);
  };
}

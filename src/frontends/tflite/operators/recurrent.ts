// Rows of the recurrent operators. Their state is an operand, and the next state a further result.
import { gateScale } from '../../../../ir/lstm/parameters.ts';
import type { State, Value } from '../../../../ir/module.ts';
import { fullyConnected } from '../../../../ir/ops/fully-connected.ts';
import { lstm } from '../../../../ir/ops/lstm.ts';
import { requantize } from '../../../../ir/ops/requantize.ts';
import { svdf } from '../../../../ir/ops/svdf.ts';
import { requantizationFor, scaleAndZero, unbounded } from '../../../../ir/quantized.ts';
import { perTensor, type TensorType, tensorType } from '../../../../ir/types.ts';
import { fusedBounds } from '../activation.ts';
import { allFloatWeights } from '../float-weights.ts';
import type { OperatorContext, Rows } from '../operator-context.ts';

/** The state behind operand `i`, which must be a variable tensor. */
function stateOf(op: OperatorContext, i: number): State {
  const tensor = op.operator.inputs[i];
  if (tensor === undefined || tensor < 0) return op.fail('I8C0207', `Operand ${i}, a state, is missing.`);
  return op.scope.variable(tensor);
}

/** More products of i8 could pass 32 bits. */
const maxInputs = 65536;

/**
 * The features of one step: input times feature weights, in the state's type. The factor is computed in f32 (TensorFlow
 * Lite Micro svdf_common.cc, PrepareSvdf), unlike that of a fully connected layer.
 */
function features(op: OperatorContext, x: Value, weights: Value, state: TensorType): Value {
  if (x.type.element === 'f32') return op.builder.create(fullyConnected, [x, weights]);
  const [batches, filters, inputs] = [x.type.shape[0] ?? 0, weights.type.shape[0] ?? 0, weights.type.shape[1] ?? 0];
  if (x.type.element !== 'i8' || weights.type.element !== 'i8' || inputs > maxInputs) {
    op.fail('I8C0202', `SVDF takes up to ${maxInputs} i8 inputs and i8 feature weights.`);
  }
  const { scale, zero } = scaleAndZero(x.type, 'input');
  const product = Math.fround(scale * scaleAndZero(weights.type, 'feature weights').scale);
  const factor = Math.fround(product / scaleAndZero(state, 'state').scale);
  const type = tensorType(state.element, [batches, filters], state.quant);
  const sums = op.builder.create(fullyConnected, [x, weights], { input_zero: zero }, tensorType('i32', type.shape));
  return op.builder.create(
    requantize,
    [sums],
    { requant: requantizationFor([factor], type, unbounded, 'double') },
    type,
  );
}

/** The four gates' parts of an operand list: input, forget, cell, output. */
const four = (op: OperatorContext, first: number) => [0, 1, 2, 3].map((g) => op.input(first + g));

/** What TensorFlow Lite Micro's LSTM has no form for either (lstm_eval_common.cc, ValidateTensorStatus). */
function refuseVariants(op: OperatorContext): void {
  const present = (from: number, to: number) => op.operator.inputs.slice(from, to).some((t) => t >= 0);
  if (!op.has(1) || !op.has(5) || !op.has(12)) op.unsupported('An LSTM without an input gate is not supported.');
  if (present(9, 12)) op.unsupported('LSTM peephole connections are not supported.');
  if (present(16, 18)) op.unsupported('An LSTM projection is not supported.');
  if (present(20, 24)) op.unsupported('LSTM layer normalization is not supported.');
}

export const recurrentRows: Rows = {
  SVDF(op) {
    const o = op.options('SVDFOptions');
    const x = op.input(0);
    const state = stateOf(op, 4);
    const current = state.next;
    const [byFeature, byTime] = allFloatWeights(op, x, [op.input(1), op.input(2)]) as [Value, Value];
    // The integer kernels ignore the activation: their result type's limits stand for it.
    const clamp = x.type.element === 'f32' ? fusedBounds(op, o.fusedActivationFunction) : unbounded;
    const operands = [features(op, x, byFeature, current.type), byTime, op.optional(3), current];
    const hints = [op.outputType(), current.type];
    const { results } = op.builder.op(
      svdf,
      operands,
      { rank: o.rank, clamp },
      { hints, names: [op.scope.tensorName(op.operator.outputs[0] ?? -1)] },
    );
    state.next = results[1]!;
    return results[0]!;
  },
  UNIDIRECTIONAL_SEQUENCE_LSTM(op) {
    const o = op.options('UnidirectionalSequenceLSTMOptions');
    refuseVariants(op);
    if (o.fusedActivationFunction !== 'TANH')
      op.unsupported(`The activation ${o.fusedActivationFunction} is not supported.`);
    if (o.diagonalRecurrentTensors) op.unsupported('Diagonal recurrent weights are not supported.');
    if (!(o.cellClip >= 0)) op.fail('I8C0207', `The cell clip is ${o.cellClip}.`);
    const x = op.input(0);
    const weights = allFloatWeights(op, x, [...four(op, 1), ...four(op, 5)]);
    const biases = four(op, 12);
    if (x.type.element === 'i16' && biases.some((b) => b.type.element !== 'i64')) {
      op.fail('I8C0202', 'An LSTM of 16-bit activations takes 64-bit biases.');
    }
    const [hidden, cell] = [stateOf(op, 18), stateOf(op, 19)];
    const gates = biases.map((bias, g) => {
      const w = weights[g]!;
      const type = tensorType('i16', [...x.type.shape.slice(0, -1), w.type.shape[0] ?? 0], perTensor(gateScale, 0));
      const asked = x.type.element === 'f32' ? undefined : type;
      return op.builder.create(fullyConnected, [x, w, bias], { keep_dims: true }, asked);
    });
    const operands = [...gates, ...weights.slice(4), hidden.next, cell.next];
    const attributes = { time_major: o.timeMajor, cell_clip: o.cellClip };
    const hints = [op.outputType(), hidden.next.type, cell.next.type];
    const names = [op.scope.tensorName(op.operator.outputs[0] ?? -1)];
    const { results } = op.builder.op(lstm, operands, attributes, { hints, names });
    hidden.next = results[1]!;
    cell.next = results[2]!;
    return results[0]!;
  },
};

// Rows of the recurrent operators. Their state is an operand, and the next state a further result.
import type { State, Value } from '../../../../ir/module.ts';
import { fullyConnected } from '../../../../ir/ops/fully-connected.ts';
import { requantize } from '../../../../ir/ops/requantize.ts';
import { svdf } from '../../../../ir/ops/svdf.ts';
import { requantizationFor, scaleAndZero, unbounded } from '../../../../ir/quantized.ts';
import { type TensorType, tensorType } from '../../../../ir/types.ts';
import { fusedBounds } from '../activation.ts';
import { floatWeights } from '../float-weights.ts';
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

export const recurrentRows: Rows = {
  SVDF(op) {
    const o = op.options('SVDFOptions');
    const x = op.input(0);
    const state = stateOf(op, 4);
    const current = state.next;
    const [byFeature, byTime] = [floatWeights(op, x, op.input(1)), floatWeights(op, x, op.input(2))];
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
};

// Rows of activation functions.
import { clamp } from '../../../../ir/ops/clamp.ts';
import { elu } from '../../../../ir/ops/elu.ts';
import { gelu } from '../../../../ir/ops/gelu.ts';
import { hardSwish } from '../../../../ir/ops/hard-swish.ts';
import { leakyRelu } from '../../../../ir/ops/leaky-relu.ts';
import { logistic, tanh } from '../../../../ir/ops/logistic.ts';
import { prelu } from '../../../../ir/ops/prelu.ts';
import type { Rows } from '../operator-context.ts';
import { withScaleOf } from '../stored-integers.ts';

export const activationRows: Rows = {
  RELU: (op) => op.emit(clamp, [op.input(0)], { min: 0 }),
  RELU_0_TO_1: (op) => op.emit(clamp, [op.input(0)], { min: 0, max: 1 }),
  RELU_N1_TO_1: (op) => op.emit(clamp, [op.input(0)], { min: -1, max: 1 }),
  RELU6(op) {
    // TensorFlow Lite Micro clamps stored integers by the operand's scale and does not rescale (activations_common.cc).
    const x = op.input(0);
    const y = op.builder.create(clamp, [x], { min: 0, max: 6 }, x.type);
    return withScaleOf(op, y, op.outputType());
  },
  ELU: (op) => op.emit(elu, [op.input(0)]),
  GELU: (op) => op.emit(gelu, [op.input(0)], { approximate: op.options('GeluOptions').approximate }),
  HARD_SWISH: (op) => op.emit(hardSwish, [op.input(0)]),
  LEAKY_RELU: (op) => op.emit(leakyRelu, [op.input(0)], { alpha: op.options('LeakyReluOptions').alpha }),
  LOGISTIC: (op) => op.emit(logistic, [op.input(0)]),
  PRELU: (op) => op.emit(prelu, [op.input(0), op.input(1)]),
  TANH: (op) => op.emit(tanh, [op.input(0)]),
};

// Rows of the operators that normalize along the last axis.
import { l2Normalize } from '../../../../ir/ops/l2-normalize.ts';
import { logSoftmax } from '../../../../ir/ops/log-softmax.ts';
import { softmax } from '../../../../ir/ops/softmax.ts';
import type { Rows } from '../operator-context.ts';

export const normalizationRows: Rows = {
  L2_NORMALIZATION(op) {
    const { fusedActivationFunction } = op.options('L2NormOptions');
    if (fusedActivationFunction !== 'NONE') op.unsupported('A fused activation is not supported.');
    return op.emit(l2Normalize, [op.input(0)]);
  },
  LOG_SOFTMAX: (op) => op.emit(logSoftmax, [op.input(0)]),
  SOFTMAX: (op) => op.emit(softmax, [op.input(0)], { beta: op.options('SoftmaxOptions').beta }),
};

// Rows of the operators that normalize along the last axis.
import { softmax } from '../../../../ir/ops/softmax.ts';
import type { Rows } from '../operator-context.ts';

export const normalizationRows: Rows = {
  SOFTMAX: (op) => op.emit(softmax, [op.input(0)], { beta: op.options('SoftmaxOptions').beta }),
};

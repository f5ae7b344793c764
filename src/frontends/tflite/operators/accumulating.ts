// Row of the running sum.
import { cumsum } from '../../../../ir/ops/cumsum.ts';
import { normalizeAxis } from '../../../../ir/shapes.ts';
import { constantInt } from '../moved.ts';
import type { Rows } from '../operator-context.ts';

export const accumulatingRows: Rows = {
  CUMSUM(op) {
    const x = op.input(0);
    const axis = normalizeAxis(constantInt(op, 1, 'axis'), x.type.shape.length);
    const { exclusive, reverse } = op.options('CumsumOptions');
    return op.emit(cumsum, [x], { axis, exclusive, reverse });
  },
};

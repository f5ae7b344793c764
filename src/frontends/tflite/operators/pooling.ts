// Rows of the pooling operators.
import { averagePool2d, l2Pool2d, maxPool2d } from '../../../../ir/ops/pool2d.ts';
import { fusedBounds } from '../activation.ts';
import type { Row, Rows } from '../operator-context.ts';
import { samePadding } from '../padding.ts';
import { imageExtent } from './convolution.ts';

const pooling =
  (definition: typeof averagePool2d): Row =>
  (op) => {
    const o = op.options('Pool2DOptions');
    const x = op.input(0);
    const kernel = [o.filterHeight, o.filterWidth] as const;
    const stride = [o.strideH, o.strideW] as const;
    const pad = samePadding(op, o.padding, imageExtent(op, x), kernel, stride, [1, 1]);
    return op.emit(definition, [x], { kernel, stride, pad, clamp: fusedBounds(op, o.fusedActivationFunction) });
  };

export const poolingRows: Rows = {
  AVERAGE_POOL_2D: pooling(averagePool2d),
  L2_POOL_2D: pooling(l2Pool2d),
  MAX_POOL_2D: pooling(maxPool2d),
};

// Rows of the matrix products.
import type { Value } from '../../../../ir/module.ts';
import { batchMatmul } from '../../../../ir/ops/batch-matmul.ts';
import { fullyConnected } from '../../../../ir/ops/fully-connected.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { elementCount, sameShape } from '../../../../ir/types.ts';
import { fusedBounds } from '../activation.ts';
import { floatWeights } from '../float-weights.ts';
import type { OperatorContext, Rows } from '../operator-context.ts';

/** Weights of rank 2: converters may leave leading dimensions of 1 (fully_connected.h reads the last two only). */
function matrix(op: OperatorContext, w: Value): Value {
  const { shape } = w.type;
  if (shape.length === 2 || elementCount(shape.slice(0, -2)) !== 1 || w.type.quant?.axis !== undefined) return w;
  return op.builder.create(reshape, [w], { shape: shape.slice(-2) });
}

/** The result under the shape that the file claims, where that is as many rows: kernels only count rows. */
function asClaimed(op: OperatorContext, y: Value): Value {
  const { shape } = op.outputType();
  const same = elementCount(shape) === elementCount(y.type.shape) && shape.at(-1) === y.type.shape.at(-1);
  return same && !sameShape(shape, y.type.shape) ? op.builder.create(reshape, [y], { shape }) : y;
}

export const matmulRows: Rows = {
  FULLY_CONNECTED(op) {
    const o = op.options('FullyConnectedOptions');
    if (o.weightsFormat !== 'DEFAULT') {
      op.unsupported(`The weights are in the format ${o.weightsFormat}.`, 'Convert the model with default weights.');
    }
    const x = op.input(0);
    const w = matrix(op, floatWeights(op, x, op.input(1)));
    const clamp = fusedBounds(op, o.fusedActivationFunction);
    return asClaimed(op, op.emit(fullyConnected, [x, w, op.optional(2)], { keep_dims: o.keepNumDims, clamp }));
  },
  BATCH_MATMUL(op) {
    const o = op.options('BatchMatMulOptions');
    const x = op.input(0);
    return op.emit(batchMatmul, [x, floatWeights(op, x, op.input(1))], { adjoint_x: o.adjX, adjoint_w: o.adjY });
  },
};

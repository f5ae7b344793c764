// Rows of operators that choose by index.
import { rule } from '../../../../ir/define-op.ts';
import type { Value } from '../../../../ir/module.ts';
import { dequantize } from '../../../../ir/ops/dequantize.ts';
import { gather } from '../../../../ir/ops/gather.ts';
import { gatherNd } from '../../../../ir/ops/gather-nd.ts';
import { normalizeAxis } from '../../../../ir/shapes.ts';
import { asOutput, outputName } from '../moved.ts';
import type { OperatorContext, Rows } from '../operator-context.ts';

export const gatheringRows: Rows = {
  GATHER(op) {
    const [x, indices] = [op.input(0), op.input(1)];
    const { axis, batchDims } = op.options('GatherOptions');
    const attributes = {
      axis: normalizeAxis(axis, x.type.shape.length),
      // Counted from the end of the indices where negative (TensorFlow Lite micro/kernels/gather.cc).
      batch_dims: batchDims < 0 ? batchDims + indices.type.shape.length : batchDims,
    };
    checkIndices(op, 1, [x.type.shape[attributes.axis]!]);
    return asOutput(op, op.builder.create(gather, [x, indices], attributes, undefined, outputName(op)));
  },
  GATHER_ND(op) {
    const [x, indices] = [op.input(0), op.input(1)];
    checkIndices(op, 1, x.type.shape.slice(0, indices.type.shape.at(-1) ?? 0));
    return asOutput(op, op.builder.create(gatherNd, [x, indices], {}, undefined, outputName(op)));
  },
  EMBEDDING_LOOKUP(op) {
    const [indices, table] = [op.input(0), op.input(1)];
    checkIndices(op, 0, table.type.shape.slice(0, 1));
    const rows = (x: Value) => op.builder.create(gather, [x, indices], { axis: 0 }, undefined, outputName(op));
    if (op.outputType().element !== 'f32' || table.type.element === 'f32') return asOutput(op, rows(table));
    // One scale: the rows looked up are dequantized. One per row: the table is, as a row keeps no scale of its own.
    if (table.type.quant?.axis === undefined) return asOutput(op, op.builder.create(dequantize, [rows(table)]));
    return asOutput(op, rows(op.builder.create(dequantize, [table])));
  },
};

/**
 * Refuses constant indices outside their dimensions: `extents`, in turn. Indices that are computed are limited when the
 * program runs, where TensorFlow Lite Micro stops with an error.
 */
function checkIndices(op: OperatorContext, operand: number, extents: readonly number[]): void {
  if (op.constantInput(operand) === undefined) return;
  for (const [i, index] of op.ints(operand, 'indices').entries()) {
    const extent = extents[i % extents.length]!;
    rule(index >= 0 && index < extent, () => `chooses element ${index} of a dimension of ${extent}`);
  }
}

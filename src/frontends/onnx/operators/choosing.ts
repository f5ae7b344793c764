// Rows of operators that choose or write single elements by index, and of orders.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md.
import { rule } from '../../../../ir/define-op.ts';
import type { Value } from '../../../../ir/module.ts';
import { broadcastTo } from '../../../../ir/ops/broadcast-to.ts';
import { concat } from '../../../../ir/ops/concat.ts';
import { gatherNd } from '../../../../ir/ops/gather-nd.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { scatterNd } from '../../../../ir/ops/scatter-nd.ts';
import { topK } from '../../../../ir/ops/top-k.ts';
import { transpose } from '../../../../ir/ops/transpose.ts';
import { normalizeAxis } from '../../../../ir/shapes.ts';
import type { NodeContext, Row, Rows } from '../node-context.ts';
import { wrapped } from './moving.ts';

const scatterElements: Row = (op) => {
  const [x, indices, updates] = [op.input(0), op.input(1), op.input(2)];
  const axis = normalizeAxis(op.int('axis', 0), x.type.shape.length);
  return op.emit(scatterNd, [x, elementPlaces(op, x, indices, axis), updates], { reduction: reductionOf(op) });
};

export const choosingRows: Rows = {
  GatherElements(op) {
    const [x, indices] = [op.input(0), op.input(1)];
    const axis = normalizeAxis(op.int('axis', 0), x.type.shape.length);
    return op.emit(gatherNd, [x, elementPlaces(op, x, indices, axis)]);
  },
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND(op) {
    const [x, indices] = [op.input(0), op.input(1)];
    const depth = indices.type.shape.at(-1) ?? 0;
    const places = depth === 0 ? indices : wrapped(op, indices, x.type.shape.slice(0, depth));
    return op.emit(scatterNd, [x, places, op.input(2)], { reduction: reductionOf(op) });
  },
  TopK(op) {
    const x = op.input(0);
    const { shape } = x.type;
    const axis = normalizeAxis(op.int('axis', -1), shape.length);
    const k = op.opset < 10 ? op.int('k') : Number(op.constant(1, 'number of elements').data[0]);
    const largest = op.flag('largest', true);
    const last = shape.length - 1;
    if (axis === last) return op.emitAll(topK, [x], { k, largest });
    const perm = shape
      .map((_, d) => d)
      .with(axis, last)
      .with(last, axis);
    const back = (y: Value) => op.emit(transpose, [y], { perm });
    return op.emitAll(topK, [op.emit(transpose, [x], { perm })], { k, largest }).map(back);
  },
};

function reductionOf(op: NodeContext): 'none' | 'add' | 'mul' | 'min' | 'max' {
  const reduction = op.string('reduction', 'none');
  switch (reduction) {
    case 'none':
    case 'add':
    case 'mul':
    case 'min':
    case 'max':
      return reduction;
    default:
      return op.unsupported(`The reduction is ${JSON.stringify(reduction.slice(0, 40))}.`);
  }
}

/** All coordinates of the elements that `indices` names along one axis: its own positions along the others. */
function elementPlaces(op: NodeContext, x: Value, indices: Value, axis: number): Value {
  const { shape } = indices.type;
  rule(shape.length === x.type.shape.length, () => `takes indices of rank ${x.type.shape.length}, got ${shape.length}`);
  const { element } = indices.type;
  const along = wrapped(op, indices, [x.type.shape[axis]!]);
  const coordinates = shape.map((extent, d) => {
    if (d === axis) return op.emit(reshape, [along], { shape: [...shape, 1] });
    const own = [...shape.map((_, i) => (i === d ? extent : 1)), 1];
    const counting = op.numbers(element, own, op.counting(extent));
    return op.emit(broadcastTo, [counting], { shape: [...shape, 1] });
  });
  return coordinates.length === 1 ? coordinates[0]! : op.emit(concat, coordinates, { axis: shape.length });
}

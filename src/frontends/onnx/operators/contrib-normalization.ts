// Rows of ONNX Runtime's layer normalizations: with a sum before them, by the root mean square alone, and of embeddings.
// Specification: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md. SimplifiedLayerNormalization
// is the one that ONNX Runtime has in ONNX's own domain (core/graph/contrib_ops/contrib_defs.cc).
import { rule } from '../../../../ir/define-op.ts';
import type { Value } from '../../../../ir/module.ts';
import { add } from '../../../../ir/ops/add.ts';
import { cast } from '../../../../ir/ops/cast.ts';
import { equal } from '../../../../ir/ops/comparison.ts';
import { div } from '../../../../ir/ops/div.ts';
import { sqrt } from '../../../../ir/ops/elementary.ts';
import { gather } from '../../../../ir/ops/gather.ts';
import { mul } from '../../../../ir/ops/mul.ts';
import { reduceMean, reduceSum } from '../../../../ir/ops/reduce-sum.ts';
import { square } from '../../../../ir/ops/sign.ts';
import { normalizeAxis } from '../../../../ir/shapes.ts';
import type { NodeContext, Rows } from '../node-context.ts';
import { contribRow, floatInput, optionalFloat, refuseOutput } from './contrib-row.ts';
import { sliceAxis } from './moving.ts';
import { centered } from './normalization.ts';

/** The default of epsilon in the domain com.microsoft; ONNX has 1e-5. */
const smallEpsilon = Math.fround(1e-12);

export const contribNormalizationRows: Rows = {
  SkipLayerNormalization: contribRow([3, 5], ['epsilon'], (op) => {
    const sum = skipSum(op, optionalFloat(op, 4));
    const { y, mean, inverse } = layerNormalization(op, sum, floatInput(op, 2), optionalFloat(op, 3));
    return [y, mean, inverse, sum];
  }),
  SkipSimplifiedLayerNormalization: contribRow([3, 4], ['epsilon'], (op) => {
    const sum = skipSum(op, optionalFloat(op, 3));
    refuseOutput(op, 1, 'a mean that it does not compute');
    const { y, inverse } = rootMeanSquare(op, sum, floatInput(op, 2), [-1], op.float('epsilon', smallEpsilon));
    return [y, inverse, inverse, sum];
  }),
  EmbedLayerNormalization: contribRow([7, 9], ['epsilon', 'mask_index_type'], (op) => {
    const ids = indices(op, 0);
    rule(ids.type.shape.length === 2, 'takes word indices of rank 2');
    const [batch = 0, positions = 0] = ids.type.shape;
    const place = floatInput(op, 3);
    const parts = [
      op.emit(gather, [floatInput(op, 2), ids], { axis: 0 }),
      op.has(8) ? op.emit(gather, [place, indices(op, 8)], { axis: 0 }) : sliceAxis(op, place, 0, 0, positions),
    ];
    if (op.has(1) !== op.has(4)) op.fail('I8C0207', 'It has segments without their embedding, or the other way round.');
    if (op.has(1)) parts.push(op.emit(gather, [floatInput(op, 4), indices(op, 1)], { axis: 0 }));
    const sum = parts.reduce((a, b) => op.emit(add, [a, b]));
    const { y } = layerNormalization(op, sum, floatInput(op, 5), floatInput(op, 6));
    return [y, op.has(7) ? lengths(op, indices(op, 7)) : op.filled('i32', [batch], 0), sum];
  }),
};

export const simplifiedNormalizationRows: Rows = {
  SimplifiedLayerNormalization: contribRow([2, 2], ['axis', 'epsilon', 'stash_type'], (op) => {
    const x = floatInput(op, 0);
    const axis = normalizeAxis(op.int('axis', -1), x.type.shape.length);
    const axes = x.type.shape.flatMap((_, d) => (d >= axis ? [d] : []));
    const { y, inverse } = rootMeanSquare(op, x, floatInput(op, 1), axes, op.float('epsilon', Math.fround(1e-5)));
    return [y, inverse];
  }),
};

/** Input plus skip, which may lack the batch or have it once, plus bias. */
function skipSum(op: NodeContext, bias: Value | undefined): Value {
  const [x, skip] = [floatInput(op, 0), floatInput(op, 1)];
  const { shape } = x.type;
  const sum = op.emit(add, [x, skip]);
  const y = bias === undefined ? sum : op.emit(add, [sum, bias]);
  rule(y.type.shape.join() === shape.join(), 'adds tensors that are larger than its input');
  return y;
}

function layerNormalization(op: NodeContext, x: Value, gamma: Value, beta: Value | undefined) {
  const rank = x.type.shape.length;
  checkWidth(x, gamma);
  if (beta !== undefined) checkWidth(x, beta);
  const { mean, difference, inverse } = centered(op, x, [rank - 1], op.float('epsilon', smallEpsilon));
  const scaled = op.emit(mul, [op.emit(mul, [difference, inverse]), gamma]);
  return { y: beta === undefined ? scaled : op.emit(add, [scaled, beta]), mean, inverse };
}

/** x over the root of its mean square, times gamma. */
function rootMeanSquare(op: NodeContext, x: Value, gamma: Value, axes: readonly number[], epsilon: number) {
  rule(gamma.type.shape.length <= x.type.shape.length, 'has a scale of more dimensions than its input');
  const meanSquare = op.emit(reduceMean, [op.emit(square, [x])], { axes, keep_dims: true });
  const norm = op.emit(sqrt, [op.emit(add, [meanSquare, op.scalar('f32', epsilon)])]);
  const y = op.emit(mul, [op.emit(div, [x, norm]), gamma]);
  rule(y.type.shape.join() === x.type.shape.join(), 'has a scale that is larger than its input');
  return { y, inverse: op.emit(div, [op.scalar('f32', 1), norm]) };
}

function checkWidth(x: Value, values: Value): void {
  const { shape } = values.type;
  rule(shape.length === 1 && shape[0] === x.type.shape.at(-1), 'needs one number per element of the last dimension');
}

function indices(op: NodeContext, i: number): Value {
  const x = op.input(i);
  rule(
    x.type.element === 'i32' || x.type.element === 'i64',
    () => `takes indices as operand ${i}, got ${x.type.element}`,
  );
  return x;
}

/** How many elements of each row of the mask are 1: the words of a sequence that is padded behind. */
function lengths(op: NodeContext, mask: Value): Value {
  const ones = op.emit(cast, [op.emit(equal, [mask, op.scalar(mask.type.element, 1)])], { to: 'i32' });
  return op.emit(reduceSum, [ones], { axes: [-1], keep_dims: false });
}

// Writers of operators that move elements. Lists with an entry per dimension follow the order in which the operand lies.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md.
import { broadcastTo } from '../../../../ir/ops/broadcast-to.ts';
import { concat } from '../../../../ir/ops/concat.ts';
import { gather } from '../../../../ir/ops/gather.ts';
import { gatherNd } from '../../../../ir/ops/gather-nd.ts';
import { mirrorPad } from '../../../../ir/ops/mirror-pad.ts';
import { pad } from '../../../../ir/ops/pad.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { slice } from '../../../../ir/ops/slice.ts';
import { transpose } from '../../../../ir/ops/transpose.ts';
import { scaleAndZero } from '../../../../ir/quantized.ts';
import { normalizeAxis } from '../../../../ir/shapes.ts';
import { tensorOf } from '../../../../ir/tensor-data.ts';
import type { TensorType } from '../../../../ir/types.ts';
import { tensorType } from '../../../../ir/types.ts';
import { noForm } from '../../no-form.ts';
import { int, text } from '../attributes.ts';
import { form, type OnnxForms } from '../form.ts';
import { identity } from '../tensors.ts';

/** What a stored number stands for. */
function realOf(type: TensorType, stored: number): number {
  if (type.quant === undefined) return stored;
  const { scale, zero } = scaleAndZero(type, 'tensor');
  return (stored - zero) * scale;
}

export const movingForms: OnnxForms = [
  form(transpose, (c, { perm }) => c.tensors.setTransposed(c.op.result, c.op.operand(0), perm)),
  form(reshape, (c) => c.tensors.setView(c.op.result, c.op.operand(0))),
  form(concat, (c, { axis }) => {
    const { names, perm } = c.aligned();
    const at = perm.indexOf(normalizeAxis(axis, perm.length));
    c.put(c.node('Concat', names, { axis: int(at) }), perm);
  }),
  form(slice, (c, { start, size, step }) => {
    const perm = c.order(0);
    const { shape } = c.type(0);
    const steps = perm.map((d) => (step.length === 0 ? 1 : (step[d] ?? 1)));
    const starts = perm.map((d) => start[d] ?? 0);
    // Behind the last element; walking backwards that may lie ahead of the first, which is written from the end.
    const ends = perm.map((d, i) => {
      const end = (starts[i] ?? 0) + (size[d] ?? 0) * (steps[i] ?? 1);
      return end < 0 ? -(shape[d] ?? 0) - 1 : end;
    });
    const axes = identity(perm.length);
    const lists = [
      c.integers(starts, 'starts'),
      c.integers(ends, 'ends'),
      c.integers(axes, 'axes'),
      c.integers(steps, 'steps'),
    ];
    c.put(c.node('Slice', [c.real(0, perm), ...lists]), perm);
  }),
  form(pad, (c, { before, after, value }) => {
    const perm = c.order(0);
    const pads = c.integers([...perm.map((d) => before[d] ?? 0), ...perm.map((d) => after[d] ?? 0)], 'pads');
    const { element, quant } = c.type(0);
    const number = tensorOf(tensorType(quant === undefined ? element : 'f32', []), [realOf(c.type(0), value)]);
    const filler = c.graph.initializer(number, `${c.op.result.name}_value`);
    c.put(c.node('Pad', [c.real(0, perm), pads, filler], { mode: text('constant') }), perm);
  }),
  form(mirrorPad, (c, { before, after, mode }) => {
    if (mode !== 'reflect') noForm(`mirrors in the mode ${mode}`);
    const perm = c.order(0);
    const pads = c.integers([...perm.map((d) => before[d] ?? 0), ...perm.map((d) => after[d] ?? 0)], 'pads');
    c.put(c.node('Pad', [c.real(0, perm), pads], { mode: text('reflect') }), perm);
  }),
  form(gather, (c, { axis, batch_dims }) => {
    if (batch_dims !== 0) noForm('has batches of indices');
    // One dimension of indices takes the place of the axis; others would need a place among the others.
    const perm = c.type(1).shape.length === 1 ? c.order(0) : identity(c.type(0).shape.length);
    const y = c.node('Gather', [c.real(0, perm), c.real(1)], { axis: int(perm.indexOf(axis)) });
    c.put(y, c.type(1).shape.length === 1 ? perm : undefined);
  }),
  form(gatherNd, (c) => {
    const indices = c.type(1).element === 'i64' ? c.real(1) : c.node('Cast', [c.real(1)], { to: int(7) });
    c.put(c.node('GatherND', [c.real(0), indices]));
  }),
  form(broadcastTo, (c, { shape }) => c.put(c.node('Expand', [c.real(0), c.integers(shape, 'shape')]))),
];

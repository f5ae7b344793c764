// Writers of operators that move elements. Sources: TensorFlow Lite kernels/transpose.cc, reshape.cc, slice.cc,
// strided_slice.cc, pad.cc, concatenation.cc, gather.cc.
import { broadcastTo } from '../../../../ir/ops/broadcast-to.ts';
import { concat } from '../../../../ir/ops/concat.ts';
import { gather } from '../../../../ir/ops/gather.ts';
import { gatherNd } from '../../../../ir/ops/gather-nd.ts';
import { mirrorPad } from '../../../../ir/ops/mirror-pad.ts';
import { pad } from '../../../../ir/ops/pad.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { slice } from '../../../../ir/ops/slice.ts';
import { transpose } from '../../../../ir/ops/transpose.ts';
import { tensorOf } from '../../../../ir/tensor-data.ts';
import { tensorType } from '../../../../ir/types.ts';
import { form, type TfliteContext, type TfliteForms } from '../form.ts';
import type { TensorIndex } from '../model.ts';

/** Pairs of a number ahead and a number behind, one pair per dimension. */
function pairs(c: TfliteContext, before: readonly number[], after: readonly number[]): TensorIndex {
  const values = before.flatMap((n, d) => [n, after[d] ?? 0]);
  return c.constant(tensorOf(tensorType('i32', [before.length, 2]), values), 'paddings');
}

/** Kernels of five and more dimensions came later. */
const manyDimensionsVersion = (c: TfliteContext, version: number, plain = 4) =>
  c.type(0).shape.length > plain ? version : 1;

export const movingForms: TfliteForms = [
  form(transpose, (c, { perm }) =>
    c.put({
      name: 'TRANSPOSE',
      inputs: [c.input(0), c.integers(perm, 'perm')],
      options: { type: 'TransposeOptions', value: {} },
      version: manyDimensionsVersion(c, 4),
    }),
  ),
  form(reshape, (c, { shape }) =>
    c.put({
      name: 'RESHAPE',
      inputs: [c.input(0), c.integers(shape, 'shape')],
      options: { type: 'ReshapeOptions', value: { newShape: shape } },
    }),
  ),
  form(concat, (c, { axis }) =>
    c.put({
      name: 'CONCATENATION',
      inputs: c.inputs(),
      options: { type: 'ConcatenationOptions', value: { axis, fusedActivationFunction: 'NONE' } },
    }),
  ),
  form(slice, (c, { start, size, step }) => {
    const x = c.input(0);
    const begin = c.integers(start, 'begin');
    if (step.every((s) => s === 1)) {
      const inputs = [x, begin, c.integers(size, 'size')];
      const options = { type: 'SliceOptions', value: {} } as const;
      return c.put({ name: 'SLICE', inputs, options, version: manyDimensionsVersion(c, 5) });
    }
    // Behind the last element; ahead of the first there is no number for, but a mask that says "to the end".
    const ends = start.map((first, d) => first + (size[d] ?? 0) * (step[d] ?? 1));
    const endMask = ends.reduce((mask, end, d) => (end < 0 ? mask | (1 << d) : mask), 0);
    const end = ends.map((n) => Math.max(0, n));
    c.put({
      name: 'STRIDED_SLICE',
      inputs: [x, begin, c.integers(end, 'end'), c.integers(step, 'strides')],
      options: { type: 'StridedSliceOptions', value: { endMask } },
      version: manyDimensionsVersion(c, 4),
    });
  }),
  form(pad, (c, { before, after, value }) => {
    const type = c.type(0);
    // The stored number in the file: bytes that are stored 128 less move with their zero point.
    const moved = c.op.operand(0).type.element === 'u8' && type.element === 'i8' ? value - 128 : value;
    const inputs = [c.input(0), pairs(c, before, after)];
    const zero = type.element === 'i8' || type.element === 'u8' ? (type.quant?.zero[0] ?? 0) : 0;
    const version = manyDimensionsVersion(c, 4);
    if (Object.is(moved, zero)) {
      return c.put({ name: 'PAD', inputs, options: { type: 'PadOptions', value: {} }, version });
    }
    inputs.push(c.constant(tensorOf(tensorType(type.element, [1], type.quant), [moved]), 'value'));
    c.put({ name: 'PADV2', inputs, options: { type: 'PadV2Options', value: {} }, version });
  }),
  form(mirrorPad, (c, { before, after, mode }) =>
    c.put({
      name: 'MIRROR_PAD',
      inputs: [c.input(0), pairs(c, before, after)],
      options: { type: 'MirrorPadOptions', value: { mode: mode === 'reflect' ? 'REFLECT' : 'SYMMETRIC' } },
    }),
  ),
  form(gather, (c, { axis, batch_dims: batchDims }) =>
    c.put({
      name: 'GATHER',
      inputs: c.inputs(),
      options: { type: 'GatherOptions', value: { axis, batchDims } },
      version: batchDims === 0 ? 1 : 5,
    }),
  ),
  form(gatherNd, (c) =>
    c.put({ name: 'GATHER_ND', inputs: c.inputs(), options: { type: 'GatherNdOptions', value: {} } }),
  ),
  form(broadcastTo, (c, { shape }) =>
    c.put({
      name: 'BROADCAST_TO',
      inputs: [c.input(0), c.integers(shape, 'shape')],
      options: { type: 'BroadcastToOptions', value: {} },
    }),
  ),
];

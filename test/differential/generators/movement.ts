// Operators that move elements without computing: cuts, joins, borders, permutations, choices by index, other sizes.
import type { Value } from '../../../ir/module.ts';
import { broadcastTo } from '../../../ir/ops/broadcast-to.ts';
import { concat } from '../../../ir/ops/concat.ts';
import { gather } from '../../../ir/ops/gather.ts';
import { gatherNd } from '../../../ir/ops/gather-nd.ts';
import { mirrorPad } from '../../../ir/ops/mirror-pad.ts';
import { pad } from '../../../ir/ops/pad.ts';
import { reshape } from '../../../ir/ops/reshape.ts';
import { resizeBilinear } from '../../../ir/ops/resize-bilinear.ts';
import { resizeNearest } from '../../../ir/ops/resize-nearest.ts';
import { slice } from '../../../ir/ops/slice.ts';
import { transpose } from '../../../ir/ops/transpose.ts';
import { type ElementType, elementCount, integerRange, type TensorType, tensorType } from '../../../ir/types.ts';
import type { Draft, Generator } from '../draft.ts';
import { extent, imageShape, shape, typeOf } from '../tensors.ts';

const elements: readonly ElementType[] = ['i8', 'i8', 'i8', 'u8', 'i16', 'f32', 'i32', 'i64', 'bool'];
const isWhole = (t: TensorType) => t.quant?.axis === undefined && t.element !== 'f16' && t.element !== 'i4';

function anything(draft: Draft, leastRank = 0): Value {
  const { draw } = draft;
  return draft.operand(
    (t) => isWhole(t) && t.shape.length >= leastRank,
    () => {
      const element = draw.chance(0.7) ? draft.theme : draw.pick(elements);
      const dims = draw.chance(0.4) ? imageShape(draw) : shape(draw, draw.int(Math.max(1, leastRank), 5));
      return typeOf(draw, element, dims);
    },
  );
}

const join: Generator = (draft) => {
  const { draw } = draft;
  const first = anything(draft, 1);
  const dims = first.type.shape;
  const axis = draw.chance(0.6) ? dims.length - 1 : draw.int(0, dims.length - 1);
  const others = (t: TensorType) => JSON.stringify([t.element, t.quant, t.shape.filter((_, d) => d !== axis)]);
  const parts = [first];
  for (let i = draw.int(0, 3); i > 0; i--) {
    const wanted = dims.map((n, d) => (d === axis ? extent(draw, 20) : n));
    parts.push(
      draft.partner(
        (t) => others(t) === others(first.type) && t.shape.length === dims.length,
        () => ({ ...first.type, shape: wanted }),
      ),
    );
  }
  draft.append(concat, draw.shuffled(parts), { axis });
};

const cut: Generator = (draft) => {
  const { draw } = draft;
  const x = anything(draft, 1);
  const runs = x.type.shape.map((n) => {
    if (n === 0 || draw.chance(0.4)) return { start: 0, size: n, step: 1 };
    const step = draw.chance(0.7) ? 1 : draw.pick([2, 3, -1, -2]);
    const start = draw.int(0, n - 1);
    const most = step > 0 ? Math.ceil((n - start) / step) : Math.floor(start / -step) + 1;
    return { start, size: draw.int(draw.chance(0.03) ? 0 : 1, most), step };
  });
  const step = runs.some((r) => r.step !== 1) ? runs.map((r) => r.step) : [];
  draft.append(slice, [x], { start: runs.map((r) => r.start), size: runs.map((r) => r.size), step });
};

const border: Generator = (draft) => {
  const { draw } = draft;
  const x = anything(draft, 1);
  const { element, shape: dims, quant } = x.type;
  const amounts = () => dims.map(() => (draw.chance(0.5) ? 0 : draw.int(0, 3)));
  const range = integerRange(element === 'f32' ? 'i16' : element === 'i64' ? 'i32' : element);
  const stored = draw.chance(0.6) ? 0 : draw.int(range.min, range.max);
  // A real zero ahead of a convolution is absorbed by it.
  const value = draw.chance(0.6) ? (quant?.zero[0] ?? 0) : stored;
  draft.append(pad, [x], { before: amounts(), after: amounts(), value });
};

const mirror: Generator = (draft) => {
  const { draw } = draft;
  const x = anything(draft, 1);
  const mode = draw.pick(['reflect', 'symmetric']);
  const amounts = () =>
    x.type.shape.map((n) => (draw.chance(0.5) ? 0 : draw.int(0, Math.max(0, mode === 'reflect' ? n - 1 : n))));
  draft.append(mirrorPad, [x], { before: amounts(), after: amounts(), mode });
};

const permute: Generator = (draft) => {
  const x = anything(draft, 1);
  draft.append(transpose, [x], { perm: draft.draw.shuffled(x.type.shape.map((_, d) => d)) });
};

/** Another shape of as many elements. */
const reform: Generator = (draft) => {
  const { draw } = draft;
  const x = anything(draft);
  const count = elementCount(x.type.shape);
  const dims: number[] = [];
  let left = count;
  for (let rank = draw.int(0, 4); rank > 0 && left > 0; rank--) {
    const divisors = Array.from({ length: left }, (_, i) => i + 1).filter((n) => left % n === 0);
    const n = draw.pick(divisors);
    dims.push(n);
    left /= n;
  }
  draft.append(reshape, [x], { shape: draw.shuffled([...dims, left]) });
};

const stretch: Generator = (draft) => {
  const { draw } = draft;
  const x = anything(draft);
  const stretched = x.type.shape.map((n) => (n === 1 ? extent(draw, 9) : n));
  const leading = draw.chance(0.3) ? [extent(draw, 5)] : [];
  draft.append(broadcastTo, [x], { shape: [...leading, ...stretched] });
};

/** Whole numbers that count positions: inside most of the time. */
function indices(draft: Draft, dims: readonly number[]): Value {
  const { draw } = draft;
  const type = tensorType(draw.pick(['i32', 'i64'] as const), dims);
  return draw.chance(0.5) ? draft.constant(type) : draft.input(type);
}

const choose: Generator = (draft) => {
  const { draw } = draft;
  const x = anything(draft, 1);
  const dims = x.type.shape;
  const axis = draw.int(0, dims.length - 1);
  const batch_dims = draw.chance(0.25) ? draw.int(0, axis) : 0;
  const counted = shape(draw, draw.int(0, 2), 12);
  draft.append(gather, [x, indices(draft, [...dims.slice(0, batch_dims), ...counted])], { axis, batch_dims });
};

const chooseSlices: Generator = (draft) => {
  const { draw } = draft;
  const x = anything(draft, 1);
  const depth = draw.int(0, x.type.shape.length);
  draft.append(gatherNd, [x, indices(draft, [...shape(draw, draw.int(0, 2), 12), depth])]);
};

function resize(definition: typeof resizeNearest | typeof resizeBilinear): Generator {
  return (draft) => {
    const { draw } = draft;
    const bilinear: readonly ElementType[] = ['f32', 'i8', 'u8', 'i16'];
    const isImage = (t: TensorType) => t.shape.length === 4 && !t.shape.includes(0) && isWhole(t);
    const takes = (t: TensorType) => isImage(t) && (definition === resizeNearest || bilinear.includes(t.element));
    const x = draft.operand(takes, () => {
      const element = bilinear.includes(draft.theme) ? draft.theme : draw.pick(bilinear);
      return typeOf(draw, element, imageShape(draw));
    });
    const [, height = 1, width = 1] = x.type.shape;
    const size = draw.chance(0.4) ? [2 * height, 2 * width] : [draw.int(1, 14), draw.int(1, 14)];
    const placed = draw.pick([{}, { align_corners: true }, { half_pixel_centers: true }]);
    draft.append(definition, [x], { size, ...placed });
  };
}

export const movement = {
  concat: join,
  slice: cut,
  pad: border,
  mirror_pad: mirror,
  transpose: permute,
  reshape: reform,
  broadcast_to: stretch,
  gather: choose,
  gather_nd: chooseSlices,
  resize_nearest: resize(resizeNearest),
  resize_bilinear: resize(resizeBilinear),
} satisfies Record<string, Generator>;

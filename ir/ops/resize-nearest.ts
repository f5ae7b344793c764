// resize_nearest: an image of another size, each pixel a copy of the nearest one.
import { attr } from '../attributes.ts';
import { factorsOfFirst } from '../channel-factors.ts';
import { defineOp, required, rule } from '../define-op.ts';
import { movedType } from '../moved-type.ts';
import { nearestPositions, positionCode, samplingScale } from '../sampling.ts';
import { refuseHalfFloats } from '../strided-copy.ts';
import { copyRun } from '../tensor-data.ts';
import { elementCount, type TensorType } from '../types.ts';
import { unsignedAlike } from '../unsigned-storage.ts';

/** Attributes of both resizing operators. */
export const resizeAttributes = {
  size: attr.ints({ length: 2, min: 1, doc: 'Height and width of the result.' }),
  align_corners: attr.bool({ fallback: false, doc: 'The corner pixels of both images fall together.' }),
  half_pixel_centers: attr.bool({ fallback: false, doc: 'Positions are the centres of pixels.' }),
};

/** The largest extent: every position in units of 1/1024 fits an i32, and a list of positions stays small. */
const maxExtent = 2 ** 20;

/** The shape of a resized NHWC image. */
export function resizedShape(x: TensorType, size: readonly number[]): number[] {
  rule(x.shape.length === 4, `takes an input of rank 4, got ${x.shape.length}`);
  const [n, height, width, channels] = x.shape as [number, number, number, number];
  rule(height > 0 && width > 0, 'cannot enlarge an image without pixels');
  const fits = [height, width, ...size].every((extent) => extent <= maxExtent);
  rule(fits, `takes and gives images of at most ${maxExtent} rows and columns`);
  return [n, size[0]!, size[1]!, channels];
}

export const resizeNearest = defineOp({
  name: 'resize_nearest',
  doc: 'An image of another size, each pixel a copy of the nearest one. y[n, i, j, c] = x[n, row(i), column(j), c] with position(i) = min(floor((i + h) * scale), extent - 1), rounded half away from zero instead of down with align_corners; h = 0.5 with half_pixel_centers, else 0; scale = extent / size, or (extent - 1) / (size - 1) with align_corners. Positions are computed in f32, at compile time. Source: TensorFlow Lite reference/resize_nearest_neighbor.h.',
  operands: [{ name: 'x', doc: 'n x height x width x channels, any element type.' }],
  attributes: resizeAttributes,
  results: ['y'],
  moves: () => true,
  factors: factorsOfFirst('any'),
  types({ operands, attributes: { size } }) {
    const x = required(operands, 0);
    return [movedType(x, resizedShape(x, size))];
  },
  unsigned: unsignedAlike,
  reference({ operands, attributes, results }) {
    const { type, data } = operands[0]!;
    const [n, height, width, channels] = type.shape as [number, number, number, number];
    const rows = nearestPositions(height, attributes.size[0]!, attributes);
    const columns = nearestPositions(width, attributes.size[1]!, attributes);
    if (data.length === 0) return;
    let at = 0;
    for (let b = 0; b < n; b++)
      for (const row of rows)
        for (const column of columns) {
          const from = ((b * height + row) * width + column) * channels;
          copyRun(results[0]!.data, at, data, from, from + channels);
          at += channels;
        }
  },
  lower({ attributes, operand, result, type, resultType, ...buffers }) {
    const { shape } = resultType(0);
    if (elementCount(shape) === 0) return [];
    const x = operand(0);
    refuseHalfFloats(x);
    const from = type(0).shape;
    const code = [1, 2].map((d) => {
      const positions = nearestPositions(from[d]!, shape[d]!, attributes);
      const slope = samplingScale(from[d]!, shape[d]!, attributes);
      return positionCode(d === 1 ? 'rows' : 'columns', positions, slope, { operand, result, ...buffers });
    });
    return [
      {
        kind: 'map',
        result: result(0),
        shape,
        body: (b, [n, i, j, c]) => b.load(x, b.flatten(from, [n!, code[0]!(b, i!), code[1]!(b, j!), c!])),
      },
    ];
  },
});

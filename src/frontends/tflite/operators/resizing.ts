// Rows of operators that change the size of an image.
import type { AttributeInput } from '../../../../ir/builder.ts';
import { resizeBilinear } from '../../../../ir/ops/resize-bilinear.ts';
import { type resizeAttributes, resizeNearest } from '../../../../ir/ops/resize-nearest.ts';
import { asOutput } from '../moved.ts';
import type { OperatorContext, Rows } from '../operator-context.ts';

export const resizingRows: Rows = {
  RESIZE_NEAREST_NEIGHBOR(op) {
    const options = op.options('ResizeNearestNeighborOptions');
    return asOutput(op, op.builder.create(resizeNearest, [op.input(0)], resizing(op, options)));
  },
  RESIZE_BILINEAR(op) {
    const options = op.options('ResizeBilinearOptions');
    return asOutput(op, op.builder.create(resizeBilinear, [op.input(0)], resizing(op, options)));
  },
};

function resizing(
  op: OperatorContext,
  { alignCorners, halfPixelCenters }: { alignCorners: boolean; halfPixelCenters: boolean },
): AttributeInput<typeof resizeAttributes> {
  return { size: op.ints(1, 'size'), align_corners: alignCorners, half_pixel_centers: halfPixelCenters };
}

// Rows of operators that change the size of an image.
import type { AttributeInput } from '../../../../ir/builder.ts';
import { resizeBilinear } from '../../../../ir/ops/resize-bilinear.ts';
import { type resizeAttributes, resizeNearest } from '../../../../ir/ops/resize-nearest.ts';
import { asOutput, outputName } from '../moved.ts';
import type { OperatorContext, Rows } from '../operator-context.ts';

export const resizingRows: Rows = {
  RESIZE_NEAREST_NEIGHBOR(op) {
    const attributes = resizing(op, op.options('ResizeNearestNeighborOptions'));
    return asOutput(op, op.builder.create(resizeNearest, [op.input(0)], attributes, undefined, outputName(op)));
  },
  RESIZE_BILINEAR(op) {
    const attributes = resizing(op, op.options('ResizeBilinearOptions'));
    return asOutput(op, op.builder.create(resizeBilinear, [op.input(0)], attributes, undefined, outputName(op)));
  },
};

function resizing(
  op: OperatorContext,
  { alignCorners, halfPixelCenters }: { alignCorners: boolean; halfPixelCenters: boolean },
): AttributeInput<typeof resizeAttributes> {
  return { size: op.ints(1, 'size'), align_corners: alignCorners, half_pixel_centers: halfPixelCenters };
}

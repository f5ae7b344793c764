// Writers of operators that change the size of an image. Sources: TensorFlow Lite kernels/resize_bilinear.cc,
// resize_nearest_neighbor.cc.
import { resizeBilinear } from '../../../../ir/ops/resize-bilinear.ts';
import { resizeNearest } from '../../../../ir/ops/resize-nearest.ts';
import { form, type TfliteForms } from '../form.ts';

const centresVersion = 3;

export const resizingForms: TfliteForms = [
  form(resizeBilinear, (c, { size, align_corners: alignCorners, half_pixel_centers: halfPixelCenters }) =>
    c.put({
      name: 'RESIZE_BILINEAR',
      inputs: [c.input(0), c.integers(size, 'size')],
      options: { type: 'ResizeBilinearOptions', value: { alignCorners, halfPixelCenters } },
      version: halfPixelCenters ? centresVersion : 1,
    }),
  ),
  form(resizeNearest, (c, { size, align_corners: alignCorners, half_pixel_centers: halfPixelCenters }) =>
    c.put({
      name: 'RESIZE_NEAREST_NEIGHBOR',
      inputs: [c.input(0), c.integers(size, 'size')],
      options: { type: 'ResizeNearestNeighborOptions', value: { alignCorners, halfPixelCenters } },
      version: alignCorners || halfPixelCenters ? centresVersion : 1,
    }),
  ),
];

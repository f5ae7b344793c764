// Writers of operators that change the size of an image.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md (Resize).
import { resizeBilinear } from '../../../../ir/ops/resize-bilinear.ts';
import { resizeNearest } from '../../../../ir/ops/resize-nearest.ts';
import { text } from '../attributes.ts';
import { form, type OnnxContext, type OnnxForms } from '../form.ts';
import { channelsFirst } from './convolution.ts';

interface ResizeAttributes {
  readonly size: readonly number[];
  readonly align_corners: boolean;
  readonly half_pixel_centers: boolean;
}

/** What the attributes say of positions, in ONNX's words. */
function coordinates({ align_corners, half_pixel_centers }: ResizeAttributes): string {
  if (align_corners) return 'align_corners';
  return half_pixel_centers ? 'half_pixel' : 'asymmetric';
}

function resized(c: OnnxContext, attributes: ResizeAttributes, mode: string, nearest?: string): void {
  const [n = 1, , , channels = 1] = c.type(0).shape;
  const sizes = c.integers([n, channels, ...attributes.size], 'sizes');
  const y = c.node('Resize', [c.real(0, channelsFirst), undefined, undefined, sizes], {
    mode: text(mode),
    coordinate_transformation_mode: text(coordinates(attributes)),
    ...(nearest === undefined ? {} : { nearest_mode: text(nearest) }),
  });
  c.put(y, channelsFirst);
}

export const resizingForms: OnnxForms = [
  form(resizeBilinear, (c, attributes) => resized(c, attributes, 'linear')),
  // floor((i + 0.5) * scale) is the position (i + 0.5) * scale - 0.5 rounded, ties up; with corners aligned, it is rounded too.
  form(resizeNearest, (c, attributes) => {
    const rounds = attributes.align_corners || attributes.half_pixel_centers;
    resized(c, attributes, 'nearest', rounds ? 'round_prefer_ceil' : 'floor');
  }),
];

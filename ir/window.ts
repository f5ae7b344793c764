// Sliding windows over height and width: the attributes, the shape rule and the index of a tap, for every operator that
// moves a kernel over an NHWC tensor.
import { attr } from './attributes.ts';
import { type Patches, rule } from './define-op.ts';
import { type Affine, affine } from './loops/lowering.ts';
import type { Op } from './module.ts';
import { windowCount } from './shapes.ts';

/** Attributes of an operator with a sliding window. */
export const windowAttributes = {
  stride: attr.ints({ length: 2, min: 1, fallback: [1, 1], doc: 'Vertical, horizontal step.' }),
  dilation: attr.ints({ length: 2, min: 1, fallback: [1, 1], doc: 'Distance between taps.' }),
  pad: attr.ints({
    length: 4,
    min: 0,
    fallback: [0, 0, 0, 0],
    doc: 'Rows and columns added: top, bottom, left, right.',
  }),
};

export interface WindowAttributes {
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly pad: readonly number[];
}

/** More padding than any tensor has rows: keeps index arithmetic inside 32 bits. */
export const maxPad = 2 ** 28;

/** Rows and columns of the result, for an input and a kernel of these heights and widths. */
export function windowShape(
  extent: readonly [number, number],
  kernel: readonly [number, number],
  { stride, dilation, pad }: WindowAttributes,
): [number, number] {
  rule(kernel[0] > 0 && kernel[1] > 0, 'has a window without taps');
  rule(
    pad.every((p) => p <= maxPad),
    `pads by more than ${maxPad}`,
  );
  return [
    windowCount(extent[0], kernel[0], stride[0]!, dilation[0]!, pad[0]!, pad[1]!),
    windowCount(extent[1], kernel[1], stride[1]!, dilation[1]!, pad[2]!, pad[3]!),
  ];
}

/**
 * The input row (`dimension` 0) or column (1) that a tap reads, over the axes of position and tap. A window of one tap
 * has no distance between taps, whatever the attribute says.
 */
export function tapIndex(
  { stride, dilation, pad }: WindowAttributes,
  dimension: 0 | 1,
  positionAxis: number,
  tap: { readonly axis: number; readonly extent: number },
): Affine {
  const step = tap.extent === 1 ? 1 : dilation[dimension]!;
  return affine(-pad[2 * dimension]!, [positionAxis, stride[dimension]!], [tap.axis, step]);
}

/** The patches that a convolution's windows are, in groups of input channels. */
export function windowPatches(op: Op, groups: number): Patches {
  const [n, height, width, channels] = op.operand(0).type.shape;
  const [, ky, kx] = op.operand(1).type.shape;
  const [, rows, columns] = op.result.type.shape;
  const { stride, dilation, pad } = op.attributes as unknown as WindowAttributes;
  return {
    input: [n!, height!, width!, channels!],
    output: [rows!, columns!],
    kernel: [ky!, kx!],
    stride,
    dilation,
    pad: [pad[0]!, pad[2]!],
    groups,
  };
}

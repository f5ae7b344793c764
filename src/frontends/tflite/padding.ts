// TFLite's two paddings as explicit rows and columns.
import type { OperatorContext } from './operator-context.ts';

/**
 * Rows and columns to add (top, bottom, left, right). SAME gives ceil(extent / stride) positions, the odd row or column
 * at the end (TensorFlow Lite kernels/padding.h, ComputePaddingHeightWidth); VALID gives none.
 */
export function samePadding(
  op: OperatorContext,
  padding: string | number,
  extent: readonly [number, number],
  kernel: readonly [number, number],
  stride: readonly [number, number],
  dilation: readonly [number, number],
): readonly [number, number, number, number] {
  if (padding === 'VALID') return [0, 0, 0, 0];
  if (padding !== 'SAME') return op.unsupported(`The padding ${padding} is not supported.`);
  const total = [0, 1].map((d) => {
    if (!(stride[d]! >= 1 && dilation[d]! >= 1)) return op.fail('I8C0207', 'A stride or dilation is below 1.');
    const positions = Math.ceil(extent[d]! / stride[d]!);
    const reach = dilation[d]! * (kernel[d]! - 1) + 1;
    return Math.max(0, (positions - 1) * stride[d]! + reach - extent[d]!);
  });
  const [v, h] = total as [number, number];
  return [Math.floor(v / 2), v - Math.floor(v / 2), Math.floor(h / 2), h - Math.floor(h / 2)];
}

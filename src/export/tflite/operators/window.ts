// The padding of convolutions and pools, which TFLite has two words for: SAME and VALID.
// Source: TensorFlow Lite kernels/padding.h, ComputePaddingHeightWidth.
import { tensorOf } from '../../../../ir/tensor-data.ts';
import { tensorType } from '../../../../ir/types.ts';
import { noForm } from '../../no-form.ts';
import type { TfliteContext } from '../form.ts';
import type { TensorIndex } from '../model.ts';

export interface Window {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation?: readonly number[];
  /** Top, bottom, left, right. */
  readonly pad: readonly number[];
}

/** The word for a padding over an image of this height and width; undefined where there is none. */
export function paddingWord(
  extent: readonly number[],
  { kernel, stride, dilation = [1, 1], pad }: Window,
): 'SAME' | 'VALID' | undefined {
  if (pad.every((n) => n === 0)) return 'VALID';
  const same = [0, 1].flatMap((d) => {
    const [n = 1, k = 1, step = 1, distance = 1] = [extent[d], kernel[d], stride[d], dilation[d]];
    const reach = distance * (k - 1) + 1;
    const total = Math.max(0, (Math.ceil(n / step) - 1) * step + reach - n);
    return [Math.floor(total / 2), total - Math.floor(total / 2)];
  });
  return same.every((n, i) => n === pad[i]) ? 'SAME' : undefined;
}

/** Operand 0, an image, with a border of one stored number around it. */
export function bordered(c: TfliteContext, pad: readonly number[], stored: number): TensorIndex {
  const { element, shape, quant } = c.type(0);
  const [n = 1, height = 1, width = 1, channels = 1] = shape;
  const [top = 0, bottom = 0, left = 0, right = 0] = pad;
  const type = tensorType(element, [n, height + top + bottom, width + left + right, channels], quant);
  const y = c.between(type, 'bordered');
  const pairs = tensorOf(tensorType('i32', [4, 2]), [0, 0, top, bottom, left, right, 0, 0]);
  const value = c.constant(tensorOf(tensorType(element, [1], quant), [stored]), 'border');
  const options = { type: 'PadV2Options', value: {} } as const;
  c.operator({ name: 'PADV2', inputs: [c.input(0), c.constant(pairs, 'paddings'), value], options }, y);
  return y;
}

/**
 * Operand 0 and the word for its padding: what has no word is put around the image before, as `stored`; undefined refuses
 * that.
 */
export function paddedInput(
  c: TfliteContext,
  window: Window,
  stored: number | undefined,
): { readonly x: TensorIndex; readonly padding: 'SAME' | 'VALID' } {
  const padding = paddingWord(c.type(0).shape.slice(1, 3), window);
  if (padding !== undefined) return { x: c.input(0), padding };
  if (stored === undefined) return noForm('has a padding that is neither SAME nor VALID');
  return { x: bordered(c, window.pad, stored), padding: 'VALID' };
}

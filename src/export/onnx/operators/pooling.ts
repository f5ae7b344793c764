// Writers of pools over images.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md (AveragePool, MaxPool, LpPool).
import { averagePool2d, maxPool2d } from '../../../../ir/ops/pool2d.ts';
import { type Attributes, ints } from '../attributes.ts';
import { form, type OnnxForms } from '../form.ts';
import { channelsFirst } from './convolution.ts';

interface PoolAttributes {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly pad: readonly number[];
}

function windowOf({ kernel, stride, pad }: PoolAttributes): Attributes {
  const [top = 0, bottom = 0, left = 0, right = 0] = pad;
  return { kernel_shape: ints(kernel), strides: ints(stride), pads: ints([top, left, bottom, right]) };
}

/** Elements in padding do not count in either: count_include_pad is 0 unless said. */
export const poolingForms: OnnxForms = [
  form(averagePool2d, (c, attributes) => {
    const y = c.node('AveragePool', [c.real(0, channelsFirst)], windowOf(attributes));
    c.put(c.clamped(y, attributes.clamp), channelsFirst);
  }),
  form(maxPool2d, (c, attributes) => {
    const y = c.node('MaxPool', [c.real(0, channelsFirst)], windowOf(attributes));
    c.put(c.clamped(y, attributes.clamp), channelsFirst);
  }),
];

// Writers of convolutions. ONNX has images channels first and weights output by output, input by input.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md (Conv, ConvTranspose).
import { conv2d } from '../../../../ir/ops/conv2d.ts';
import { depthwiseConv2d } from '../../../../ir/ops/depthwise-conv2d.ts';
import { transposeConv2d } from '../../../../ir/ops/transpose-conv2d.ts';
import { type Attributes, int, ints } from '../attributes.ts';
import { form, type OnnxForms } from '../form.ts';
import { checkContraction, realBias } from './contraction-operands.ts';

/** n x height x width x channels (or out x ky x kx x in) with the channels ahead of the image. */
export const channelsFirst = [0, 3, 1, 2];

interface WindowAttributes {
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly pad: readonly number[];
}

function windowOf({ stride, dilation, pad }: WindowAttributes, kernel: readonly number[], group: number): Attributes {
  const [top = 0, bottom = 0, left = 0, right = 0] = pad;
  return {
    kernel_shape: ints(kernel),
    strides: ints(stride),
    dilations: ints(dilation),
    pads: ints([top, left, bottom, right]),
    group: int(group),
  };
}

export const convolutionForms: OnnxForms = [
  form(conv2d, (c, attributes) => {
    checkContraction(c);
    const [, ky = 1, kx = 1, depth = 1] = c.type(1).shape;
    const group = (c.type(0).shape[3] ?? 0) / depth;
    const operands = [c.real(0, channelsFirst), c.real(1, channelsFirst), realBias(c)];
    const y = c.node('Conv', operands, windowOf(attributes, [ky, kx], group));
    c.put(c.clamped(y, attributes.clamp), channelsFirst);
  }),
  form(depthwiseConv2d, (c, attributes) => {
    checkContraction(c);
    const [, ky = 1, kx = 1] = c.type(1).shape;
    // 1 x ky x kx x out as out x 1 x ky x kx: a group for each channel.
    const operands = [c.real(0, channelsFirst), c.real(1, [3, 0, 1, 2]), realBias(c)];
    const y = c.node('Conv', operands, windowOf(attributes, [ky, kx], c.type(0).shape[3] ?? 1));
    c.put(c.clamped(y, attributes.clamp), channelsFirst);
  }),
  form(transposeConv2d, (c, { stride, pad, extent, clamp }) => {
    checkContraction(c);
    const [, ky = 1, kx = 1] = c.type(1).shape;
    const [, height = 1, width = 1] = c.type(0).shape;
    const kernel = [ky, kx];
    // Rows and columns of the whole result that lie behind the part that is wanted; missing ones are made.
    const behind = [height, width].map(
      (n, d) => (stride[d] ?? 1) * (n - 1) + (kernel[d] ?? 1) - (pad[d] ?? 0) - (extent[d] ?? 0),
    );
    const [bottom = 0, right = 0] = behind.map((n) => Math.max(0, n));
    const y = c.node('ConvTranspose', [c.real(0, channelsFirst), c.real(1, [3, 0, 1, 2]), realBias(c)], {
      kernel_shape: ints(kernel),
      strides: ints(stride),
      pads: ints([...pad, bottom, right]),
      output_padding: ints(behind.map((n) => Math.max(0, -n))),
    });
    c.put(c.clamped(y, clamp), channelsFirst);
  }),
];

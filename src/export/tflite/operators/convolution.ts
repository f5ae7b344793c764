// Writers of convolutions. Sources: TensorFlow Lite kernels/conv.cc, depthwise_conv.cc, transpose_conv.cc.
import { conv2d } from '../../../../ir/ops/conv2d.ts';
import { depthwiseConv2d } from '../../../../ir/ops/depthwise-conv2d.ts';
import { transposeConv2d } from '../../../../ir/ops/transpose-conv2d.ts';
import { noForm } from '../../no-form.ts';
import { form, type TfliteContext, type TfliteForms } from '../form.ts';
import { absentTensor, type TensorIndex } from '../model.ts';
import { biasOf, checkContraction, checkSymmetric, weightsOf } from './contraction-operands.ts';
import { paddedInput, paddingWord } from './window.ts';

/** Operands without trailing absent ones, which these kernels count. */
const given = (...operands: TensorIndex[]) => operands.filter((index) => index !== absentTensor);

/** A real zero of operand 0 as it is stored. */
const storedZero = (c: TfliteContext) => c.type(0).quant?.zero[0] ?? 0;

/** Group convolutions, and 16-bit biases of 32 bits, came later. */
const groupedVersion = 6;

export const convolutionForms: TfliteForms = [
  form(conv2d, (c, { stride, dilation, pad, clamp }) => {
    checkContraction(c);
    checkSymmetric(c);
    const [out = 1, ky = 1, kx = 1, depth = 1] = c.type(1).shape;
    const { x, padding } = paddedInput(c, { kernel: [ky, kx], stride, dilation, pad }, storedZero(c));
    const [strideH = 1, strideW = 1] = stride;
    const [dilationHFactor = 1, dilationWFactor = 1] = dilation;
    const inputs = given(x, weightsOf(c), biasOf(c, out));
    c.putActivated(clamp, (fusedActivationFunction) => ({
      name: 'CONV_2D',
      inputs,
      options: {
        type: 'Conv2DOptions',
        value: { padding, strideH, strideW, dilationHFactor, dilationWFactor, fusedActivationFunction },
      },
      version: depth === c.type(0).shape[3] ? 1 : groupedVersion,
    }));
  }),
  form(depthwiseConv2d, (c, { stride, dilation, pad, clamp }) => {
    checkContraction(c);
    checkSymmetric(c);
    const [, ky = 1, kx = 1, out = 1] = c.type(1).shape;
    const { x, padding } = paddedInput(c, { kernel: [ky, kx], stride, dilation, pad }, storedZero(c));
    const [strideH = 1, strideW = 1] = stride;
    const [dilationHFactor = 1, dilationWFactor = 1] = dilation;
    const depthMultiplier = out / (c.type(0).shape[3] ?? 1);
    const inputs = given(x, weightsOf(c), biasOf(c, out));
    const window = { padding, strideH, strideW, dilationHFactor, dilationWFactor, depthMultiplier };
    c.putActivated(clamp, (fusedActivationFunction) => ({
      name: 'DEPTHWISE_CONV_2D',
      inputs,
      options: { type: 'DepthwiseConv2DOptions', value: { ...window, fusedActivationFunction } },
      version: dilation.some((n) => n !== 1) ? 2 : 1,
    }));
  }),
  form(transposeConv2d, (c, { stride, pad, extent, clamp }) => {
    checkContraction(c);
    checkSymmetric(c);
    const [out = 1, ky = 1, kx = 1] = c.type(1).shape;
    const padding = transposedPadding(c, { stride, pad, extent }, [ky, kx]);
    const [strideH = 1, strideW = 1] = stride;
    const shape = c.integers(c.op.result.type.shape, 'shape');
    const inputs = given(
      shape,
      weightsOf(c),
      c.input(0),
      c.op.operands[2] === undefined ? absentTensor : biasOf(c, out),
    );
    c.putActivated(clamp, (fusedActivationFunction) => ({
      name: 'TRANSPOSE_CONV',
      inputs,
      options: { type: 'TransposeConvOptions', value: { padding, strideH, strideW, fusedActivationFunction } },
      version: fusedActivationFunction !== 'NONE' ? 4 : inputs.length > 3 ? 3 : 1,
    }));
  }),
];

interface TransposedWindow {
  readonly stride: readonly number[];
  /** Rows and columns cut off at the top and left. */
  readonly pad: readonly number[];
  readonly extent: readonly number[];
}

/** The padding of the convolution whose gradient this is: over the result, which must give the input's extents. */
function transposedPadding(c: TfliteContext, { stride, pad, extent }: TransposedWindow, kernel: readonly number[]) {
  const [top = 0, left = 0] = pad;
  const total = [0, 1].map((d) => {
    const [n = 1, k = 1, step = 1] = [extent[d], kernel[d], stride[d]];
    return Math.max(0, (Math.ceil(n / step) - 1) * step + k - n);
  });
  const [v = 0, h = 0] = total;
  const input = c.type(0).shape.slice(1, 3);
  const [sameTop, sameLeft] = [Math.floor(v / 2), Math.floor(h / 2)];
  const isSame = extent.every((n, d) => Math.ceil(n / (stride[d] ?? 1)) === input[d]);
  if (top === sameTop && left === sameLeft && isSame) return 'SAME';
  const isValid = extent.every((n, d) => Math.floor((n - (kernel[d] ?? 1)) / (stride[d] ?? 1)) + 1 === input[d]);
  if (paddingWord(extent, { kernel, stride, pad: [top, 0, left, 0] }) === 'VALID' && isValid) return 'VALID';
  return noForm('has a padding that is neither SAME nor VALID');
}

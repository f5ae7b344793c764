// Rows of custom operators that models in the field use.
import { transposeConv2d } from '../../../../ir/ops/transpose-conv2d.ts';
import { floatWeights } from '../float-weights.ts';
import type { OperatorContext, Rows } from '../operator-context.ts';
import { imageExtent } from './convolution.ts';

interface TransposeConvParams {
  readonly same: boolean;
  readonly stride: readonly [number, number];
}

/** The C structure TfLiteTransposeConvParams, as it lies in the custom options: padding, stride width, stride height. */
function transposeConvParams(op: OperatorContext): TransposeConvParams {
  const bytes = op.operator.customOptions;
  if (bytes === undefined || bytes.length < 12) return op.fail('I8C0002', 'The custom options are too short.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [padding, width, height] = [0, 4, 8].map((at) => view.getInt32(at, true)) as [number, number, number];
  if (padding !== 1 && padding !== 2) return op.unsupported(`The padding ${padding} is not supported.`);
  if (width < 1 || height < 1) return op.fail('I8C0207', 'A stride is below 1.');
  return { same: padding === 1, stride: [height, width] };
}

function wantedPadding(extent: number, kernel: number, stride: number): number {
  return Math.max(0, kernel - ((extent - 1) % stride) - 1);
}

export const customRows: Rows = {
  /**
   * MediaPipe's transposed convolution with a bias: weights OHWI, result extent stride * (extent - 1) + kernel - padding,
   * padding max(0, kernel - (extent - 1) % stride - 1) for SAME, half of it (rounded down) ahead
   * (mediapipe/util/tflite/operations/transpose_conv_bias.cc).
   */
  'CUSTOM:Convolution2DTransposeBias'(op) {
    const { same, stride } = transposeConvParams(op);
    const x = op.input(0);
    if (x.type.element !== 'f32') return op.fail('I8C0202', `The operator is defined on f32, not ${x.type.element}.`);
    const w = floatWeights(op, x, op.input(1));
    const [from, kernel] = [imageExtent(op, x), imageExtent(op, w)];
    const padding = same
      ? ([wantedPadding(from[0], kernel[0], stride[0]), wantedPadding(from[1], kernel[1], stride[1])] as const)
      : ([0, 0] as const);
    const extent = [
      stride[0] * (from[0] - 1) + kernel[0] - padding[0],
      stride[1] * (from[1] - 1) + kernel[1] - padding[1],
    ];
    const pad = padding.map((p) => Math.floor(p / 2));
    return op.emit(transposeConv2d, [x, w, op.input(2)], { stride, pad, extent });
  },
};

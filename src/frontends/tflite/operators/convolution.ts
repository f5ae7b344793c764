// Rows of the convolutions.
import type { Value } from '../../../../ir/module.ts';
import { constant, constantOf } from '../../../../ir/ops/constant.ts';
import { conv2d } from '../../../../ir/ops/conv2d.ts';
import { depthwiseConv2d } from '../../../../ir/ops/depthwise-conv2d.ts';
import { transposeConv2d } from '../../../../ir/ops/transpose-conv2d.ts';
import { tensorType } from '../../../../ir/types.ts';
import { fusedBounds } from '../activation.ts';
import { floatWeights } from '../float-weights.ts';
import type { OperatorContext, Rows } from '../operator-context.ts';
import { samePadding } from '../padding.ts';

/** Height and width of an NHWC value; fails on another rank. */
export function imageExtent(op: OperatorContext, x: Value): [number, number] {
  const [, height, width] = x.type.shape;
  if (x.type.shape.length !== 4 || height === undefined || width === undefined) {
    return op.fail('I8C0207', `The input has shape [${x.type.shape.join(', ')}], not rank 4.`);
  }
  return [height, width];
}

/** A bias of 16-bit integers, as old 16x8 transposed convolutions have it, in 32 bits (transpose_conv.cc converts it). */
function widenedBias(op: OperatorContext, i: number): Value | undefined {
  const bias = op.optional(i);
  if (bias?.type.element !== 'i16') return bias;
  const data = constantOf(bias);
  if (data === undefined) return op.fail('I8C0205', 'The 16-bit bias is computed at run time.');
  const type = tensorType('i32', bias.type.shape);
  return op.builder.create(
    constant,
    [],
    { value: { type, data: Int32Array.from(data.data, Number) } },
    type,
    bias.name,
  );
}

export const convolutionRows: Rows = {
  CONV_2D(op) {
    const o = op.options('Conv2DOptions');
    const x = op.input(0);
    const w = floatWeights(op, x, op.input(1));
    const stride = [o.strideH, o.strideW] as const;
    const dilation = [o.dilationHFactor, o.dilationWFactor] as const;
    const pad = samePadding(op, o.padding, imageExtent(op, x), imageExtent(op, w), stride, dilation);
    const clamp = fusedBounds(op, o.fusedActivationFunction);
    return op.emit(conv2d, [x, w, op.optional(2)], { stride, dilation, pad, clamp });
  },
  DEPTHWISE_CONV_2D(op) {
    // The option depthMultiplier says nothing that the shapes do not (TensorFlow Lite depthwise_conv.cc derives it).
    const o = op.options('DepthwiseConv2DOptions');
    const x = op.input(0);
    const w = floatWeights(op, x, op.input(1));
    const stride = [o.strideH, o.strideW] as const;
    const dilation = [o.dilationHFactor, o.dilationWFactor] as const;
    const pad = samePadding(op, o.padding, imageExtent(op, x), imageExtent(op, w), stride, dilation);
    const clamp = fusedBounds(op, o.fusedActivationFunction);
    return op.emit(depthwiseConv2d, [x, w, op.optional(2)], { stride, dilation, pad, clamp });
  },
  TRANSPOSE_CONV(op) {
    const o = op.options('TransposeConvOptions');
    const x = op.input(2);
    const w = floatWeights(op, x, op.input(1));
    // A shape computed at run time can only say what the file says of the result (transpose_conv.cc never reads it).
    const shape = op.constantInput(0) === undefined ? op.outputType().shape : op.ints(0, 'output shape');
    const [, rows, columns] = shape;
    if (shape.length !== 4 || rows === undefined || columns === undefined) {
      return op.fail('I8C0207', `The output shape has ${shape.length} entries, not 4.`);
    }
    const extent = [rows, columns] as const;
    const stride = [o.strideH, o.strideW] as const;
    // The padding is that of the convolution whose gradient this is: it reads the result.
    const [top, , left] = samePadding(op, o.padding, extent, imageExtent(op, w), stride, [1, 1]);
    const clamp = fusedBounds(op, o.fusedActivationFunction);
    return op.emit(transposeConv2d, [x, w, widenedBias(op, 3)], { stride, pad: [top, left], extent, clamp });
  },
};

// Rows of the convolutions.
import type { Value } from '../../../../ir/module.ts';
import { conv2d } from '../../../../ir/ops/conv2d.ts';
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

export const convolutionRows: Rows = {
  CONV_2D(op) {
    const o = op.options('Conv2DOptions');
    const x = op.input(0);
    const w = floatWeights(op, x, op.input(1));
    const stride = [o.strideH, o.strideW] as const;
    const dilation = [o.dilationHFactor, o.dilationWFactor] as const;
    const kernel = imageExtent(op, w);
    const pad = samePadding(op, o.padding, imageExtent(op, x), kernel, stride, dilation);
    const clamp = fusedBounds(op, o.fusedActivationFunction);
    return op.emit(conv2d, [x, w, op.optional(2)], { stride, dilation, pad, clamp });
  },
};

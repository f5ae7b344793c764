// What convolutions and fully connected layers have in common: their weights and biases as TFLite's kernels take them.
// Source: https://ai.google.dev/edge/litert/models/quantization_spec (weights symmetric; bias in the scale of the products,
// zero point 0).
import { constantOf } from '../../../../ir/ops/constant.ts';
import { quantOf, scaleAndZero } from '../../../../ir/quantized.ts';
import { allocateTensor } from '../../../../ir/tensor-data.ts';
import { elementCount, tensorType } from '../../../../ir/types.ts';
import { noForm } from '../../no-form.ts';
import type { TfliteContext } from '../form.ts';
import { absentTensor, type TensorIndex } from '../model.ts';

/**
 * Refuses accumulators and explicit requantization: only floats and quantized types have a form, and results have
 * the bits of inputs.
 * Source: TensorFlow Lite kernels/conv.cc, Prepare.
 */
export function checkContraction({ op, resultType }: TfliteContext): void {
  if (op.attributes.requant !== undefined) noForm('is in its integer form');
  if (resultType.element !== 'f32' && resultType.quant === undefined) noForm('gives accumulators');
  if (resultType.element === 'i16' && op.operand(0).type.element !== 'i16') {
    noForm('gives 16 bits for 8 (the option `wide` keeps to 8 with `none`)');
  }
}

/** Refuses weights with a zero point, which kernels take for 0. */
export function checkSymmetric(c: TfliteContext): void {
  const { quant } = c.type(1);
  if (quant?.zero.some((z) => z !== 0)) noForm('has weights with a zero point');
}

/**
 * The weights; integers beside floats behind a DEQUANTIZE: kernels that take both make integers of the floats.
 * Source: TensorFlow Lite kernels/conv.cc, EvalHybridPerChannel.
 */
export function weightsOf(c: TfliteContext): TensorIndex {
  return c.type(0).quant === undefined ? c.real(1) : c.input(1);
}

/** The bias with its scale; zeros, as converters write them, where an int8 layer has none. */
export function biasOf(c: TfliteContext, channels: number): TensorIndex {
  const bias = c.op.operands[2];
  const x = c.type(0);
  if (x.quant === undefined) return bias === undefined ? absentTensor : c.input(2);
  // Layers of 16 bits accumulate otherwise with a bias than without (conv.cc, fully_connected.cc).
  if (bias === undefined && x.element !== 'i8') return absentTensor;
  const known = bias === undefined ? allocateTensor(tensorType('i32', [channels])) : constantOf(bias);
  if (known === undefined) return noForm('has a bias of integers that is computed');
  const { scale } = scaleAndZero(x, 'input');
  const scales = quantOf(c.type(1), 'weights').scale.map((s) => Math.fround(scale * s));
  const type = tensorType(known.type.element, [elementCount(known.type.shape)]);
  // Scales of dead channels may lie below what f32 holds; no kernel computes with them.
  if (!scales.every((s) => s > 0)) return c.constant({ type, data: known.data }, 'bias');
  const zero = scales.map(() => 0);
  const quant = scales.length === 1 ? { scale: scales, zero } : { axis: 0, scale: scales, zero };
  return c.constant({ type: { ...type, quant }, data: known.data }, 'bias');
}

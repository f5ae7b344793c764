// What convolutions, matrix products and fully connected layers have in common: real biases, and refusing the forms that
// passes behind quantization make.

import type { Value } from '../../../../ir/module.ts';
import { constantOf } from '../../../../ir/ops/constant.ts';
import { quantOf, scaleAndZero } from '../../../../ir/quantized.ts';
import { type TensorData, tensorOf } from '../../../../ir/tensor-data.ts';
import { elementCount, tensorType } from '../../../../ir/types.ts';
import { noForm } from '../../no-form.ts';
import { int } from '../attributes.ts';
import type { OnnxContext } from '../form.ts';

/** Refuses accumulators and explicit requantization: only floats and quantized types have a form. */
export function checkContraction({ op, resultType }: OnnxContext): void {
  if (op.attributes.requant !== undefined) noForm('is in its integer form');
  if (resultType.element !== 'f32' && resultType.quant === undefined) noForm('gives accumulators');
}

/**
 * The real bias of a layer: its integers behind a DequantizeLinear with the scale of the products, which is what ONNX
 * Runtime's quantizer writes and its kernels look for. Undefined where the operator has none.
 */
export function realBias(c: OnnxContext): string | undefined {
  const bias = c.op.operands[2];
  if (bias === undefined) return undefined;
  const count = elementCount(bias.type.shape);
  if (bias.type.element === 'f32') return c.tensors.reshaped(bias, [count]);
  const known = constantOf(bias);
  if (known === undefined) return noForm('has a bias of integers that is computed');
  const integers = narrowed(known);
  const products = productScales(c.op.operand(0), c.op.operand(1));
  const scales = products.map(Math.fround);
  const hint = `${c.op.result.name}_bias`;
  // Scales below what f32 holds (channels that are dead) leave the numbers themselves.
  if (integers === undefined || !scales.every((s) => s >= smallestNormal)) {
    const real = Array.from(
      known.data as ArrayLike<number | bigint>,
      (q, o) => Number(q) * (products[products.length === 1 ? 0 : o] ?? 0),
    );
    return c.graph.initializer(tensorOf(tensorType('f32', [count]), real), hint);
  }
  const stored = c.graph.initializer({ type: tensorType('i32', [count]), data: integers }, hint);
  const [only] = scales;
  const scale = c.graph.numbers('f32', scales.length === 1 ? (only ?? 1) : scales, `${hint}_scale`);
  return c.graph.node('DequantizeLinear', [stored, scale], scales.length === 1 ? {} : { axis: int(0) }, `${hint}_real`);
}

/** The least f32 with all of its digits. */
const smallestNormal = 2 ** -126;

/** Scale of the input times scale of the weights: one, or one per output channel. */
function productScales(x: Value, w: Value): number[] {
  const { scale } = scaleAndZero(x.type, 'input');
  return quantOf(w.type, 'weights').scale.map((s) => scale * s);
}

/** The integers in 32 bits; undefined where one has more. */
function narrowed({ data }: TensorData): Int32Array | undefined {
  const narrow = Int32Array.from(data as ArrayLike<number | bigint>, Number);
  return narrow.every((q, i) => q === Number(data[i])) ? narrow : undefined;
}

// Tensors of any element type as the real numbers that they stand for, and real numbers as what a program takes.
import { channelOf } from '../../ir/channel-quantization.ts';
import { roundHalfEven, saturate } from '../../ir/numerics.ts';
import { allocateTensor, type TensorArray } from '../../ir/tensor-data.ts';
import { integerRange, type TensorType } from '../../ir/types.ts';

/** scale * (q - zero) of quantized integers; other numbers as they are. */
export function realValues(array: TensorArray, type: TensorType): ArrayLike<number> {
  const { quant } = type;
  if (array instanceof BigInt64Array) return Float64Array.from(array, Number);
  if (quant === undefined) return array;
  const real = new Float32Array(array.length);
  const [scale, zero] = [quant.scale[0] ?? 1, quant.zero[0] ?? 0];
  if (quant.axis === undefined) {
    const n = real.length;
    for (let i = 0; i < n; i++) real[i] = scale * (array[i]! - zero);
    return real;
  }
  const channel = channelOf(type, quant);
  for (let i = 0; i < real.length; i++) {
    const c = channel(i);
    real[i] = (quant.scale[c] ?? 1) * ((array[i] ?? 0) - (quant.zero[c] ?? 0));
  }
  return real;
}

/** An array for a program's input: as given, or quantized where the program takes integers of a quantization. */
export function inputValues(array: TensorArray, type: TensorType): TensorArray {
  const { quant, element } = type;
  if (quant === undefined || !(array instanceof Float32Array)) return array;
  const { min, max } = integerRange(element);
  const { data } = allocateTensor(type);
  const integers = data as Int8Array;
  const channel = channelOf(type, quant);
  array.forEach((x, i) => {
    const c = channel(i);
    integers[i] = saturate(roundHalfEven(x / (quant.scale[c] ?? 1)) + (quant.zero[c] ?? 0), min, max);
  });
  return data;
}

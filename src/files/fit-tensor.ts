// Fits the tensor of a file to an input of a program: shape, element type, and real numbers for a quantized input.
import { type Diagnostic, fail } from '../../ir/diagnostics.ts';
import { halfToNumber } from '../../ir/half.ts';
import { quantize } from '../../ir/ops/quantize.ts';
import { allocateTensor, arrayFromBytes, type TensorArray } from '../../ir/tensor-data.ts';
import { type TensorType, tensorType } from '../../ir/types.ts';
import type { FileTensor } from './file-tensor.ts';

/** A tensor ready to be fed, and what the user should know about how it was made. */
export interface FittedTensor {
  readonly data: TensorArray;
  readonly note?: Diagnostic;
}

/** `i8 [1, 49, 10, 1]`: a tensor without its quantization, for messages. */
export function formatTensorShape({ element, shape }: Pick<FileTensor, 'element' | 'shape'>): string {
  return `${element} [${shape.join(', ')}]`;
}

/** Extents of 1 may be left out or put in: they change no element's place. */
export const essential = (shape: readonly number[]) => shape.filter((extent) => extent !== 1).join();

/** Element types of inputs that real numbers are quantized to. */
const quantizable: readonly string[] = ['i8', 'u8', 'i16'];

/**
 * The elements of a file's tensor for an input of this type. Real numbers given for a quantized input are quantized, as
 * TensorFlow Lite's QUANTIZE does, and a note says so.
 *
 * @throws CompileError I8C0402 where shape or element type differ, or a real number is none (NaN).
 */
export function fitTensor(type: TensorType, tensor: FileTensor): FittedTensor {
  const { element, bytes } = tensor;
  const difference = `The input is ${formatTensorShape(type)}, the file holds ${formatTensorShape(tensor)}.`;
  if (essential(tensor.shape) !== essential(type.shape)) fail('I8C0402', difference);
  if (element === 'bool' && type.element === 'bool') return { data: bytes.map((x) => (x === 0 ? 0 : 1)) };
  if (element === type.element) return { data: arrayFromBytes(element, bytes) };
  const takesReals = type.quant !== undefined && quantizable.includes(type.element);
  const reals = takesReals ? realNumbers(tensor) : undefined;
  if (reals === undefined) {
    const orReals = takesReals ? ', or give real numbers (float32), which int8c quantizes' : '';
    return fail('I8C0402', difference, { hint: `Convert it to ${type.element}${orReals}.` });
  }
  return {
    data: quantizeReals(type, reals),
    note: {
      code: 'I8C0402',
      severity: 'note',
      message: `The file holds ${formatTensorShape(tensor)}: real numbers, quantized here for the ${type.element} input.`,
    },
  };
}

/** The elements of a floating-point tensor as f32; undefined for any other. */
function realNumbers({ element, bytes }: FileTensor): Float32Array | undefined {
  switch (element) {
    case 'f32':
      return Float32Array.from(arrayFromBytes('f32', bytes) as Float32Array);
    case 'f64':
      return Float32Array.from(new Float64Array(Uint8Array.from(bytes).buffer));
    case 'f16':
      return Float32Array.from(arrayFromBytes('f16', bytes) as Uint16Array, halfToNumber);
    default:
      return undefined;
  }
}

/** The integers of a quantized type for real numbers. Throws CompileError I8C0402 where one is none (NaN). */
export function quantizeReals(type: TensorType, reals: Float32Array): TensorArray {
  const none = reals.findIndex((x) => Number.isNaN(x));
  if (none >= 0) fail('I8C0402', `Element ${none} is NaN, which no quantized input can hold.`);
  const result = allocateTensor(type);
  quantize.reference?.({
    operands: [{ type: tensorType('f32', type.shape), data: reals }],
    attributes: { ties: 'away' },
    results: [result],
  });
  return result.data;
}

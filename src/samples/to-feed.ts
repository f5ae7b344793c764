// The last step of a sample: its numbers become the elements of an input, normalized and quantized.
import { fail } from '../../ir/diagnostics.ts';
import { roundHalfAway } from '../../ir/numerics.ts';
import { allocateArray, arrayFromBytes, type TensorArray } from '../../ir/tensor-data.ts';
import { elementCount, integerRange, type TensorType, tensorType } from '../../ir/types.ts';
import type { FileTensor } from '../files/file-tensor.ts';
import { formatTensorShape, quantizeReals } from '../files/fit-tensor.ts';
import { numbersOf } from './file-numbers.ts';
import { type InputTarget, isReal, type Normalization } from './input-target.ts';
import { type Picture, withColor } from './picture.ts';
import { resizePicture, type Window } from './resize-picture.ts';

/**
 * The elements of an input for those of a file, in the same order: as they are where the types agree and nothing is to be
 * normalized, else as the numbers that they are.
 *
 * @throws CompileError I8C0402 for numbers that the input cannot hold.
 */
export function feedOfTensor(target: InputTarget, tensor: FileTensor): TensorArray {
  const { type } = target.input;
  const { element, bytes } = tensor;
  if (element !== type.element || target.normalization !== undefined) return feedOfNumbers(target, numbersOf(tensor));
  if (element === 'bool') return bytes.map((x) => (x === 0 ? 0 : 1));
  const data = arrayFromBytes(element, bytes);
  if (data instanceof Float32Array) refuseNaN(data);
  return data;
}

/**
 * The elements of an input for a picture: `color`, `resize` and `crop`, and the layout of the input.
 *
 * @throws CompileError I8C0402 where the input is no picture, or one of another size.
 */
export function feedOfPicture(target: InputTarget, picture: Picture): TensorArray {
  const { picture: wanted } = target;
  if ('problem' in wanted) {
    return fail('I8C0402', wanted.problem, wanted.hint === undefined ? {} : { hint: wanted.hint });
  }
  const fitted = fitPicture(target, withColor(picture, wanted.color), wanted);
  const numbers = wanted.layout === 'nhwc' ? fitted.data : planesOf(fitted);
  // Between two pixels there are numbers between theirs, of which an integer input takes the nearest.
  return feedOfNumbers(target, isReal(target.input.type) ? numbers : floatsOf(numbers).map(roundHalfAway));
}

function fitPicture(
  { input, preprocess: { resize, crop } }: InputTarget,
  picture: Picture,
  { width, height }: { readonly width: number; readonly height: number },
): Picture {
  // Without `crop` the picture becomes exactly as large as asked; with it, its middle does.
  let scaled = resize ?? { width: picture.width, height: picture.height };
  if (crop !== undefined && resize !== undefined) {
    const factor = Math.max(resize.width / picture.width, resize.height / picture.height);
    scaled = {
      width: Math.max(resize.width, Math.round(picture.width * factor)),
      height: Math.max(resize.height, Math.round(picture.height * factor)),
    };
  }
  const size = (s: { readonly width: number; readonly height: number }) => `${s.width}x${s.height}`;
  const fits = scaled.width === width && scaled.height === height;
  const covers = crop !== undefined && scaled.width >= width && scaled.height >= height;
  if (!fits && !covers) {
    const is = resize === undefined ? `The picture is ${size(picture)}` : `--preprocess resize gives ${size(scaled)}`;
    fail('I8C0402', `${is}; the input, ${formatTensorShape(input.type)}, takes ${size({ width, height })}.`, {
      hint: `Give --preprocess resize=${size({ width, height })}${resize === undefined ? ', with crop=center to keep proportions' : ' (width, then height)'}.`,
    });
  }
  const window: Window = {
    left: Math.floor((scaled.width - width) / 2),
    top: Math.floor((scaled.height - height) / 2),
    width,
    height,
  };
  if (size(picture) === size({ width, height }) && fits) return picture;
  return resizePicture(picture, scaled.width, scaled.height, window);
}

/** Channel after channel, each row by row. */
function planesOf({ width, height, channels, data }: Picture): Float32Array {
  const pixels = width * height;
  const planes = new Float32Array(pixels * channels);
  for (let c = 0; c < channels; c++) {
    for (let p = 0; p < pixels; p++) planes[c * pixels + p] = data[p * channels + c]!;
  }
  return planes;
}

/**
 * The elements of an input for numbers in its order: normalized, and quantized where the input is.
 *
 * @throws CompileError I8C0402 for NaN, and for numbers that an integer input cannot hold.
 */
export function feedOfNumbers(
  { input: { type }, normalization }: InputTarget,
  numbers: ArrayLike<number>,
): TensorArray {
  if (!isReal(type)) return integersOf(type, numbers);
  const reals = normalization === undefined ? floatsOf(numbers) : normalize(numbers, normalization);
  refuseNaN(reals);
  return type.quant === undefined ? reals : quantizeReals(tensorType(type.element, type.shape, type.quant), reals);
}

/** A copy as f32, which for arrays of numbers is many times faster than Float32Array.from. */
function floatsOf(numbers: ArrayLike<number>): Float32Array {
  const floats = new Float32Array(numbers.length);
  floats.set(numbers);
  return floats;
}

function normalize(x: ArrayLike<number>, { scale, mean, std, run }: Normalization): Float32Array {
  const y = new Float32Array(x.length);
  for (let start = 0, c = 0; start < y.length; start += run, c = (c + 1) % scale.length) {
    const [s, m, d] = [scale[c]!, mean[c]!, std[c]!];
    for (let i = start; i < start + run; i++) y[i] = (x[i]! * s - m) / d;
  }
  return y;
}

function refuseNaN(reals: Float32Array): void {
  for (let i = 0; i < reals.length; i++) {
    if (Number.isNaN(reals[i])) fail('I8C0402', `Element ${i} is NaN, which is no number.`);
  }
}

/** 64-bit integers from other types are those that a number holds exactly. */
const safeIntegers = { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER };

function integersOf({ element, shape }: TensorType, numbers: ArrayLike<number>): TensorArray {
  const described = formatTensorShape({ element, shape });
  if (element === 'f16') {
    return fail('I8C0402', `The input, ${described}, takes the bits of half-precision numbers.`, {
      hint: 'Give .npy files of numpy.float16.',
    });
  }
  const { min, max } = element === 'i64' ? safeIntegers : integerRange(element);
  const array = allocateArray(element, elementCount(shape));
  for (let i = 0; i < array.length; i++) {
    const x = numbers[i]!;
    if (!Number.isInteger(x) || x < min || x > max) {
      fail('I8C0402', `Element ${i} is ${x}, which the input, ${described}, cannot hold.`);
    }
    if (array instanceof BigInt64Array) array[i] = BigInt(x);
    else array[i] = x;
  }
  return array;
}

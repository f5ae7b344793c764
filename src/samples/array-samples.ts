// Samples in arrays: how many an array holds for an input, and each of them as the elements of that input.
import { fail } from '../../ir/diagnostics.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import { elementCount } from '../../ir/types.ts';
import type { FileTensor } from '../files/file-tensor.ts';
import { essential, formatTensorShape } from '../files/fit-tensor.ts';
import { numbersOf } from './file-numbers.ts';
import type { InputTarget } from './input-target.ts';
import { maxPicturePixels, type Picture } from './picture.ts';
import { feedOfPicture, feedOfTensor } from './to-feed.ts';

/** How an array is cut into samples. */
export interface ArrayCut {
  readonly count: number;
  /** The shape of each sample. */
  readonly shape: readonly number[];
}

/** Extents of the channels of a picture: gray, RGB, and RGB with alpha. */
const isChannels = (extent: number | undefined) => extent === 1 || extent === 3 || extent === 4;

/**
 * The samples in an array of this shape. It is one sample if it has the shape of the input, and N if it has that shape
 * after a first extent N, or N in place of a batch of 1; extents of 1 do not matter. Where --preprocess names a step for
 * pictures, arrays of another shape are pictures: [height, width], [height, width, channels] or [channels, height,
 * width], or N of them.
 *
 * @throws CompileError I8C0402 where the array is none of these, or of no samples.
 */
export function cutArray(target: InputTarget, { element, shape }: Pick<FileTensor, 'element' | 'shape'>): ArrayCut {
  const { type } = target.input;
  const [first = 1, ...rest] = shape;
  const cut =
    essential(shape) === essential(type.shape)
      ? { count: 1, shape }
      : shape.length > 0 && essential(rest) === essential(type.shape)
        ? { count: first, shape: rest }
        : cutPictures(target, shape);
  if (cut === undefined) {
    return fail(
      'I8C0402',
      `The input is ${formatTensorShape(type)}, the file holds ${formatTensorShape({ element, shape })}.`,
      {
        hint: 'An array of N samples has the extents of the input after a first extent N.',
      },
    );
  }
  if (cut.count === 0) fail('I8C0402', `The file holds no samples: ${formatTensorShape({ element, shape })}.`);
  return cut;
}

function cutPictures({ picture, preprocess }: InputTarget, shape: readonly number[]): ArrayCut | undefined {
  const { color, resize, crop, layout } = preprocess;
  if ('problem' in picture || (color ?? resize ?? crop ?? layout) === undefined) return undefined;
  const [first = 1, ...rest] = shape;
  const several = shape.length === 4 || (shape.length === 3 && !isChannels(shape[0]) && !isChannels(shape[2]));
  const cut = several ? { count: first, shape: rest } : { count: 1, shape };
  return pictureShape(cut.shape) === undefined ? undefined : cut;
}

interface PictureShape {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly planar: boolean;
}

function pictureShape(shape: readonly number[]): PictureShape | undefined {
  const [a = 1, b = 1, c = 1] = shape;
  if (shape.length < 2 || shape.length > 3 || elementCount(shape) === 0) return undefined;
  const planar = shape.length === 3 && !isChannels(c) && isChannels(a);
  if (!planar && !isChannels(c)) return undefined;
  const found = planar ? { channels: a, height: b, width: c, planar } : { height: a, width: b, channels: c, planar };
  return found.width * found.height > maxPicturePixels ? undefined : found;
}

/** The elements of an input for one sample of an array, which {@link cutArray} found to fit. */
export function feedOfSample(target: InputTarget, sample: FileTensor): TensorArray {
  const { picture, preprocess, input } = target;
  const fits = essential(sample.shape) === essential(input.type.shape);
  const steps = preprocess.color ?? preprocess.resize ?? preprocess.crop;
  if (fits && (steps === undefined || 'problem' in picture)) return feedOfTensor(target, sample);
  const found =
    fits && !('problem' in picture)
      ? {
          width: picture.width,
          height: picture.height,
          channels: picture.color === 'gray' ? 1 : 3,
          planar: picture.layout === 'nchw',
        }
      : pictureShape(sample.shape);
  if (found === undefined) {
    return fail(
      'I8C0402',
      `The input is ${formatTensorShape(input.type)}, the file holds ${formatTensorShape(sample)}.`,
    );
  }
  return feedOfPicture(target, pictureOf(found, numbersOf(sample)));
}

function pictureOf({ width, height, channels, planar }: PictureShape, numbers: ArrayLike<number>): Picture {
  if (!planar) return { width, height, channels, data: numbers };
  const pixels = width * height;
  const data = new Float32Array(pixels * channels);
  for (let p = 0; p < pixels; p++) {
    for (let c = 0; c < channels; c++) data[p * channels + c] = numbers[c * pixels + p]!;
  }
  return { width, height, channels, data };
}

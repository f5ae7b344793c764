// A decoded picture, and its channels: what is between the bytes of an image file and the input of a program.
import { match } from 'ts-pattern';
import type { Color } from './preprocess.ts';

/** The most pixels of a picture that is decoded: 64 million, more than cameras of phones store by default. */
export const maxPicturePixels = 2 ** 26;

/** Pixels row by row, the channels of each together. Values of 8-bit pictures are 0 to 255. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: ArrayLike<number>;
}

/** Weights of red, green and blue in the luma of Rec. ITU-R BT.601, which Pillow and OpenCV use for gray too. */
const luma = [0.299, 0.587, 0.114] as const;

/**
 * The picture with the channels of `color`. One of 1 channel is gray and of 2 gray with alpha; one of 3 is RGB and of 4
 * RGB with alpha. Alpha is dropped, as Pillow's convert does.
 */
export function withColor(picture: Picture, color: Color): Picture {
  const { channels, data } = picture;
  const isGray = channels < 3;
  return match(color)
    .with('gray', () => {
      if (channels === 1) return picture;
      if (isGray) return mapPixels(picture, 1, (at) => data[at]!);
      return mapPixels(picture, 1, (at) => luma[0] * data[at]! + luma[1] * data[at + 1]! + luma[2] * data[at + 2]!);
    })
    .with('rgb', () => {
      if (channels === 3) return picture;
      return mapPixels(picture, 3, isGray ? (at) => data[at]! : (at, c) => data[at + c]!);
    })
    .with('bgr', () => mapPixels(picture, 3, isGray ? (at) => data[at]! : (at, c) => data[at + 2 - c]!))
    .exhaustive();
}

/** A picture of `channels` channels; `value` gives channel `c` of the pixel whose first element is at `at`. */
function mapPixels(from: Picture, channels: number, value: (at: number, c: number) => number): Picture {
  const pixels = from.width * from.height;
  const data = new Float32Array(pixels * channels);
  for (let p = 0; p < pixels; p++) {
    for (let c = 0; c < channels; c++) data[p * channels + c] = value(p * from.channels, c);
  }
  return { ...from, channels, data };
}

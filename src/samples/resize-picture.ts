// Scales a picture to another size: bilinear with half-pixel centres, and where the picture shrinks each new pixel is the
// average of all that it covers, weighted by a triangle. That is what Pillow calls BILINEAR (Resample.c: the filter's
// support grows with the scale) and PyTorch, TensorFlow and Keras call bilinear with antialias; Pillow also rounds to
// 8 bits after each of the two directions, which is not done here.
import type { Picture } from './picture.ts';

/** The part of a scaled picture that is wanted. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** For each new position: the first old one that counts, and the weights of it and those after it, whose sum is 1. */
interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/**
 * Taps of `count` positions from `start` on of a line of `from` pixels scaled to `to`. Position i has its centre at
 * (i + 0.5) * from / to; old pixels weigh 1 - distance / support, where the support is 1 pixel of the coarser line.
 */
function tapsOf(from: number, to: number, start: number, count: number): Taps[] {
  const scale = from / to;
  const support = Math.max(scale, 1);
  return Array.from({ length: count }, (_, i) => {
    const centre = (start + i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - support + 0.5));
    const end = Math.min(from, Math.floor(centre + support + 0.5));
    const weights = new Float64Array(Math.max(1, end - first));
    let sum = 0;
    for (let k = 0; k < weights.length; k++) {
      const weight = Math.max(0, 1 - Math.abs(first + k + 0.5 - centre) / support);
      weights[k] = weight;
      sum += weight;
    }
    return { first, weights: weights.map((w) => w / sum) };
  });
}

/**
 * The `window` of the picture scaled to `width` x `height`: only its pixels are computed. A picture of that size already
 * is cut out unchanged.
 */
export function resizePicture(picture: Picture, width: number, height: number, window: Window): Picture {
  const { channels } = picture;
  const columns = tapsOf(picture.width, width, window.left, window.width);
  const rows = tapsOf(picture.height, height, window.top, window.height);
  const data = new Float32Array(window.width * window.height * channels);
  const line = window.width * channels;
  // Rows that are scaled across and still needed: consecutive windows of rows overlap.
  const across = new Map<number, Float64Array>();
  for (const [y, { first, weights }] of rows.entries()) {
    for (const old of across.keys()) if (old < first) across.delete(old);
    const sum = new Float64Array(line);
    for (const [k, weight] of weights.entries()) {
      const at = first + k;
      const row = across.get(at) ?? scaleRow(picture, at, columns);
      across.set(at, row);
      for (let i = 0; i < line; i++) sum[i]! += weight * row[i]!;
    }
    data.set(sum, y * line);
  }
  return { width: window.width, height: window.height, channels, data };
}

function scaleRow({ data, width, channels }: Picture, y: number, columns: readonly Taps[]): Float64Array {
  const row = new Float64Array(columns.length * channels);
  for (let x = 0; x < columns.length; x++) {
    const { first, weights } = columns[x]!;
    const from = (y * width + first) * channels;
    for (let k = 0; k < weights.length; k++) {
      const weight = weights[k]!;
      for (let c = 0; c < channels; c++) row[x * channels + c]! += weight * data[from + k * channels + c]!;
    }
  }
  return row;
}

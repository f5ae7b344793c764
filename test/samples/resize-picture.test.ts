// Scaling pictures: what bilinear with half-pixel centres and averaging gives, and properties that hold for all sizes.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resizePicture } from '../../src/samples/resize-picture.ts';

/** A picture of one channel, scaled as a whole. */
function resized(data: readonly number[], from: [number, number], to: [number, number]): number[] {
  const picture = { width: from[0], height: from[1], channels: 1, data };
  return Array.from(resizePicture(picture, to[0], to[1], { left: 0, top: 0, width: to[0], height: to[1] }).data);
}

describe('one line', () => {
  test('twice as long: centres lie a quarter of a pixel off, and edges repeat', () => {
    expect(resized([0, 100], [2, 1], [4, 1])).toEqual([0, 25, 75, 100]);
    expect(resized([0, 100], [1, 2], [1, 4])).toEqual([0, 25, 75, 100]);
  });

  test('half as long: a triangle of two old pixels on either side', () => {
    // Weights 1, 3, 3, 1 around the centre of two pixels; at the edges those that there are: 3, 3, 1.
    const [first, second] = resized([0, 0, 70, 70], [4, 1], [2, 1]);
    expect(first).toBeCloseTo(70 / 7, 4);
    expect(second).toBeCloseTo((70 * 6) / 7, 4);
    expect(resized([0, 0, 0, 80, 0, 0, 0, 0], [8, 1], [4, 1])).toEqual([0, 30, 10, 0].map((x) => expect.closeTo(x, 4)));
  });

  test('the same length is the same line', () => {
    expect(resized([3, 1, 4, 1, 5], [5, 1], [5, 1])).toEqual([3, 1, 4, 1, 5]);
  });

  test('one pixel is all of it', () => {
    expect(resized([7], [1, 1], [3, 2])).toEqual(Array(6).fill(7));
  });
});

const size = fc.integer({ min: 1, max: 40 });

test('a picture of one colour stays so, at every size', () => {
  fc.assert(
    fc.property(size, size, size, size, (w, h, width, height) => {
      const data = Array(w * h).fill(201);
      for (const x of resized(data, [w, h], [width, height])) expect(x).toBeCloseTo(201, 3);
    }),
    { seed: 1, numRuns: 100 },
  );
});

test('a picture and its mirror image scale alike', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(255), { minLength: 1, maxLength: 40 }), size, (line, width) => {
      const forward = resized(line, [line.length, 1], [width, 1]);
      const backward = resized([...line].reverse(), [line.length, 1], [width, 1]).reverse();
      for (const [i, x] of forward.entries()) expect(x).toBeCloseTo(backward[i] ?? Number.NaN, 3);
    }),
    { seed: 2, numRuns: 100 },
  );
});

test('a window is that part of the whole', () => {
  fc.assert(
    fc.property(size, size, size, size, (w, h, width, height) => {
      const picture = {
        width: w,
        height: h,
        channels: 2,
        data: Array.from({ length: 2 * w * h }, (_, i) => (i * 37) % 256),
      };
      const whole = resizePicture(picture, width, height, { left: 0, top: 0, width, height });
      const [left, top] = [Math.floor(width / 3), Math.floor(height / 3)];
      const part = resizePicture(picture, width, height, { left, top, width: width - left, height: height - top });
      for (let y = 0; y < part.height; y++) {
        const from = ((y + top) * width + left) * 2;
        const row = Array.from(part.data).slice(y * part.width * 2, (y + 1) * part.width * 2);
        expect(row).toEqual(Array.from(whole.data).slice(from, from + part.width * 2));
      }
    }),
    { seed: 3, numRuns: 60 },
  );
});

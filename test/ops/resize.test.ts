// resize_nearest and resize_bilinear: positions worked out by hand, the fixed-point lines against the positions for every
// size, and references against loops on random sizes.
import { describe, expect, it } from 'vitest';
import { resizeBilinear } from '../../ir/ops/resize-bilinear.ts';
import { resizeNearest } from '../../ir/ops/resize-nearest.ts';
import { fixedPointLine, nearestPositions, samplingScale } from '../../ir/sampling.ts';
import { tensorOf } from '../../ir/tensor-data.ts';
import { type TensorType, tensorType } from '../../ir/types.ts';
import { everyType, pickedElements } from './element-types.ts';
import {
  counting,
  numbers,
  quantized,
  randomInteger,
  randomNumbers,
  randomTensor,
  runOperator,
} from './operator-runs.ts';

const plain = { align_corners: false, half_pixel_centers: false };
const corners = { align_corners: true, half_pixel_centers: false };
const centers = { align_corners: false, half_pixel_centers: true };
const grids = [plain, corners, centers, { align_corners: true, half_pixel_centers: true }];

describe('nearest positions', () => {
  it('are the floor, the rounded or the centred position', () => {
    expect(nearestPositions(2, 5, plain)).toEqual([0, 0, 0, 1, 1]);
    expect(nearestPositions(2, 5, corners)).toEqual([0, 0, 1, 1, 1]);
    expect(nearestPositions(3, 5, corners)).toEqual([0, 1, 1, 2, 2]);
    expect(nearestPositions(5, 2, plain)).toEqual([0, 2]);
    expect(nearestPositions(5, 2, centers)).toEqual([1, 3]);
    expect(nearestPositions(5, 1, corners)).toEqual([0]);
  });

  it('stay within a pixel of exact arithmetic, and inside the image', () => {
    const wrong: string[] = [];
    for (const grid of grids) {
      for (let from = 1; from <= 30; from++) {
        for (let to = 1; to <= 30; to++) {
          const inner = grid.align_corners && to > 1 ? 1 : 0;
          for (const [i, p] of nearestPositions(from, to, grid).entries()) {
            const exact = ((i + (grid.half_pixel_centers ? 0.5 : 0)) * (from - inner)) / (to - inner);
            const off = Math.abs(p - Math.min(exact, from - 1));
            const fits = off < (grid.align_corners ? 0.501 : 1.001) && p >= 0 && p < from;
            if (!fits) wrong.push(`${from} to ${to} at ${i}: ${p}`);
          }
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('follow f32 where it differs from exact arithmetic', () => {
    // 26 / 22 is rounded down in f32, and 11 times it stays below 13.
    expect(nearestPositions(26, 22, plain)[11]).toBe(12);
  });

  it('are given exactly by lines, doubling by a shift alone', () => {
    expect(fixedPointLine(nearestPositions(13, 26, plain), 0.5)).toEqual({ multiplier: 1, offset: 0, shift: 1 });
    expect(fixedPointLine(nearestPositions(8, 8, centers), 1)).toEqual({ multiplier: 1, offset: 0, shift: 0 });
    expect(fixedPointLine([0, 1, 1, 1, 5], 1)).toBeUndefined();
    const without: string[] = [];
    for (const grid of [plain, corners, centers]) {
      for (let from = 1; from <= 30; from++) {
        for (let to = 1; to <= 30; to++) {
          const positions = nearestPositions(from, to, grid);
          const line = fixedPointLine(positions, samplingScale(from, to, grid));
          if (line === undefined) without.push(`${from} to ${to} ${JSON.stringify(grid)}`);
          else expect(positions.map((_, i) => (i * line.multiplier + line.offset) >> line.shift)).toEqual(positions);
        }
      }
    }
    expect(without).toEqual([]);
  });

  it('are a table where they are no line', () => {
    // Corners aligned and centres at halves leave the last position outside, and cut.
    const x = counting(tensorType('i32', [1, 1, 3, 1]));
    const both = { align_corners: true, half_pixel_centers: true };
    expect(nearestPositions(3, 4, both)).toEqual([0, 1, 2, 2]);
    expect(numbers(runOperator(resizeNearest, [x], { size: [1, 4], ...both })[0])).toEqual([0, 1, 2, 2]);
  });
});

describe('resize_nearest', () => {
  const random = randomNumbers(40);
  it.each(Array.from({ length: 25 }, (_, i) => i))('copies the nearest pixels, case %i', () => {
    const shape = [1, 2, 3, 4].map((d) => randomInteger(random, 1, d === 2 || d === 3 ? 7 : 3));
    const size = [randomInteger(random, 1, 12), randomInteger(random, 1, 12)];
    const grid = grids[randomInteger(random, 0, 3)]!;
    const rows = nearestPositions(shape[1]!, size[0]!, grid);
    const columns = nearestPositions(shape[2]!, size[1]!, grid);
    for (const type of everyType(shape)) {
      const x = randomTensor(random, type);
      const [y] = runOperator(resizeNearest, [x], { size, ...grid });
      const result = [shape[0]!, ...size, shape[3]!];
      const source = ([n, i, j, c]: readonly number[]) => [n!, rows[i!]!, columns[j!]!, c!];
      expect(y).toEqual(pickedElements(x, result, source));
    }
  });
});

describe('resize_bilinear', () => {
  const row = (element: 'i8' | 'u8' | 'i16', values: number[]) =>
    tensorOf(quantized(element, [1, 1, values.length, 1]), values);
  const widened = (x: Parameters<typeof runOperator>[1][0], width: number, grid = plain) =>
    numbers(runOperator(resizeBilinear, [x], { size: [1, width], ...grid })[0]);

  it('interpolates integers in 1/1024, ties away from zero', () => {
    expect(widened(row('i8', [-3, 0]), 4)).toEqual([-3, -2, 0, 0]);
    expect(widened(row('i8', [3, 0]), 4)).toEqual([3, 2, 0, 0]);
    // A third is 341 / 1024: 341 * 127 / 1024 = 42.29..., 682 * 127 / 1024 = 84.58...
    expect(widened(row('i8', [0, 127]), 4, corners)).toEqual([0, 42, 85, 127]);
    // Centred: positions -0.25, 0.25, 0.75, 1.25.
    expect(widened(row('u8', [0, 100]), 4, centers)).toEqual([0, 25, 75, 100]);
    expect(widened(row('i16', [-32768, 32767]), 4, centers)).toEqual([-32768, -16384, 16383, 32767]);
  });

  it('interpolates floats', () => {
    const x = tensorOf(tensorType('f32', [1, 2, 1, 1]), [1, 2]);
    expect(numbers(runOperator(resizeBilinear, [x], { size: [4, 1] })[0])).toEqual([1, 1.5, 2, 2]);
    expect(numbers(runOperator(resizeBilinear, [x], { size: [4, 1], ...centers })[0])).toEqual([1, 1.25, 1.75, 2]);
  });

  it('never reads behind the last pixel', () => {
    // The rounded scale of 1 / 1365 is 1 / 1024: TensorFlow Lite's last positions are outside.
    const wide = widened(row('i8', [7]), 1365);
    expect(wide).toEqual(new Array(1365).fill(7));
  });

  it('refuses contradicting grids and what it cannot interpolate', () => {
    const both = { align_corners: true, half_pixel_centers: true };
    expect(() => widened(row('i8', [1]), 2, both)).toThrow(/both/);
    const run = (type: TensorType) => () => runOperator(resizeBilinear, [counting(type)], { size: [1, 1] });
    expect(run(tensorType('i32', [1, 1, 1, 1]))).toThrow(/does not interpolate i32/);
    expect(run(tensorType('f32', [1, 1, 1]))).toThrow(/rank 4/);
    expect(run(tensorType('f32', [1, 0, 1, 1]))).toThrow(/without pixels/);
  });

  const random = randomNumbers(41);
  it.each(Array.from({ length: 40 }, (_, i) => i))('loops equal the reference, case %i', () => {
    const shape = [1, 2, 3, 4].map((d) => randomInteger(random, 1, d === 2 || d === 3 ? 6 : 2));
    const size = [randomInteger(random, 1, 13), randomInteger(random, 1, 13)];
    const grid = grids[randomInteger(random, 0, 2)]!;
    const types = [
      tensorType('f32', shape),
      quantized('i8', shape, 0.1, -5),
      quantized('u8', shape, 0.1, 128),
      quantized('i16', shape, 0.001),
    ];
    for (const type of types) {
      const x = randomTensor(random, type);
      const [y] = runOperator(resizeBilinear, [x], { size, ...grid });
      const [low, high] = [Math.min(...numbers(x)), Math.max(...numbers(x))];
      for (const v of numbers(y)) expect(v >= low - 1e-6 && v <= high + 1e-6).toBe(true);
    }
  });
});

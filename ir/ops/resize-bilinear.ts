// resize_bilinear: an image of another size, each pixel interpolated between four.
import { factorsOfFirst } from '../channel-factors.ts';
import { defineOp, required, rule } from '../define-op.ts';
import type { LoopBuilder } from '../loops/builder.ts';
import type { LoopValue } from '../loops/kernel.ts';
import { movedType } from '../moved-type.ts';
import { roundHalfAway } from '../numerics.ts';
import { type SamplingGrid, samplingScale } from '../sampling.ts';
import { elementCount } from '../types.ts';
import { resizeAttributes, resizedShape } from './resize-nearest.ts';

/** Fraction bits of a position in the integer form. */
const fractionBits = 10;
const one = 2 ** fractionBits;

export const resizeBilinear = defineOp({
  name: 'resize_bilinear',
  doc: 'An image of another size, each pixel interpolated between four. y = (1 - v)(1 - u) x[top, left] + v (1 - u) x[bottom, left] + (1 - v) u x[top, right] + v u x[bottom, right], where the position of a result row in x is i * scale, or (i + 0.5) * scale - 0.5 with half_pixel_centers, top is its floor and v its fraction; columns alike. Integers take positions in units of 1/1024, the scale rounded to it, and round the weighted sum half away from zero; floats compute in f32. Positions are limited to the image, which changes nothing but the few that TensorFlow Lite would read behind it. Source: TensorFlow Lite reference/resize_bilinear.h (ResizeBilinear, ResizeBilinearInteger; 8-bit unsigned images follow the integer form too).',
  operands: [{ name: 'x', doc: 'n x height x width x channels: f32, i8, u8 or i16.' }],
  attributes: resizeAttributes,
  results: ['y'],
  oneQuantization: true,
  factors: factorsOfFirst('any'),
  types({ operands, attributes: { size, align_corners, half_pixel_centers } }) {
    const x = required(operands, 0);
    rule(['f32', 'i8', 'u8', 'i16'].includes(x.element), `does not interpolate ${x.element}`);
    rule(!(align_corners && half_pixel_centers), 'cannot have both align_corners and half_pixel_centers');
    return [movedType(x, resizedShape(x, size))];
  },
  reference({ operands, attributes, results }) {
    const float = operands[0]!.type.element === 'f32';
    const x = operands[0]!.data as Float32Array;
    const y = results[0]!.data as Float32Array;
    const [n, height, width, channels] = operands[0]!.type.shape as [number, number, number, number];
    const neighbours = float ? floatNeighbours : integerNeighbours;
    const rows = neighbours(height, attributes.size[0]!, attributes);
    const columns = neighbours(width, attributes.size[1]!, attributes);
    const blend = float ? blendFloats : blendIntegers;
    if (x.length === 0) return;
    let at = 0;
    for (let b = 0; b < n; b++)
      for (const row of rows)
        for (const column of columns)
          for (let c = 0; c < channels; c++) {
            const pixel = (i: number, j: number) => x[((b * height + i) * width + j) * channels + c]!;
            const { low: top, high: bottom } = row;
            const { low: left, high: right } = column;
            const corners = [pixel(top, left), pixel(bottom, left), pixel(top, right), pixel(bottom, right)] as const;
            y[at++] = blend(corners, row.fraction, column.fraction);
          }
  },
  lower({ attributes, operand, result, type, resultType }) {
    const { shape } = resultType(0);
    if (elementCount(shape) === 0) return [];
    const x = operand(0);
    const from = type(0).shape;
    const { element } = type(0);
    const locate = element === 'f32' ? floatPosition : integerPosition;
    const blend = element === 'f32' ? floatBlend : element === 'i16' ? wideBlend : narrowBlend;
    return [
      {
        kind: 'map',
        result: result(0),
        shape,
        body: (b, [n, i, j, c]) => {
          const row = locate(b, i!, from[1]!, shape[1]!, attributes);
          const column = locate(b, j!, from[2]!, shape[2]!, attributes);
          const pixel = (r: LoopValue, k: LoopValue) => b.load(x, b.flatten(from, [n!, r, k, c!]));
          const corners = [
            pixel(row.low, column.low),
            pixel(row.high, column.low),
            pixel(row.low, column.high),
            pixel(row.high, column.high),
          ] as const;
          return blend(b, corners, row.fraction, column.fraction);
        },
      },
    ];
  },
});

/** Two neighbours in the image and the weight of the higher one: a number in f32, or in units of 1/1024. */
interface Neighbours<T> {
  readonly low: T;
  readonly high: T;
  readonly fraction: T;
}

/** Top left, bottom left, top right, bottom right. */
type Corners<T> = readonly [T, T, T, T];

/** Distance in the image between neighbours in the result, in units of 1/1024. */
function integerScale(from: number, to: number, { align_corners }: SamplingGrid): number {
  const inner = align_corners && to > 1 ? 1 : 0;
  return Math.floor((one * (from - inner) + Math.floor((to - inner) / 2)) / (to - inner));
}

/** What half pixel centers add to a position: half a step back less half a pixel. */
function integerStart(scale: number, { half_pixel_centers }: SamplingGrid): number {
  return half_pixel_centers ? Math.floor(scale / 2) - one / 2 : 0;
}

function integerNeighbours(from: number, to: number, grid: SamplingGrid): Neighbours<number>[] {
  const scale = integerScale(from, to, grid);
  return Array.from({ length: to }, (_, i) => {
    const position = i * scale + integerStart(scale, grid);
    const low = Math.min(Math.max(Math.trunc(position / one), 0), from - 1);
    const high = Math.min(Math.trunc((position + one - 1) / one), from - 1);
    return { low, high, fraction: position - one * low };
  });
}

function floatNeighbours(from: number, to: number, grid: SamplingGrid): Neighbours<number>[] {
  const f = Math.fround;
  const scale = samplingScale(from, to, grid);
  return Array.from({ length: to }, (_, i) => {
    const position = grid.half_pixel_centers ? f(f(f(i + 0.5) * scale) - 0.5) : f(i * scale);
    const low = Math.min(Math.max(Math.floor(position), 0), from - 1);
    const high = Math.min(Math.ceil(position), from - 1);
    return { low, high, fraction: f(position - low) };
  });
}

function blendIntegers([a, b, c, d]: Corners<number>, v: number, u: number): number {
  const sum = a * (one - v) * (one - u) + b * v * (one - u) + c * (one - v) * u + d * v * u;
  return roundHalfAway(sum / (one * one));
}

function blendFloats([a, b, c, d]: Corners<number>, v: number, u: number): number {
  const f = Math.fround;
  const [nv, nu] = [f(1 - v), f(1 - u)];
  return f(f(f(f(f(a * nv) * nu) + f(f(b * v) * nu)) + f(f(c * nv) * u)) + f(f(d * v) * u));
}

type Locate = (b: LoopBuilder, i: LoopValue, from: number, to: number, grid: SamplingGrid) => Neighbours<LoopValue>;

/** Limited to the image, so that the fraction is in [0, 1024) and no product can leave its type. */
const integerPosition: Locate = (b, i, from, to, grid) => {
  const scale = integerScale(from, to, grid);
  const position = b.clamp(b.add(b.mul(i, scale), integerStart(scale, grid)), 0, one * (from - 1));
  const low = b.shr(position, fractionBits);
  return { low, high: b.min(b.add(low, 1), from - 1), fraction: b.and(position, one - 1) };
};

const floatPosition: Locate = (b, i, from, to, grid) => {
  const scale = b.f32(samplingScale(from, to, grid));
  const x = b.convert(i, 'f32');
  const position = grid.half_pixel_centers ? b.sub(b.mul(b.add(x, b.f32(0.5)), scale), b.f32(0.5)) : b.mul(x, scale);
  const low = b.clamp(b.convert(b.unary('floor', position), 'i32'), 0, from - 1);
  const high = b.min(b.convert(b.unary('ceil', position), 'i32'), from - 1);
  return { low, high, fraction: b.sub(position, b.convert(low, 'f32')) };
};

type Blend = (b: LoopBuilder, corners: Corners<LoopValue>, v: LoopValue, u: LoopValue) => LoopValue;

/** Left and right sides of the square, interpolated between top and bottom: at most 2^25 for 16-bit pixels. */
function sides(b: LoopBuilder, corners: Corners<LoopValue>, v: LoopValue): [LoopValue, LoopValue] {
  const nv = b.sub(one, v);
  const mix = (top: LoopValue, bottom: LoopValue) => b.add(b.mul(top, nv), b.mul(bottom, v));
  return [mix(corners[0], corners[1]), mix(corners[2], corners[3])];
}

/** 8-bit pixels: the sum is below 2^28. */
const narrowBlend: Blend = (b, corners, v, u) => {
  const [left, right] = sides(b, corners, v);
  const sum = b.add(b.mul(left, b.sub(one, u)), b.mul(right, u));
  return b.compute('shr_round', [sum, b.constant(2 * fractionBits)]);
};

/** 16-bit pixels: the sum needs 36 bits. Half away from zero: half up, less one unit for negative sums. */
const wideBlend: Blend = (b, corners, v, u) => {
  const [left, right] = sides(b, corners, v).map((x) => b.convert(x, 'i64')) as [LoopValue, LoopValue];
  const weight = b.convert(u, 'i64');
  const sum = b.add(b.mul(left, b.sub(one, weight)), b.mul(right, weight));
  const half = b.add(b.shr(sum, 63), b.i64(2 ** (2 * fractionBits - 1)));
  return b.convert(b.shr(b.add(sum, half), 2 * fractionBits), 'i32');
};

const floatBlend: Blend = (b, [tl, bl, tr, br], v, u) => {
  const nv = b.sub(b.f32(1), v);
  const nu = b.sub(b.f32(1), u);
  const left = b.add(b.mul(b.mul(tl, nv), nu), b.mul(b.mul(bl, v), nu));
  return b.add(b.add(left, b.mul(b.mul(tr, nv), u)), b.mul(b.mul(br, v), u));
};

// Resampling along one axis, decided at compile time: which elements of the input each element of the result mixes, and
// by how much. Sources: ONNX Resize, https://github.com/onnx/onnx/blob/main/docs/Operators.md#Resize, and its reference
// implementation (onnx/reference/ops/op_resize.py); cubic convolution: Keys 1981, the kernel with parameter a.
import { fail } from '../../../../ir/diagnostics.ts';

export interface ResizeAxis {
  readonly from: number;
  readonly to: number;
  /** Result extent over input extent, as the model gives it: it need not be a whole number of elements. */
  readonly scale: number;
  /** Start and end of the region that `tf_crop_and_resize` takes, as shares of the axis. */
  readonly region: readonly [number, number];
}

export interface ResizeRule {
  readonly mode: 'nearest' | 'linear' | 'cubic';
  readonly coordinates: string;
  readonly nearest: string;
  readonly cubicA: number;
  readonly antialias: boolean;
  readonly excludeOutside: boolean;
}

/** For each element of the result its taps, all of one number; `outside` marks what lies beyond the input. */
export interface AxisTaps {
  readonly indices: readonly (readonly number[])[];
  readonly weights: readonly (readonly number[])[];
  readonly outside: readonly boolean[];
}

export function axisTaps(axis: ResizeAxis, rule: ResizeRule): AxisTaps {
  const indices: number[][] = [];
  const weights: number[][] = [];
  const outside: boolean[] = [];
  for (let i = 0; i < axis.to; i++) {
    const position = originalPosition(i, axis, rule.coordinates);
    outside.push(rule.coordinates === 'tf_crop_and_resize' && (position < 0 || position > axis.from - 1));
    const found = tapsAt(position, axis, rule);
    indices.push(found.map(({ index }) => Math.max(0, Math.min(index, axis.from - 1))));
    weights.push(found.map(({ weight }) => weight));
  }
  return { indices, weights, outside };
}

/** Where element `i` of the result lies in the input. */
function originalPosition(i: number, { from, to, scale, region }: ResizeAxis, coordinates: string): number {
  const length = scale * from;
  const [start, end] = region;
  switch (coordinates) {
    case 'half_pixel':
      return (i + 0.5) / scale - 0.5;
    case 'half_pixel_symmetric':
      // The centres of both axes fall together, also where the scale gives no whole extent.
      return (from / 2) * (1 - to / length) + (i + 0.5) / scale - 0.5;
    case 'pytorch_half_pixel':
      return length === 1 ? -0.5 : (i + 0.5) / scale - 0.5;
    case 'align_corners':
      return length === 1 ? 0 : (i * (from - 1)) / (length - 1);
    case 'asymmetric':
      return i / scale;
    case 'tf_half_pixel_for_nn':
      return (i + 0.5) / scale;
    case 'tf_crop_and_resize':
      if (length === 1) return ((end - start) * (from - 1)) / 2 + start * (from - 1);
      return (i * (end - start) * (from - 1)) / (length - 1) + start * (from - 1);
    default:
      return fail('I8C0203', `The coordinate transformation is ${JSON.stringify(coordinates.slice(0, 40))}.`);
  }
}

interface WeightedIndex {
  readonly index: number;
  readonly weight: number;
}

function tapsAt(position: number, { from, scale }: ResizeAxis, rule: ResizeRule): WeightedIndex[] {
  // A position on an element is its left neighbour's, at distance 1 (reference implementation).
  const base = Number.isInteger(position) ? position - 1 : Math.floor(position);
  const ratio = position - base;
  if (rule.mode === 'nearest') return [{ index: base + Number(isNearerRight(ratio, rule.nearest)), weight: 1 }];
  // Shrinking widens the kernel, so that every element of the input counts.
  const shrink = rule.antialias ? Math.min(scale, 1) : 1;
  const support = rule.mode === 'linear' ? 1 : 2;
  const first = Math.floor(-support / shrink) + 1;
  if (!(first >= -maxTaps)) fail('I8C0203', `Each element would be mixed from ${-2 * first} others.`);
  const kernel = rule.mode === 'linear' ? triangle : (x: number) => cubic(x, rule.cubicA);
  const taps: WeightedIndex[] = [];
  for (let k = first; k <= 1 - first; k++) {
    const index = base + k;
    const excluded = rule.excludeOutside && (index < 0 || index >= from);
    taps.push({ index, weight: excluded ? 0 : kernel(shrink * (k - ratio)) });
  }
  const sum = taps.reduce((total, { weight }) => total + weight, 0);
  return taps.map(({ index, weight }) => ({ index, weight: weight / sum }));
}

function isNearerRight(ratio: number, mode: string): boolean {
  switch (mode) {
    case 'round_prefer_floor':
      return ratio > 0.5;
    case 'round_prefer_ceil':
      return ratio >= 0.5;
    case 'floor':
    case 'simple':
      return ratio === 1;
    case 'ceil':
      return true;
    default:
      return fail('I8C0203', `The nearest mode is ${JSON.stringify(mode.slice(0, 40))}.`);
  }
}

/** Taps to a side: antialiasing widens the kernel as it shrinks the tensor. */
const maxTaps = 1024;

const triangle = (x: number): number => Math.max(0, 1 - Math.abs(x));

function cubic(x: number, a: number): number {
  const d = Math.abs(x);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

// Rows of signal processing: transforms are products with constant matrices.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md (DFT, STFT, MelWeightMatrix).
import { rule } from '../../../../ir/define-op.ts';
import type { Value } from '../../../../ir/module.ts';
import { concat } from '../../../../ir/ops/concat.ts';
import { fullyConnected } from '../../../../ir/ops/fully-connected.ts';
import { mul } from '../../../../ir/ops/mul.ts';
import { pad } from '../../../../ir/ops/pad.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { transpose } from '../../../../ir/ops/transpose.ts';
import { normalizeAxis } from '../../../../ir/shapes.ts';
import { elementMapping } from '../element-types.ts';
import type { NodeContext, Rows } from '../node-context.ts';
import { sliceAxis } from './moving.ts';

/** Longest transform: its matrix has length^2 elements, or a multiple of that. */
const maxLength = 4096;
const maxCoefficients = 2 ** 25;

export const spectralRows: Rows = {
  DFT(op) {
    const x = op.input(0);
    const rank = x.type.shape.length;
    const axis = normalizeAxis(
      op.opset < 20 ? op.int('axis', 1) : op.has(2) ? (op.constantInts(2, 'axis')[0] ?? -2) : -2,
      rank,
    );
    rule(axis < rank - 1, 'transforms along its last dimension, which holds real and imaginary parts');
    const [half, inverse] = [op.flag('onesided'), op.flag('inverse')];
    const extent = x.type.shape[axis]!;
    const length = op.has(1) ? Number(op.constant(1, 'length').data[0]) : half && inverse ? 2 * (extent - 1) : extent;
    // The transformed axis goes to the end, beside the parts.
    const perm = [...Array(rank).keys()].filter((d) => d !== axis && d !== rank - 1);
    const order = [...perm, axis, rank - 1];
    const moved = op.emit(transpose, [x], { perm: order });
    const y =
      half && inverse ? realFromHalf(op, moved, length) : transformed(op, fittedTo(op, moved, length), inverse, half);
    const back = order.map((_, d) => order.indexOf(d));
    return op.emit(transpose, [y], { perm: back });
  },
  STFT(op) {
    const signal = op.input(0);
    const step = Number(op.constant(1, 'frame step').data[0]);
    const [batch = 0, samples = 0, parts = 1] = signal.type.shape;
    const length = op.has(3) ? Number(op.constant(3, 'frame length').data[0]) : (op.input(2).type.shape[0] ?? 0);
    rule(step > 0 && length > 0 && length <= samples, () => `takes frames of ${length} samples every ${step}`);
    const frames = Math.floor((samples - length) / step) + 1;
    rule(frames <= 8192, () => `has ${frames} frames`);
    const cut = Array.from({ length: frames }, (_, i) =>
      op.emit(reshape, [sliceAxis(op, signal, 1, i * step, length)], { shape: [batch, 1, length, parts] }),
    );
    let all = cut.length === 1 ? cut[0]! : op.emit(concat, cut, { axis: 1 });
    if (op.has(2)) all = op.emit(mul, [all, op.emit(reshape, [op.input(2)], { shape: [length, 1] })]);
    return transformed(op, all, false, op.flag('onesided', true));
  },
  MelWeightMatrix(op) {
    const names = ['number of mel bins', 'length', 'sample rate', 'lower edge', 'upper edge'];
    const [bins = 0, length = 0, rate = 1, lower = 0, upper = 0] = names.map((name, i) =>
      Number(op.constant(i, name).data[0]),
    );
    const rows = Math.floor(length / 2) + 1;
    rule(bins > 0 && bins <= 65536 && rows > 0 && rows <= 65536 && rate > 0, 'has an impossible size');
    const mel = (hertz: number) => 2595 * Math.log10(1 + hertz / 700);
    const step = (mel(upper) - mel(lower)) / (bins + 2);
    const edges = Array.from({ length: bins + 2 }, (_, i) => {
      const hertz = 700 * (10 ** ((i * step + mel(lower)) / 2595) - 1);
      return Math.floor(((length + 1) * hertz) / rate);
    });
    op.checkMade(rows * bins);
    // Hostile rates and edges lie anywhere; what is outside of the matrix is not put.
    rule(
      edges.every((e) => Math.abs(e) <= 2 ** 20),
      'has edges that are no frequencies',
    );
    const matrix = new Array<number>(rows * bins).fill(0);
    const put = (row: number, bin: number, value: number) => {
      if (row >= 0 && row < rows) matrix[row * bins + bin] = value;
    };
    for (let bin = 0; bin < bins; bin++) {
      const [left, centre, right] = edges.slice(bin, bin + 3) as [number, number, number];
      if (left === centre) put(centre, bin, 1);
      else for (let row = left; row <= centre; row++) put(row, bin, (row - left) / (centre - left));
      for (let row = centre; row < right; row++) put(row, bin, (right - row) / (right - centre));
    }
    return op.numbers(elementMapping(op.int('output_datatype', 1))?.element ?? 'f32', [rows, bins], matrix);
  },
};

/** The second last axis with `length` elements: cut, or filled with zeros. */
function fittedTo(op: NodeContext, x: Value, length: number): Value {
  rule(length > 0 && length <= maxLength, () => `transforms ${length} elements; int8c transforms at most ${maxLength}`);
  const { shape } = x.type;
  const axis = shape.length - 2;
  const extent = shape[axis]!;
  if (extent >= length) return extent === length ? x : sliceAxis(op, x, axis, 0, length);
  const after = shape.map((_, d) => (d === axis ? length - extent : 0));
  return op.emit(pad, [x], { before: after.map(() => 0), after });
}

/**
 * The transform along the second last axis: y[k] = sum of x[n] * exp(-2 pi i k n / length), of complex or real numbers;
 * the inverse has the other sign and is divided by the length.
 */
function transformed(op: NodeContext, x: Value, inverse: boolean, half: boolean): Value {
  const { shape } = x.type;
  const [length = 1, parts = 1] = shape.slice(-2);
  rule(length <= maxLength && (parts === 1 || parts === 2), 'takes real or complex numbers');
  const count = half ? Math.floor(length / 2) + 1 : length;
  rule(2 * count * length * parts <= maxCoefficients, () => `transforms ${length} elements`);
  const [sign, factor] = inverse ? [1, 1 / length] : [-1, 1];
  const matrix: number[] = [];
  for (let k = 0; k < count; k++) {
    for (const isImaginary of [false, true]) {
      for (let n = 0; n < length; n++) {
        // The product is reduced first: angles stay small and exact.
        const angle = (2 * Math.PI * ((k * n) % length)) / length;
        const [re, im] = [Math.cos(angle) * factor, sign * Math.sin(angle) * factor];
        matrix.push(isImaginary ? im : re);
        if (parts === 2) matrix.push(isImaginary ? re : -im);
      }
    }
  }
  const rows = op.emit(reshape, [x], { shape: [...shape.slice(0, -2), length * parts] });
  const weights = op.numbers('f32', [2 * count, length * parts], matrix);
  const y = op.emit(fullyConnected, [rows, weights], { keep_dims: true });
  return op.emit(reshape, [y], { shape: [...shape.slice(0, -2), count, 2] });
}

/**
 * The real numbers whose transform begins with these complex ones, the others being their conjugates:
 * y[n] = sum of c[k] * Re(x[k] * exp(2 pi i k n / length)) / length, where c is 2 for values that have a conjugate.
 */
function realFromHalf(op: NodeContext, given: Value, length: number): Value {
  const count = Math.floor(length / 2) + 1;
  const x = fittedTo(op, given, count);
  const { shape } = x.type;
  rule(shape.at(-1) === 2 && length > 0 && length <= maxLength, 'takes complex numbers');
  const matrix: number[] = [];
  for (let n = 0; n < length; n++) {
    for (let k = 0; k < count; k++) {
      const angle = (2 * Math.PI * ((k * n) % length)) / length;
      const factor = (k === 0 || 2 * k === length ? 1 : 2) / length;
      matrix.push(factor * Math.cos(angle), -factor * Math.sin(angle));
    }
  }
  const rows = op.emit(reshape, [x], { shape: [...shape.slice(0, -2), 2 * count] });
  const y = op.emit(fullyConnected, [rows, op.numbers('f32', [length, 2 * count], matrix)], { keep_dims: true });
  return op.emit(reshape, [y], { shape: [...shape.slice(0, -2), length, 1] });
}

// The problem that rounding the weights of one output channel is: a quadratic over integers.
//
// Weights w^ = scale * q in place of w change the channel's result by d.x, d = w^ - w. With the best bias, the expected
// square of that is J(d) = d^T H d, H = E[(x - mean)(x - mean)^T]: Nagel et al., "Up or Down? Adaptive Rounding for
// Post-Training Quantization" (2020), equation 8, about the mean because the bias is free.
import type { GroupMoments } from './moments.ts';

/** One output channel. */
export interface RowProblem {
  /** w, f32 as f64: K of them. */
  readonly weights: Float64Array;
  /** H, K x K: the same for all channels of a group. */
  readonly hessian: Float64Array;
}

/** The share of the inputs' mean variance that every input is taken to have besides its own. */
const damping = 0.01;

/**
 * H from moments of `count` patches, and on its diagonal a pull of every weight towards its float value: what few patches
 * say of directions that they hardly show is chance.
 */
export function hessianOf({ second, mean }: GroupMoments, count: number): Float64Array {
  const length = mean.length;
  let trace = 0;
  for (let k = 0; k < length; k++) trace += second[k * length + k]!;
  const ridge = ((damping + length / (4 * Math.max(1, count))) * trace) / length;
  const hessian = second.slice();
  for (let k = 0; k < length; k++) hessian[k * length + k]! += ridge;
  return hessian;
}

/** H d at d = scale * q - w: half of the gradient of J. */
export function halfGradient({ hessian, weights }: RowProblem, q: Float64Array, scale: number): Float64Array {
  const length = weights.length;
  const result = new Float64Array(length);
  for (let j = 0; j < length; j++) {
    const d = q[j]! * scale - weights[j]!;
    // H is symmetric: rows are read in order.
    for (let k = 0; k < length; k++) result[k]! += d * hessian[j * length + k]!;
  }
  return result;
}

/** J(d) at d = scale * q - w. */
export function objective(row: RowProblem, q: Float64Array, scale: number): number {
  return halfGradient(row, q, scale).reduce((sum, g, k) => sum + g * (q[k]! * scale - row.weights[k]!), 0);
}

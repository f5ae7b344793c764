// Adaptive rounding: each weight is rounded up or down, found by gradient descent over how far up it goes. Nagel et al., "Up
// or Down? Adaptive Rounding for Post-Training Quantization" (2020), sections 4 and 5.
//
// w^ = scale * (floor(w / scale) + h(v)),  h(v) = clip(1.2 sigmoid(v) - 0.1, 0, 1)         (equations 22, 23)
// loss = J(w^ - w) + lambda * sum(1 - |2 h(v) - 1|^beta),  beta falling from 20 to 2       (equations 21, 24)
//
// All channels that share H take each step together: their gradient is one product of matrices.
import { matrixProduct } from './matrix-product.ts';
import { weightLimit } from './weight-rows.ts';

/** Output channels of one group: `rows` of K weights each, one scale per row, and H, K x K, symmetric. */
export interface RowsProblem {
  readonly weights: Float64Array;
  readonly scales: Float64Array;
  readonly hessian: Float64Array;
}

/** Steps of gradient descent. The first fifth is free of the pull towards whole numbers, as in the paper. */
const steps = 200;
const warmUp = 0.2;
const betas = { start: 20, end: 2 };

/** Adam with its authors' averages (Kingma and Ba, 2015); the rate is larger than the paper's 0.01, for fewer steps. */
const adam = { rate: 0.05, first: 0.9, second: 0.999, epsilon: 1e-8 };

/** Weight of the pull towards whole numbers, against a quadratic whose curvature is 1 per weight on average. */
const pull = 0.1;

/** Integers for all rows, in their order. */
export function adaptiveRounding({ weights, scales, hessian }: RowsProblem): Float64Array {
  const rows = scales.length;
  const length = weights.length / rows;
  const count = weights.length;
  let trace = 0;
  for (let k = 0; k < length; k++) trace += hessian[k * length + k]!;
  if (!(trace > 0)) return weights.map((w, i) => saturated(w / scales[Math.floor(i / length)]!));
  const normal = Float32Array.from(hessian, (v) => (v * length) / trace);
  const down = weights.map((w, i) => Math.floor(w / scales[Math.floor(i / length)]!));
  // In units of the step: J of a row is scale^2 * trace / K times this one's.
  const part = weights.map((w, i) => w / scales[Math.floor(i / length)]! - down[i]!);
  const v = part.map((p) => inverseRectified(p));
  const [mean, square] = [new Float64Array(count), new Float64Array(count)];
  const difference = new Float32Array(count);
  const product = matrixProduct({ rows, columns: length, depth: length });
  for (let step = 1; step <= steps; step++) {
    for (let i = 0; i < count; i++) difference[i] = rectified(v[i]!) - part[i]!;
    const gradient = product(difference, normal);
    const progress = (step / steps - warmUp) / (1 - warmUp);
    const beta = betas.end + (betas.start - betas.end) * 0.5 * (1 + Math.cos(Math.PI * Math.max(0, progress)));
    const correctFirst = 1 - adam.first ** step;
    const correctSecond = 1 - adam.second ** step;
    for (let i = 0; i < count; i++) {
      // What was pruned stays so.
      if (weights[i] === 0) continue;
      const sigmoid = 1 / (1 + Math.exp(-v[i]!));
      const h = 1.2 * sigmoid - 0.1;
      const slope = h > 0 && h < 1 ? 1.2 * sigmoid * (1 - sigmoid) : 0;
      const side = 2 * Math.min(1, Math.max(0, h)) - 1;
      const whole = progress > 0 ? -pull * 2 * beta * Math.sign(side) * Math.abs(side) ** (beta - 1) : 0;
      const g = (2 * gradient[i]! + whole) * slope;
      mean[i] = adam.first * mean[i]! + (1 - adam.first) * g;
      square[i] = adam.second * square[i]! + (1 - adam.second) * g * g;
      v[i]! -= (adam.rate * mean[i]!) / correctFirst / (Math.sqrt(square[i]! / correctSecond) + adam.epsilon);
    }
  }
  return down.map((d, i) => saturated(d + (rectified(v[i]!) >= 0.5 ? 1 : 0)));
}

const saturated = (q: number) => Math.min(weightLimit, Math.max(-weightLimit, Math.round(q)));

const rectified = (v: number) => Math.min(1, Math.max(0, 1.2 / (1 + Math.exp(-v)) - 0.1));

/** Where {@link rectified} is p. */
const inverseRectified = (p: number) => -Math.log(1.2 / (p + 0.1) - 1);

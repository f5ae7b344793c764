// Rounding by coordinate descent: one weight after the other is put where the quadratic is least, the others staying,
// until none moves. Behdin et al., "QuantEase: Optimization-based Quantization for Language Models" (2023), section 3.
import { halfGradient, type RowProblem } from './row-problem.ts';

/** Sweeps after which a row is left as it is; few take more than ten. */
const maxSweeps = 30;

/**
 * Improves integers in place, within -limit to limit, but for those of weights that are 0: pruned ones stay so. Returns by how
 * much the quadratic fell (never negative): every step lowers it, so that the end is never worse than the start.
 */
export function descend(row: RowProblem, q: Float64Array, scale: number, limit: number): number {
  const { hessian } = row;
  const length = q.length;
  const gradient = halfGradient(row, q, scale);
  let gain = 0;
  for (let sweep = 0; sweep < maxSweeps; sweep++) {
    let moved = false;
    for (let k = 0; k < length; k++) {
      const curvature = hessian[k * length + k]!;
      if (!(curvature > 0) || row.weights[k] === 0) continue;
      const wanted = q[k]! - gradient[k]! / (curvature * scale);
      const next = Math.min(limit, Math.max(-limit, Math.round(wanted)));
      const step = (next - q[k]!) * scale;
      if (step === 0) continue;
      const change = step * (2 * gradient[k]! + step * curvature);
      // Less than what f64 can tell would let the search run in circles.
      if (!(change < -1e-12 * step * step * curvature)) continue;
      q[k] = next;
      gain -= change;
      moved = true;
      for (let j = 0; j < length; j++) gradient[j]! += step * hessian[k * length + j]!;
    }
    if (!moved) break;
  }
  return gain;
}

// Rounding one weight after the other, each making up for the errors of those before it: Babai's nearest plane algorithm
// ("On Lovasz' lattice reduction and the nearest lattice point problem", 1986) on the quadratic of rounding. It is what
// Frantar et al., "GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers" (2023), computes.

/** The lower triangle L of H = L L^T, K x K; H is symmetric and positive definite. */
export function cholesky(hessian: Float64Array): Float64Array {
  const length = Math.round(Math.sqrt(hessian.length));
  const lower = new Float64Array(hessian.length);
  for (let i = 0; i < length; i++)
    for (let j = 0; j <= i; j++) {
      let sum = hessian[i * length + j]!;
      for (let k = 0; k < j; k++) sum -= lower[i * length + k]! * lower[j * length + k]!;
      // A pivot that rounding errors have taken below what they can tell is that of a direction without curvature.
      const least = 1e-12 * hessian[i * length + i]!;
      lower[i * length + j] =
        i === j ? Math.sqrt(Math.max(sum, least, Number.MIN_VALUE)) : sum / lower[j * length + j]!;
    }
  return lower;
}

/** Integers of -limit to limit for weights in place of which scale * q stands, from the last to the first; 0 for 0. */
export function nearestPlane(lower: Float64Array, weights: Float64Array, scale: number, limit: number): Float64Array {
  const length = weights.length;
  const q = new Float64Array(length);
  /** Sum over j > k of L[j, k] * (weight - rounded weight) of j. */
  const carried = new Float64Array(length);
  for (let k = length - 1; k >= 0; k--) {
    if (weights[k] === 0) continue;
    const target = weights[k]! + carried[k]! / lower[k * length + k]!;
    q[k] = Math.min(limit, Math.max(-limit, Math.round(target / scale)));
    const error = weights[k]! - q[k]! * scale;
    for (let i = 0; i < k; i++) carried[i]! += lower[k * length + i]! * error;
  }
  return q;
}

// Which weights of one output channel become 0, and what the others become.

/** One output channel: K weights, and the lower triangle L of H = L L^T, the moments of what they are multiplied with. */
export interface PrunableRow {
  readonly weights: Float64Array;
  readonly lower: Float64Array;
}

/**
 * The weights with those at 0 that cost the result's expected square less than `threshold`, from the last to the first;
 * those that follow make up for it. The cost of weight k, the ones before it free: (w_k L_kk)^2, w_k as it is by then.
 */
export function prunedRow({ weights, lower }: PrunableRow, threshold: number): Float64Array {
  const length = weights.length;
  const left = new Float64Array(length);
  /** Sum over j > k of L[j, k] * (weight - what is left of it) of j. */
  const carried = new Float64Array(length);
  for (let k = length - 1; k >= 0; k--) {
    const pivot = lower[k * length + k]!;
    const wanted = weights[k]! + carried[k]! / pivot;
    const stays = weights[k] !== 0 && (wanted * pivot) ** 2 >= threshold;
    left[k] = stays ? wanted : 0;
    const error = weights[k]! - left[k]!;
    if (error === 0) continue;
    for (let i = 0; i < k; i++) carried[i]! += lower[k * length + i]! * error;
  }
  return left;
}

/** The expected square of what the weights make of inputs with these moments: w^T H w. */
export function rowPower({ weights, lower }: PrunableRow): number {
  const length = weights.length;
  let power = 0;
  for (let k = 0; k < length; k++) {
    let sum = 0;
    for (let j = k; j < length; j++) sum += lower[j * length + k]! * weights[j]!;
    power += sum * sum;
  }
  return power;
}

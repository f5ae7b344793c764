// Noise of outputs: how far they are from the float network's, in dB of what they are.

/** Keeps logarithms of outputs that are all zero, or without any error, finite. */
const leastEnergy = 1e-30;

/** What a difference that is no number counts as: very far. */
const notFinite = 1e30;

/** The sum of squares of the elements, or of their differences from another tensor's. */
export function squares(y: Float32Array, other?: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < y.length; i++) {
    const d = (y[i] ?? 0) - (other?.[i] ?? 0);
    sum += Number.isFinite(d) ? d * d : notFinite;
  }
  return sum;
}

/** Noise over signal in dB as a mean over tensors, of sums of squares for each: less is better. */
export function noiseInDecibels(noise: ArrayLike<number>, signal: ArrayLike<number>): number {
  let total = 0;
  for (let k = 0; k < noise.length; k++) {
    total += 10 * Math.log10(((noise[k] ?? 0) + leastEnergy) / ((signal[k] ?? 0) + leastEnergy));
  }
  return total / Math.max(1, noise.length);
}

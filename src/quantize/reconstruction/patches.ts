// Patches of a linear operator's input, gathered at chosen positions of its result: the rows of the matrix that its
// weights multiply (im2col, at some positions only).
import type { Patches } from '../../../ir/define-op.ts';
import { type Random, seededRandom } from '../../random-tensor.ts';

/** Elements of one patch of one group. */
export const patchLength = ({ kernel, input, groups }: Patches): number => kernel[0] * kernel[1] * (input[3] / groups);

/** Positions of the result: batch entries, rows and columns. */
export const positionCount = ({ input, output }: Patches): number => input[0] * output[0] * output[1];

/** `count` of the numbers below `total`, each at most once, in increasing order; all of them where there are no more. */
export function samplePositions(total: number, count: number, random: Random): Int32Array {
  const chosen = new Int32Array(Math.min(count, total));
  // Knuth, The Art of Computer Programming, volume 2, algorithm 3.4.2 S: one pass, in order.
  let found = 0;
  for (let i = 0; found < chosen.length; i++) if ((total - i) * random() < chosen.length - found) chosen[found++] = i;
  return chosen;
}

/** Some positions of a layer's result for one sample: the same ones whenever the key is the same. */
export const positionsOf = (patches: Patches, count: number, key: readonly number[]): Int32Array =>
  samplePositions(positionCount(patches), count, seededRandom(key.reduce((h, n) => Math.imul(h ^ n, 0x9e3779b1), 1)));

/**
 * Writes the patches at these positions, the one of group g at position number r as row g * rows + at + r of the target,
 * whose rows have {@link patchLength} elements. `x` is the operator's operand 0.
 */
export function gatherPatches(
  patches: Patches,
  x: Float32Array,
  positions: Int32Array,
  target: Float32Array,
  { rows, at }: { readonly rows: number; readonly at: number },
): void {
  const [, height, width, channels] = patches.input;
  const { kernel, output, stride, dilation, pad, groups } = patches;
  const depth = channels / groups;
  const length = patchLength(patches);
  for (let r = 0; r < positions.length; r++) {
    const position = positions[r] ?? 0;
    const column = position % output[1];
    const rest = (position - column) / output[1];
    const row = rest % output[0];
    const batch = (rest - row) / output[0];
    const top = row * (stride[0] ?? 1) - pad[0];
    const left = column * (stride[1] ?? 1) - pad[1];
    for (let u = 0; u < kernel[0]; u++)
      for (let v = 0; v < kernel[1]; v++) {
        const i = top + u * (dilation[0] ?? 1);
        const j = left + v * (dilation[1] ?? 1);
        const inside = i >= 0 && i < height && j >= 0 && j < width;
        const from = ((batch * height + i) * width + j) * channels;
        const tap = (u * kernel[1] + v) * depth;
        for (let c = 0; c < channels; c++) {
          const g = Math.floor(c / depth);
          const k = tap + (c % depth);
          target[(g * rows + at + r) * length + k] = inside ? (x[from + c] ?? 0) : 0;
        }
      }
  }
}

// Moments of the patches that a linear layer's weights multiply: all that the expected squared error of rounding them
// depends on.
import type { Patches } from '../../../ir/define-op.ts';
import { type MatrixProduct, matrixProduct } from './matrix-product.ts';
import { gatherPatches, patchLength } from './patches.ts';

/** Moments of the K elements of a patch of one group of input channels. */
export interface GroupMoments {
  readonly mean: Float64Array;
  /** About the mean, K x K: E[(x - mean)(x - mean)^T]. */
  readonly second: Float64Array;
}

export interface LayerMoments {
  /** Patches seen. */
  readonly count: number;
  /** Of each group of input channels. */
  readonly groups: readonly GroupMoments[];
}

/** Patches that are multiplied at once: few enough that sums of f32 stay exact to some 20 bits. */
const chunk = 256;

/** Shorter patches are multiplied by plain loops: a product of small matrices is mostly calls. */
const leastForProduct = 24;

/** Adds up moments over samples, in memory that does not depend on their number. */
export class Moments {
  readonly #patches: Patches;
  readonly #length: number;
  /** Up to `chunk` patches for each group. */
  readonly #waiting: Float32Array;
  readonly #sums: Float64Array[];
  readonly #products: Float64Array[];
  readonly #product: MatrixProduct | undefined;
  #pending = 0;
  #count = 0;

  constructor(patches: Patches) {
    const { groups } = patches;
    const length = patchLength(patches);
    this.#patches = patches;
    this.#length = length;
    this.#waiting = new Float32Array(groups * length * chunk);
    this.#sums = Array.from({ length: groups }, () => new Float64Array(length));
    this.#products = Array.from({ length: groups }, () => new Float64Array(length * length));
    this.#product =
      length < leastForProduct ? undefined : matrixProduct({ rows: length, columns: length, depth: chunk }, true);
  }

  /** Takes the patches of a layer's input at these positions of its result. */
  add(x: Float32Array, positions: Int32Array): void {
    for (let start = 0; start < positions.length; ) {
      const some = positions.subarray(start, start + chunk - this.#pending);
      gatherPatches(this.#patches, x, some, this.#waiting, { rows: chunk, at: this.#pending });
      this.#pending += some.length;
      start += some.length;
      if (this.#pending === chunk) this.#flush();
    }
  }

  /** What was seen up to now. */
  finish(): LayerMoments {
    this.#flush();
    const [length, count] = [this.#length, this.#count];
    const n = Math.max(1, count);
    const groups = this.#sums.map((sum, g) => {
      const mean = sum.map((v) => v / n);
      const second = this.#products[g]!.map((v, i) => {
        const k = i % length;
        return v / n - mean[(i - k) / length]! * mean[k]!;
      });
      return { mean, second };
    });
    return { count, groups };
  }

  #flush(): void {
    const [length, n] = [this.#length, this.#pending];
    const size = length * chunk;
    for (const [g, sums] of this.#sums.entries()) {
      const x = this.#waiting.subarray(g * size, (g + 1) * size);
      // What a last, shorter chunk leaves is of the chunk before.
      x.fill(0, n * length);
      for (let r = 0; r < n; r++) for (let k = 0; k < length; k++) sums[k]! += x[r * length + k]!;
      const products = this.#products[g]!;
      if (this.#product === undefined) addSquare(products, x, length, n);
      else for (const [i, v] of this.#product(x, x).entries()) products[i]! += v;
    }
    this.#count += n;
    this.#pending = 0;
  }
}

function addSquare(sums: Float64Array, x: Float32Array, length: number, n: number): void {
  for (let i = 0; i < length; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let r = 0; r < n; r++) sum += x[r * length + i]! * x[r * length + j]!;
      sums[i * length + j]! += sum;
      if (i !== j) sums[j * length + i]! += sum;
    }
}

// Pictures with something to read, for text detectors: rows of handwritten digits, lighter or darker than what is behind.
import { readFileSync } from 'node:fs';
import { seededRandom } from '../../src/random-tensor.ts';
import { sharedPath } from '../shared-folder.ts';

/** Rows and columns of a digit's picture. */
const size = 28;
/** Columns from one digit to the next: their pictures have borders. */
const advance = 22;
/** Least difference of brightness, of 1. */
const contrast = 0.3;
/** Extent of the noise behind. */
const grain = 0.05;

/** The k-th picture: planes of three equal colours [1, 3, height, width], from `low` to `high`. */
export function digitPicture(
  k: number,
  [, planes = 3, height = 1, width = 1]: readonly number[],
  [low, high]: readonly [number, number],
): Float32Array {
  const digits = readFileSync(sharedPath('data', 'mnist', 'images.bin'));
  const random = seededRandom(100 + k);
  const upTo = (n: number) => Math.floor(random() * n);
  const paper = random();
  const ink = paper + (paper > 0.5 ? -1 : 1) * (contrast + 0.2 * random());
  const grey = Float32Array.from({ length: height * width }, () => paper + grain * (random() - 0.5));
  const rows = 1 + upTo(3);
  for (let row = 0; row < rows; row++) {
    const top = Math.floor(((height - size) * (row + random() / 2)) / rows);
    for (let left = upTo(size), n = 1 + upTo(4); n > 0 && left + size <= width; n--, left += advance) {
      const digit = size * size * upTo(digits.length / size ** 2);
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++) {
          const at = (top + i) * width + left + j;
          grey[at]! += ((digits[digit + i * size + j] ?? 0) / 255) * (ink - (grey[at] ?? 0));
        }
    }
  }
  return Float32Array.from({ length: planes * grey.length }, (_, i) => low + (high - low) * grey[i % grey.length]!);
}

// Damaged copies of a file, from a seed.
import type { Random } from '../../src/random-tensor.ts';

/** One to three changes: bits, bytes, aligned words (where offsets, lengths and dimensions are), moved parts, or a cut. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  const below = (n: number) => Math.floor(random() * n);
  const damaged = Uint8Array.from(bytes);
  for (let i = 1 + below(3); i > 0; i--) {
    const at = below(damaged.length);
    switch (below(5)) {
      case 0:
        damaged[at]! ^= 1 << below(8);
        break;
      case 1:
        damaged[at] = below(256);
        break;
      case 2: {
        const words = [0, 1, -1, 0x7fffffff, -0x80000000, 0xffff, 0x10000, below(damaged.length), -below(256)];
        const word = Math.min(damaged.length - 4, at & ~3);
        new DataView(damaged.buffer).setInt32(word, words[below(words.length)]!, true);
        break;
      }
      case 3:
        damaged.copyWithin(at, below(damaged.length), below(damaged.length));
        break;
      default:
        if (below(4) === 0) return damaged.subarray(0, at);
        damaged[at]! += 1;
    }
  }
  return damaged;
}

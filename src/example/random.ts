// Seeded pseudo-random numbers for the example: the same seed gives the same sequence on every engine and machine,
// because only 32-bit integer operations, one exact division and a square root are used.

/** The generator xoshiro128** 1.1 of Blackman and Vigna (https://prng.di.unimi.it/xoshiro128starstar.c). */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  /** @param seed any integer; its low 32 bits are used. */
  constructor(seed: number) {
    // The authors ask for a state filled by another generator, so that near seeds give far sequences: here a counter
    // with the odd step 2^32 / phi, mixed by the finalizer of MurmurHash3.
    let counter = seed | 0;
    const word = (): number => {
      counter = (counter + 0x9e3779b9) | 0;
      let z = counter;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return z ^ (z >>> 16);
    };
    this.a = word();
    this.b = word();
    this.c = word();
    this.d = word();
  }

  /** The next 32 random bits, as an unsigned integer. */
  next(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.b, 5), 7), 9) >>> 0;
    const shifted = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= shifted;
    this.d = rotateLeft(this.d, 11);
    return result;
  }

  /** A real number in [low, high). */
  uniform(low: number, high: number): number {
    return low + (high - low) * (this.next() / 4294967296);
  }

  /** An integer in [0, bound). The bias of at most bound / 2^32 does not matter to a drawing. */
  integer(bound: number): number {
    return Math.floor(this.uniform(0, bound));
  }

  /** A unit vector of uniform direction, by rejection from the square: no sine or cosine, which engines round apart. */
  direction(): readonly [number, number] {
    for (;;) {
      const x = this.uniform(-1, 1);
      const y = this.uniform(-1, 1);
      const square = x * x + y * y;
      if (square <= 1 && square > 0.01) {
        const length = Math.sqrt(square);
        return [x / length, y / length];
      }
    }
  }

  /** Puts the elements in random order, in place (Fisher-Yates). */
  shuffle(items: Uint32Array): void {
    for (let last = items.length - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      const item = items[last] ?? 0;
      items[last] = items[other] ?? 0;
      items[other] = item;
    }
  }
}

function rotateLeft(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

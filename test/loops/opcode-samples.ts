// Operand values for the tests of opcodes: the boundaries of each lane type first, then seeded random ones.
import type { Lanes, LaneValue } from '../../ir/loops/opcodes.ts';
import { type LoopType, laneOf, lanesOf } from '../../ir/loops/types.ts';
import type { Random } from '../../src/example/random.ts';

/** What an operand may hold, where that is less than everything its type can. */
export type Domain =
  | 'any'
  | 'amount'
  | 'few'
  | 'exponent'
  | 'shift'
  | 'multiplier'
  | 'multiplier16'
  | 'long48'
  | 'long25'
  | 'factor'
  | 'bits';

const edges32 = [0, 1, -1, 2, 3, -3, 127, 128, -128, -129, 255, 256, 32767, 32768, -32768, -32769, 65535, 65536].concat(
  [1073741823, 1073741824, -1073741824, -1073741825, 2147483646, 2147483647, -2147483647, -2147483648],
);
const edges64 = [0n, 1n, -1n, 7n, -7n, 255n, -32769n, 2147483647n, 2147483648n, -2147483648n, -2147483649n].concat([
  4294967295n,
  4294967296n,
  1n << 53n,
  (1n << 53n) + 1n,
  -(1n << 53n) - 1n,
  (1n << 63n) - 1n,
  -(1n << 63n),
]);
const edgesF32 = [0, -0, 0.5, -0.5, 1.5, 2.5, -2.5, 1, -1, 0.1, 3.4028234663852886e38, 1e-45, -1e-40, 8388609, 16777215]
  .concat([
    2147483520,
    2147483648,
    -2147483648,
    4e9,
    -4e9,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
  ])
  .map(Math.fround);
const edges48 = [0n, 1n, -1n, 32768n, -32768n, 2147483648n, -2147483649n, (1n << 46n) - 1n, -(1n << 46n)];

function pick<T>(random: Random, edges: readonly T[], otherwise: () => T): T {
  return random.integer(3) === 0 ? edges[random.integer(edges.length)]! : otherwise();
}

/** A signed integer of a random number of bits, so that small magnitudes are as likely as large ones. */
function signed32(random: Random): number {
  return (random.next() | 0) >> random.integer(32);
}

function signed64(random: Random): bigint {
  const bits = (BigInt(random.next()) << 32n) | BigInt(random.next());
  return BigInt.asIntN(64, bits) >> BigInt(random.integer(64));
}

function randomF32(random: Random): number {
  const x = random.uniform(-1, 1) * 2 ** (random.integer(64) - 24);
  return Math.fround(random.integer(3) === 0 ? Math.round(x) + 0.5 : x);
}

function anyValue(random: Random, lane: ReturnType<typeof laneOf>): LaneValue {
  switch (lane) {
    case 'bool':
      return random.integer(2);
    case 'i8':
      return pick(random, [0, 1, -1, 127, -128], () => random.integer(256) - 128);
    case 'u8':
      return pick(random, [0, 1, 127, 128, 255], () => random.integer(256));
    case 'i16':
      return pick(random, [0, 1, -1, 32767, -32768], () => random.integer(65536) - 32768);
    case 'i32':
      return pick(random, edges32, () => signed32(random));
    case 'i64':
      return pick(random, edges64, () => signed64(random));
    case 'f32':
      return pick(random, edgesF32, () => randomF32(random));
  }
}

/** One value of a domain; `amount` counts in the lane itself, so it is a bigint beside i64. */
function valueIn(domain: Domain, random: Random, lane: ReturnType<typeof laneOf>): LaneValue {
  switch (domain) {
    case 'any':
      return anyValue(random, lane);
    case 'amount': {
      const widths = { bool: 1, i8: 8, u8: 8, i16: 16, i32: 32, i64: 64, f32: 1 };
      const amount = random.integer(widths[lane]);
      return lane === 'i64' ? BigInt(amount) : amount;
    }
    case 'exponent':
      return pick(random, [0, 1, 30, 31], () => random.integer(32));
    case 'shift':
      return pick(random, [-31, -30, -1, 0, 1, 30], () => random.integer(62) - 31);
    case 'multiplier':
      return pick(
        random,
        [0, 1073741824, 2147483647, 1, -1, -2147483648],
        () => 1073741824 + random.integer(1073741824),
      );
    case 'multiplier16':
      return pick(random, [0, 0x40000000, 0x7fff0000], () => (16384 + random.integer(16384)) * 65536);
    case 'long48':
      return pick(random, edges48, () => BigInt.asIntN(47, signed64(random)));
    case 'long25':
      return pick(random, [0n, 1n, -1n, 1n << 25n, -(1n << 25n)], () => BigInt.asIntN(26, signed64(random)));
    case 'few':
      return BigInt(random.integer(16));
    case 'factor':
      return Math.fround(random.uniform(0.5, 1) * 2 ** (random.integer(40) - 30));
    case 'bits':
      // Exponents below the largest: NaN payloads do not survive every machine's loads.
      return (random.next() & 0xff7fffff) | 0;
  }
}

/** Values for operands of these types. */
export function sampleOperands(random: Random, types: readonly LoopType[], domains: readonly Domain[]): Lanes[] {
  return types.map((type, o) =>
    Array.from({ length: lanesOf(type) }, () => valueIn(domains[o] ?? 'any', random, laneOf(type))),
  );
}

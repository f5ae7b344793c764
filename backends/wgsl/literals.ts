// Numbers as WGSL literals, exact and of the right type.
import type { Lanes, LaneValue } from '../../ir/loops/opcodes.ts';
import type { Lane } from '../../ir/loops/types.ts';
import { type Code, primary, signed } from './code.ts';
import type { Support } from './support.ts';

const smallestNormal = 2 ** -126;
const bits = new Float32Array(1);
const words = new Uint32Array(bits.buffer);

/** The bits of an f32, as a WGSL literal. */
function bitsText(x: number): string {
  bits[0] = x;
  return `0x${words[0]?.toString(16).padStart(8, '0')}u`;
}

/** Decimal digits that are read back as this f32, with a type. */
function floatText(x: number): string {
  const shortest = Array.from({ length: 9 }, (_, i) => x.toPrecision(i + 1)).find((t) => isNear(Number(t), x));
  const text = String(Number(shortest ?? x));
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`;
}

const greatest = 2 ** 128 - 2 ** 104;

/**
 * Well within half a step of f32 around x, which is at least 2^-25 of it: however it is rounded, x comes out. WGSL takes
 * nothing beyond the greatest f32, even where it would round to it.
 */
function isNear(text: number, x: number): boolean {
  return Math.abs(text - x) < Math.abs(x) * 2 ** -25 * 0.999 && Math.abs(text) <= greatest;
}

/** A lane's value. `support` has the numbers that WGSL has no literal for. */
export function literal(lane: Lane, value: LaneValue, support: Support): Code {
  switch (lane) {
    case 'bool':
      return primary(value ? 'true' : 'false');
    case 'i64': {
      const long = BigInt.asUintN(64, BigInt(value));
      return primary(`vec2u(${long & 0xffffffffn}u, ${long >> 32n}u)`);
    }
    case 'f32': {
      const x = Number(value);
      if (Object.is(x, 0)) return primary('0.0f');
      if (Math.abs(x) >= smallestNormal && Number.isFinite(x)) return signed(floatText(x));
      return primary(`${support.use('float_of_bits')}(${bitsText(x)})`);
    }
    default:
      return signed(String(value));
  }
}

/** Four bytes as the word that holds them. */
export function packedLiteral(lanes: Lanes): Code {
  const word = lanes.reduce<number>((w, x, i) => w | ((Number(x) & 255) << (8 * i)), 0) >>> 0;
  return primary(`0x${word.toString(16).padStart(8, '0')}u`);
}

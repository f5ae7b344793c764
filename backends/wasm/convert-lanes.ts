// `convert` and `narrow` of packed registers: lanes change their type, and with it often their width.
import binaryen from 'binaryen';
import { laneRange } from '../../ir/loops/opcodes.ts';
import { fitsLane } from '../../ir/loops/range-rules.ts';
import type { Piece } from './function-code.ts';
import type { Register } from './register.ts';
import { narrowLanes, resizeMasks, widenLanes } from './resize-lanes.ts';
import type { Shape } from './shape.ts';
import type { Site } from './site.ts';

/** The converted lanes, or undefined where there are no instructions for them. */
export function convertLanes(site: Site, x: Register, shape: Shape): readonly Piece[] | undefined {
  const { code, from, to } = site;
  const { module: m } = code;
  const hold = (pieces: readonly Piece[], f: (p: Piece) => number) => pieces.map((p) => code.hold(binaryen.v128, f(p)));
  if (from === 'bool') {
    const ones = hold(resizeMasks(code, x.pieces, shape.lanes, x.shape.bits, shape.bits), (p) => {
      const one = shape.bits === 64 ? m.i64x2.splat(m.i64.const(1n)) : oneOf(site, shape.bits);
      return m.v128.and(p(), one);
    });
    return to === 'f32' ? hold(ones, (p) => m.f32x4.convert_i32x4_s(p())) : ones;
  }
  if (from === 'f32') return hold(x.pieces, (p) => m.i32x4.trunc_sat_f32x4_s(p()));
  if (to === 'f32') {
    if (from === 'i64') return undefined;
    const words = widenLanes(code, x.pieces, shape.lanes, x.shape.bits, 32, from === 'u8' ? 'unsigned' : 'signed');
    return hold(words, (p) => m.f32x4.convert_i32x4_s(p()));
  }
  return resizeIntegers(site, x, shape, site.instruction.opcode === 'narrow');
}

function oneOf({ code: { module: m } }: Site, bits: number): number {
  const one = m.i32.const(1);
  return bits === 32 ? m.i32x4.splat(one) : bits === 16 ? m.i16x8.splat(one) : m.i8x16.splat(one);
}

function resizeIntegers(site: Site, x: Register, shape: Shape, saturates: boolean): readonly Piece[] | undefined {
  const { code, from, to } = site;
  const { module: m } = code;
  const [fromBits, toBits] = [x.shape.bits, shape.bits];
  if (fromBits < toBits) {
    return widenLanes(code, x.pieces, shape.lanes, fromBits, toBits, from === 'u8' ? 'unsigned' : 'signed');
  }
  const fits = fitsLane(site.ranges[0] ?? site.exact, to);
  if (fromBits === toBits) {
    if (!saturates || fits) return x.pieces;
    const limit = m.i8x16.splat.bind(m.i8x16);
    // The byte types differ by half of their range.
    return x.pieces.map((p) => {
      const [low, high] = [limit(m.i32.const(0)), limit(m.i32.const(laneRange('i8')[1]))];
      return code.hold(binaryen.v128, to === 'i8' ? m.i8x16.min_u(p(), high) : m.i8x16.max_s(p(), low));
    });
  }
  if (fromBits === 64 && saturates && !fits) return undefined;
  // Saturating is one instruction where dropping bits is a shuffle; it changes nothing that fits.
  const how =
    fromBits === 64 || !(saturates || fits) ? 'truncate' : to === 'u8' ? 'saturate-unsigned' : 'saturate-signed';
  return narrowLanes(code, x.pieces, shape.lanes, fromBits, toBits, how);
}

// `dot`: lanes of an accumulator plus sums of groups of products of small integers. On v128 values everything is built
// from i32x4.dot_i16x8_s, which adds products of 16-bit lanes in pairs: bytes are widened first, larger groups are added
// up afterwards. Nothing is rounded and everything wraps modulo 2^32, so the order of additions does not matter.
import binaryen from 'binaryen';
import type { Expression, FunctionCode, Piece } from './function-code.ts';
import { lanesOfRegister, type Register, registerOfLanes } from './register.ts';
import { spellRelaxedDot } from './relaxed-dot.ts';
import { widenLanes } from './resize-lanes.ts';
import { type Shape, scalarType } from './shape.ts';
import type { Site } from './site.ts';

export function spellDot(site: Site, operands: readonly Register[], shape: Shape): readonly Expression[] {
  const [acc, a, b] = operands as [Register, Register, Register];
  const relaxed = site.relaxed ? spellRelaxedDot(site, acc, a, b) : undefined;
  if (relaxed !== undefined) return relaxed;
  const packed = shape.lane === 'i32' && a.shape.packed && Number.isInteger(Math.log2(shape.lanes));
  return packed ? packedDot(site.code, acc, a, b) : dotLaneByLane(site, acc, a, b);
}

function dotLaneByLane({ code }: Site, acc: Register, a: Register, b: Register): readonly Expression[] {
  const { module: m } = code;
  const { shape } = acc;
  const [sums, x, y] = [acc, a, b].map((r) => lanesOfRegister(code, r)) as [Piece[], Piece[], Piece[]];
  const type = scalarType(shape.lane) === 'i64' ? 'i64' : 'i32';
  const group = a.shape.lanes / shape.lanes;
  const lanes = sums.map((start, l) => {
    let sum = start();
    for (let g = l * group; g < (l + 1) * group; g++) {
      // Products of lanes of at most 16 bits fit 32.
      const product = m.i32.mul(x[g]!(), y[g]!());
      sum = m[type].add(sum, type === 'i64' ? m.i64.extend_s(product) : product);
    }
    return sum;
  });
  return registerOfLanes(code, shape, lanes);
}

function packedDot(code: FunctionCode, acc: Register, a: Register, b: Register): readonly Expression[] {
  const { module: m } = code;
  const { lanes } = acc.shape;
  const sums = groupSums(code, a, b, lanes);
  if (!acc.shape.packed) return [m.i32.add(acc.pieces[0]!(), m.i32x4.extract_lane(sums[0]!(), 0))];
  return acc.pieces.map((p, i) => m.i32x4.add(p(), sums[i]!()));
}

/** The sums of groups of products as i32 lanes. */
function groupSums(code: FunctionCode, a: Register, b: Register, lanes: number): readonly Piece[] {
  const { module: m } = code;
  const all = a.shape.lanes;
  const [x, y] = [words(code, a), words(code, b)];
  const hold = (value: Expression) => code.hold(binaryen.v128, value);
  if (all === lanes) {
    // Single products: as many i32 lanes as there are 16-bit ones.
    const halves = all > 4 ? (['low', 'high'] as const) : (['low'] as const);
    return x.flatMap((p, i) => halves.map((half) => hold(m.i32x4[`extmul_${half}_i16x8_s` as const](p(), y[i]!()))));
  }
  let sums: readonly Piece[] = x.map((p, i) => hold(m.i32x4.dot_i16x8_s(p(), y[i]!())));
  for (let left = all / 2; left > lanes; left /= 2) sums = pairSums(code, sums);
  return sums;
}

/** 16-bit lanes of a register of bytes or 16-bit lanes. */
function words(code: FunctionCode, { shape, pieces }: Register): readonly Piece[] {
  return widenLanes(code, pieces, shape.lanes, shape.bits, 16, shape.lane === 'u8' ? 'unsigned' : 'signed');
}

const evenLanes = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27];
const oddLanes = evenLanes.map((byte) => byte + 4);

/** Sums of neighbouring i32 lanes, over all values in order. */
function pairSums(code: FunctionCode, pieces: readonly Piece[]): readonly Piece[] {
  const { module: m } = code;
  return Array.from({ length: Math.ceil(pieces.length / 2) }, (_, i) => {
    const a = pieces[2 * i]!;
    const b = pieces[2 * i + 1] ?? a;
    const pick = (mask: readonly number[]) => m.i8x16.shuffle(a(), b(), [...mask]);
    return code.hold(binaryen.v128, m.i32x4.add(pick(evenLanes), pick(oddLanes)));
  });
}

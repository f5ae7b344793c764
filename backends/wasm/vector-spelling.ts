// Lane-wise opcodes on v128 values whose operands and result have lanes of one width: each row gives the expression of
// one value from those of the operands. A row that is missing, or gives undefined, is computed lane by lane.
import type { Opcode } from '../../ir/loops/opcodes.ts';
import type { Lane } from '../../ir/loops/types.ts';
import type { Expression, Piece } from './function-code.ts';
import type { Site } from './site.ts';

/** A site on v128 values. */
export interface VectorSite extends Site {
  /** The amount of a shift where all lanes are shifted by the same: an i32. */
  readonly amount: Piece | undefined;
}

type Row = (site: VectorSite, a: Piece, b: Piece, c: Piece) => Expression | undefined;

/** The instructions' prefix for a lane. */
const shapes = { i8: 'i8x16', u8: 'i8x16', i16: 'i16x8', i32: 'i32x4', i64: 'i64x2', f32: 'f32x4' } as const;

type IntegerShape = 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2';

function integerShape(lane: Lane): IntegerShape | undefined {
  return lane === 'bool' || lane === 'f32' ? undefined : shapes[lane];
}

const sum =
  (name: 'add' | 'sub'): Row =>
  ({ code, from }, a, b) =>
    from === 'bool' ? undefined : code.module[shapes[from]][name](a(), b());

const product: Row = ({ code: { module: m }, from }, a, b) => {
  switch (from) {
    case 'i8':
    case 'u8': {
      // There is no product of bytes: 16-bit products of both halves, of which the low bytes stay.
      const half = (side: 'low' | 'high') => {
        const extended = (x: Piece) => m.i16x8[`extend_${side}_i8x16_u` as const](x());
        return m.i16x8.mul(extended(a), extended(b));
      };
      const lowBytes = Array.from({ length: 16 }, (_, i) => 2 * i);
      return m.i8x16.shuffle(half('low'), half('high'), lowBytes);
    }
    case 'bool':
      return undefined;
    default:
      return m[shapes[from]].mul(a(), b());
  }
};

/** `b < a ? b : a` and `a < b ? b : a`; pmin and pmax are defined by just that. */
const choice =
  (name: 'min' | 'max'): Row =>
  ({ code: { module: m }, from }, a, b) => {
    switch (from) {
      case 'f32':
        return m.f32x4[`p${name}` as const](a(), b());
      case 'u8':
        return m.i8x16[`${name}_u` as const](a(), b());
      case 'i64':
        return m.v128.bitselect(b(), a(), name === 'min' ? m.i64x2.lt_s(b(), a()) : m.i64x2.lt_s(a(), b()));
      case 'bool':
        return undefined;
      default:
        return m[shapes[from]][`${name}_s` as const](a(), b());
    }
  };

const bitwise =
  (name: 'and' | 'or' | 'xor'): Row =>
  ({ code }, a, b) =>
    code.module.v128[name](a(), b());

const shift =
  (name: 'shl' | 'shr_s' | 'shr_u'): Row =>
  ({ code, from, amount }, a) => {
    const shape = integerShape(from);
    if (shape === undefined || amount === undefined) return undefined;
    // A zero-extended byte has no sign to shift in.
    return code.module[shape][name === 'shr_s' && from === 'u8' ? 'shr_u' : name](a(), amount());
  };

const magnitude: Row = ({ code, from }, a) => {
  if (from === 'u8') return a();
  return from === 'bool' ? undefined : code.module[shapes[from]].abs(a());
};

const negation: Row = ({ code, from }, a) => (from === 'bool' ? undefined : code.module[shapes[from]].neg(a()));

const float =
  (name: 'sqrt' | 'floor' | 'ceil' | 'trunc' | 'nearest'): Row =>
  ({ code }, a) =>
    code.module.f32x4[name](a());

/** Masks as wide as the operands' lanes. */
const comparison =
  (name: 'lt' | 'le' | 'gt' | 'ge'): Row =>
  ({ code: { module: m }, from }, a, b) => {
    switch (from) {
      case 'f32':
        return m.f32x4[name](a(), b());
      case 'u8':
        return m.i8x16[`${name}_u` as const](a(), b());
      case 'bool':
        return undefined;
      default:
        return m[shapes[from]][`${name}_s` as const](a(), b());
    }
  };

const equality =
  (name: 'eq' | 'ne'): Row =>
  ({ code: { module: m }, from }, a, b) => {
    if (from !== 'bool') return m[shapes[from]][name](a(), b());
    const differs = m.v128.xor(a(), b());
    return name === 'ne' ? differs : m.v128.not(differs);
  };

const scaling: Row = ({ code: { module: m } }, a, b) =>
  m.i32x4.trunc_sat_f32x4_s(m.f32x4.nearest(m.f32x4.mul(m.f32x4.convert_i32x4_s(a()), b())));

const rows: Partial<Record<Opcode, Row>> = {
  add: sum('add'),
  sub: sum('sub'),
  mul: product,
  div: ({ code, from }, a, b) => (from === 'f32' ? code.module.f32x4.div(a(), b()) : undefined),
  min: choice('min'),
  max: choice('max'),
  and: bitwise('and'),
  or: bitwise('or'),
  xor: bitwise('xor'),
  shl: shift('shl'),
  shr: shift('shr_s'),
  shr_u: (site, a, b, c) => (site.from === 'i32' ? shift('shr_u')(site, a, b, c) : undefined),
  abs: magnitude,
  neg: negation,
  not: ({ code }, a) => code.module.v128.not(a()),
  sqrt: float('sqrt'),
  floor: float('floor'),
  ceil: float('ceil'),
  trunc: float('trunc'),
  nearest: float('nearest'),
  eq: equality('eq'),
  ne: equality('ne'),
  lt: comparison('lt'),
  le: comparison('le'),
  gt: comparison('gt'),
  ge: comparison('ge'),
  bitcast: (_site, a) => a(),
  scale: scaling,
};

/** One value of the result, or undefined where there is no such instruction. */
export function spellVectorPiece(site: VectorSite, operands: readonly Piece[]): Expression | undefined {
  const [a, b, c] = operands as [Piece, Piece?, Piece?];
  return rows[site.instruction.opcode]?.(site, a, b ?? a, c ?? a);
}

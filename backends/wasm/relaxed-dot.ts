// The dot product of relaxed SIMD, which adds products of bytes in groups of four. The specification leaves two things
// to the engine: whether a byte of the second operand with its top bit set is negative, and whether sums of two products
// saturate at 16 bits on the way (WebAssembly core specification, i32x4.relaxed_dot_i8x16_i7x16_add_s). With a second
// operand of 7 bits neither happens. With one of 8 unsigned bits the result is exact where the engine takes it as that
// and does not saturate (VPDPBUSD); the loader asks the engine by the probe below, and takes another module otherwise.
import binaryen from 'binaryen';
import { internalError } from '../../ir/diagnostics.ts';
import type { Range } from '../../ir/loops/range-rules.ts';
import type { Expression, Piece } from './function-code.ts';
import type { Register } from './register.ts';
import type { Site } from './site.ts';

/** What binaryen's interface for JavaScript has, but its declarations do not. */
interface Undeclared {
  _BinaryenSIMDTernary(module: number, operation: number, a: Expression, b: Expression, c: Expression): Expression;
}

interface Pointer {
  readonly ptr: number;
}

/** `sum` plus products of the signed bytes of `a` and the unsigned bytes of `b`, in groups of four. */
function relaxedDot(m: binaryen.Module, a: Expression, b: Expression, sum: Expression): Expression {
  const { _BinaryenSIMDTernary: ternary } = binaryen as unknown as Undeclared;
  const { ptr } = m as unknown as Pointer;
  return ternary(ptr, binaryen.RelaxedDotI8x16I7x16AddSToVecI32x4, a, b, sum);
}

/** True where the bytes can be the first operand: signed. */
const fitsFirst = (x: Register, range: Range) => x.shape.lane === 'i8' || range.max <= 127;
/** True where the bytes can be the second operand: unsigned. */
const fitsSecond = (x: Register, range: Range) => x.shape.lane === 'u8' || range.min >= 0;

/** A `dot` of bytes in groups of four into i32 lanes; undefined where its operands' intervals do not allow it. */
export function spellRelaxedDot(
  { code: { module: m }, ranges }: Site,
  acc: Register,
  a: Register,
  b: Register,
): readonly Expression[] | undefined {
  const bytes = [a, b].every(({ shape }) => shape.packed && shape.bits === 8);
  if (!bytes || a.shape.lanes !== 4 * acc.shape.lanes || acc.shape.bits !== 32 || acc.shape.lanes < 4) return undefined;
  const [rangeA, rangeB] = [ranges[1], ranges[2]];
  if (rangeA === undefined || rangeB === undefined) return internalError('dot has an operand without an interval');
  const straight = fitsFirst(a, rangeA) && fitsSecond(b, rangeB);
  if (!straight && !(fitsFirst(b, rangeB) && fitsSecond(a, rangeA))) return undefined;
  const [first, second] = straight ? [a, b] : [b, a];
  return acc.pieces.map((sum, i) => relaxedDot(m, first.pieces[i]!(), second.pieces[i]!(), sum()));
}

/** Bytes of both operands: the ends of what signed and unsigned bytes are, alone and beside others. */
const probes: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [-128, -128, -128, -128],
    [255, 255, 255, 255],
  ],
  [
    [127, 127, 127, 127],
    [255, 255, 255, 255],
  ],
  [
    [-128, 127, 1, -1],
    [128, 255, 2, 77],
  ],
  [
    [3, -5, 127, -128],
    [200, 1, 130, 255],
  ],
];

/**
 * A module with a function `check` that gives 1 where the engine computes relaxed dots as modules rely on: each lane its
 * own four products, bytes of the second operand unsigned, nothing saturated, the third operand added once.
 */
export function relaxedProbe(): Uint8Array {
  const m = new binaryen.Module();
  try {
    m.setFeatures(binaryen.Features.SIMD128 | binaryen.Features.RelaxedSIMD);
    const { i32x4, i32 } = m;
    // Operands come from memory, so that no compiler computes the products itself.
    const data = Uint8Array.from(probes.flatMap(([a, b]) => [...a, ...b]));
    m.setMemory(1, 1, null, [{ offset: i32.const(0), data }]);
    const start = (p: number) => 1000 * p - 7;
    const results = probes.map(([a, b], p) => {
      const operand =
        (at: number): Piece =>
        () =>
          m.v128.load32_splat(8 * p + at, 1, i32.const(0));
      const expected = a.reduce((sum, x, g) => sum + x * b[g]!, start(p));
      const dot = relaxedDot(m, operand(0)(), operand(4)(), i32x4.splat(i32.const(start(p))));
      return i32x4.all_true(i32x4.eq(dot, i32x4.splat(i32.const(expected))));
    });
    const all = results.reduce((x, y) => i32.and(x, y));
    m.addFunction('check', binaryen.none, binaryen.i32, [], all);
    m.addFunctionExport('check', 'check');
    if (m.validate() === 0) internalError('the probe of relaxed SIMD is not valid');
    return m.emitBinary();
  } finally {
    m.dispose();
  }
}

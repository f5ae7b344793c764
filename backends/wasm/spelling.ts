// From one computing instruction of the loop IR to WebAssembly: on scalars, on v128 values where there are instructions
// for them, and lane by lane for the rest.
import binaryen from 'binaryen';
import { constantValue } from '../../ir/loops/builder.ts';
import type { LoopValue } from '../../ir/loops/kernel.ts';
import { laneRange } from '../../ir/loops/opcodes.ts';
import { fitsLane } from '../../ir/loops/range-rules.ts';
import { spellAcrossLanes } from './across-lanes.ts';
import { convertLanes } from './convert-lanes.ts';
import type { Expression, Piece } from './function-code.ts';
import { maskedSum } from './masked-sum.ts';
import { lanesOfRegister, type Register, registerOfLanes } from './register.ts';
import { limitLanes, resizeMasks } from './resize-lanes.ts';
import { isLaneWise, spellScalar } from './scalar-spelling.ts';
import type { Shape } from './shape.ts';
import type { Site } from './site.ts';
import { highProducts, requantizeDoubleLanes, requantizeSingleLanes, roundingShiftLanes } from './vector-rounding.ts';
import { spellVectorPiece } from './vector-spelling.ts';

/** Finds the register of a value that is defined where the instruction stands. */
export type Reader = (v: LoopValue) => Register;

/** The values of an instruction's result, which has this shape. */
export function spellInstruction(
  site: Site,
  operands: readonly Register[],
  shape: Shape,
  read: Reader,
): readonly Expression[] {
  if (!isLaneWise(site.instruction.opcode)) return spellAcrossLanes(site, operands, shape);
  const packed = shape.packed ? packedResult(site, operands, shape, read) : undefined;
  return packed ?? laneByLane(site, operands, shape);
}

/**
 * True when an instruction fills whole values with the lanes of its result again and again: a splat does, and what works
 * on each lane alone or widens the lower lanes, where its operands do.
 */
export function resultRepeats({ instruction: { opcode } }: Site, operands: readonly Register[], shape: Shape): boolean {
  if (!shape.packed) return false;
  if (opcode === 'splat') return operands[0]?.shape.lanes === 1;
  const widens = opcode === 'convert' && operands.every((o) => o.shape.bits <= shape.bits);
  return (widens || opcode === 'add' || opcode === 'sub') && operands.every((o) => o.repeats === true);
}

function laneByLane(site: Site, operands: readonly Register[], shape: Shape): readonly Expression[] {
  const lanes = operands.map((o) => lanesOfRegister(site.code, o));
  const of = (l: number) => lanes.map((ofOperand) => ofOperand[ofOperand.length === 1 ? 0 : l]!);
  const values = Array.from({ length: shape.lanes }, (_, l) => spellScalar(site, of(l)));
  return registerOfLanes(site.code, shape, values);
}

/** The result as v128 values, or undefined where it must be computed lane by lane. */
function packedResult(
  site: Site,
  operands: readonly Register[],
  shape: Shape,
  read: Reader,
): readonly Expression[] | undefined {
  const [first] = operands;
  if (first === undefined) return undefined;
  switch (site.instruction.opcode) {
    case 'select':
      return selection(site, operands, shape);
    case 'convert':
    case 'narrow':
      return narrowedAndLimited(site, first, shape, read);
    case 'eq':
    case 'ne':
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
      return comparison(site, operands, shape);
    case 'mul_high':
    case 'requantize':
    case 'shr_round':
      if (site.from !== 'i32') return undefined;
      return rounding(site, operands, read);
    default:
      return (
        maskedSum(site, first, shape, read) ??
        pieceByPiece(first, (p) => {
          const pieces = operands.map((o) => o.pieces[p]!);
          return spellVectorPiece({ ...site, amount: uniformAmount(site, read) }, pieces);
        })
      );
  }
}

/** A limit that lanes of the narrow type are to keep. */
interface Limit {
  readonly opcode: 'min' | 'max';
  readonly value: number;
}

/**
 * A conversion to other lanes. Where it saturates numbers that were limited first, the limits wait until the lanes are
 * narrow and fewer instructions hold them all: saturating keeps the order of numbers, and every limit within the narrow
 * type as it is. One beyond that type is no limit any more.
 */
function narrowedAndLimited(
  site: Site,
  operand: Register,
  shape: Shape,
  read: Reader,
): readonly Expression[] | undefined {
  const { value, limits } = unlimited(site, operand, shape);
  const pieces = convertLanes(site, value === undefined ? operand : read(value), shape);
  return pieces?.map((piece) =>
    limits.reduce((x, { opcode, value: limit }) => limitLanes(site, x, opcode, limit, shape.bits), piece()),
  );
}

/** What a conversion may read instead of its operand, and the limits that are left, innermost first. */
function unlimited(
  site: Site,
  operand: Register,
  shape: Shape,
): { readonly value: LoopValue | undefined; readonly limits: readonly Limit[] } {
  const small = ['i8', 'u8', 'i16'].includes(site.to) && ['i16', 'i32'].includes(site.from);
  const saturates = site.instruction.opcode === 'narrow' || fitsLane(site.ranges[0] ?? site.exact, site.to);
  if (!small || !saturates || shape.bits >= operand.shape.bits) return { value: undefined, limits: [] };
  const [low, high] = laneRange(site.to);
  const limits: Limit[] = [];
  let v = site.instruction.operands[0]!;
  for (;;) {
    const limited = v.definition;
    if (limited?.kind !== 'compute' || (limited.opcode !== 'max' && limited.opcode !== 'min')) break;
    const value = constantLane(limited.operands[1]);
    const isLoose = limited.opcode === 'max' ? value <= low : value >= high;
    if (!isLoose && !(value >= low && value <= high)) break;
    if (!isLoose) limits.unshift({ opcode: limited.opcode, value });
    v = limited.operands[0]!;
  }
  return { value: v, limits };
}

/** The number in every lane of a constant vector; NaN for any other. */
function constantLane(v: LoopValue | undefined): number {
  const splat = v?.definition;
  if (splat?.kind !== 'compute' || splat.opcode !== 'splat') return Number.NaN;
  const value = constantValue(splat.operands[0]!);
  return value === undefined ? Number.NaN : Number(value);
}

/** One expression for each piece; undefined when one is. */
function pieceByPiece(
  { pieces }: Register,
  spell: (piece: number) => Expression | undefined,
): readonly Expression[] | undefined {
  const values: Expression[] = [];
  for (let p = 0; p < pieces.length; p++) {
    const value = spell(p);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

/** The amount of a shift whose second operand has equal lanes, as an i32. */
function uniformAmount(site: Site, read: Reader): Piece | undefined {
  const definition = site.instruction.operands[1]?.definition;
  if (definition?.kind !== 'compute' || definition.opcode !== 'splat') return undefined;
  const scalar = read(definition.operands[0]!);
  if (scalar.shape.lanes !== 1) return undefined;
  const amount = scalar.pieces[0]!;
  return scalar.shape.lane === 'i64' ? () => site.code.module.i32.wrap(amount()) : amount;
}

function selection(site: Site, operands: readonly Register[], shape: Shape): readonly Expression[] {
  const { code } = site;
  const { module: m } = code;
  const [condition, a, b] = operands as [Register, Register, Register];
  if (condition.shape.lanes === 1) {
    return a.pieces.map((x, p) => m.select(condition.pieces[0]!(), x(), b.pieces[p]!()));
  }
  const masks = resizeMasks(code, condition.pieces, shape.lanes, condition.shape.bits, shape.bits);
  return a.pieces.map((x, p) => m.v128.bitselect(x(), b.pieces[p]!(), masks[p]!()));
}

/** Masks have the width of what was compared, and a register of bool has its own. */
function comparison(site: Site, operands: readonly Register[], shape: Shape): readonly Expression[] | undefined {
  const [a, b] = operands as [Register, Register];
  const masks = pieceByPiece(a, (p) => spellVectorPiece({ ...site, amount: undefined }, [a.pieces[p]!, b.pieces[p]!]));
  if (masks === undefined || a.shape.bits === shape.bits) return masks;
  const held = masks.map((mask) => site.code.hold(binaryen.v128, mask));
  return resizeMasks(site.code, held, shape.lanes, a.shape.bits, shape.bits).map((p) => p());
}

/** Opcodes of the numerics contract on i32 lanes. */
function rounding(site: Site, operands: readonly Register[], read: Reader): readonly Expression[] | undefined {
  const { opcode, immediates } = site.instruction;
  const amount = opcode === 'shr_round' ? uniformAmount(site, read) : undefined;
  return pieceByPiece(operands[0]!, (p) => {
    const [a, b, c] = operands.map((o) => o.pieces[p]!) as [Piece, Piece, Piece];
    if (opcode === 'mul_high') return highProducts(site.code, a, b, site.ranges);
    if (opcode === 'shr_round') return amount === undefined ? undefined : roundingShiftLanes(site.code, a, amount);
    const spell = immediates.rounding === 'double' ? requantizeDoubleLanes : requantizeSingleLanes;
    return spell(site, a, b, c);
  });
}

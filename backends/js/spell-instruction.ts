// Spells a computing instruction of the loop IR in JavaScript: registers in, register out. Lane-wise opcodes are taken
// lane by lane; here are those that move lanes or add across them, and the choice between numbers and BigInts for i64.
import { internalError } from '../../ir/diagnostics.ts';
import type { ComputeInstruction } from '../../ir/loops/kernel.ts';
import { type Opcode, opcodeRow } from '../../ir/loops/opcodes.ts';
import { fitsLane } from '../../ir/loops/range-rules.ts';
import { type Lane, laneOf, lanesOf } from '../../ir/loops/types.ts';
import { constantRegister, fitsNumber, type Register, type SpellContext, withWide, wrapText } from './register.ts';
import { type LaneSite, type LaneWiseOpcode, laneSite, productText, spellLane, sumText } from './spell-lanes.ts';
import { spellLong } from './spell-long.ts';

/** The register that an instruction computes, given its operands' registers. */
export function spellInstruction(
  x: ComputeInstruction,
  operands: readonly Register[],
  context: SpellContext,
): Register {
  const known = operands.map((o) => o.constant);
  if (known.every((c) => c !== undefined)) {
    const types = x.operands.map((o) => o.type);
    return constantRegister(x.result.type, opcodeRow(x.opcode).evaluate(known, types, x.result.type, x.immediates));
  }
  const across = acrossLanes[x.opcode as Exclude<Opcode, LaneWiseOpcode>];
  return across === undefined ? laneWise(x, operands, context) : across(x, operands, context);
}

type Spelling = (x: ComputeInstruction, operands: readonly Register[], context: SpellContext) => Register;

const narrow = (lanes: readonly string[]): Register => ({ lanes, wide: false });
const isLong = (lane: Lane) => lane === 'i64';

/** Lane `l` of a register, which may be a scalar beside vectors (the condition of a selection). */
const laneAt = (r: Register, l: number): string => r.lanes[r.lanes.length === 1 ? 0 : l]!;

const laneWise: Spelling = (x, operands, context) => {
  const site = laneSite(context, x);
  const lanes = Array.from({ length: lanesOf(x.result.type) }, (_, l) => l);
  if (isLong(site.from) || isLong(site.to)) return longLanes(site, operands, lanes);
  const plain = x.result.type === 'i32' ? plainSum(site, operands) : undefined;
  if (plain !== undefined) return { lanes: [`(${plain.text} | 0)`], wide: false, plain };
  return narrow(
    lanes.map((l) =>
      spellLane(
        site,
        operands.map((o) => laneAt(o, l)),
      ),
    ),
  );
};

/**
 * An i32 sum or product that cannot wrap, without the conversion to i32: nested ones are converted once, outside. The
 * conversion itself stays, because it tells an engine that no overflow needs to be looked for.
 */
function plainSum(site: LaneSite, [a, b]: readonly Register[]): Register['plain'] {
  const { opcode } = site.instruction;
  if (!['add', 'sub', 'mul'].includes(opcode) || !fitsLane(site.exact, 'i32') || !a || !b) return undefined;
  const product = opcode === 'mul';
  const term = (r: Register, bracketSums: boolean): string => {
    if (r.plain === undefined) return r.lanes[0]!;
    return bracketSums && !r.plain.product ? `(${r.plain.text})` : r.plain.text;
  };
  if (product) return { text: productText(site.exact, term(a, true), term(b, true)), product };
  return { text: sumText(opcode, term(a, false), term(b, opcode === 'sub')), product };
}

/** Numbers where all i64 values of the instruction are within 53 bits and numbers can say it; otherwise BigInts. */
function longLanes(site: LaneSite, operands: readonly Register[], lanes: readonly number[]): Register {
  const x = site.instruction;
  const isLongOperand = (o: number) => isLong(laneOf(x.operands[o]!.type));
  const resultFits = !isLong(site.to) || fitsNumber(site.context.rangeOf(x.result));
  const spell = (from: readonly Register[], numbers: boolean) =>
    lanes.map((l) =>
      spellLong(
        site,
        from.map((o) => laneAt(o, l)),
        numbers,
      ),
    );
  if (resultFits && operands.every((o) => !o.wide)) {
    const texts = spell(operands, true);
    if (texts.every((t) => t !== undefined)) return narrow(texts);
  }
  const wideOperands = operands.map((o, i) => (isLongOperand(i) ? withWide(o, true) : o));
  const texts = spell(wideOperands, false);
  if (!texts.every((t) => t !== undefined)) return internalError(`${x.opcode} has no spelling for BigInts`);
  const wide: Register = { lanes: texts, wide: isLong(site.to) };
  return resultFits && wide.wide ? withWide(wide, false) : wide;
}

/** Both registers in one form. */
function alike(a: Register, b: Register): [Register, Register] {
  const wide = a.wide || b.wide;
  return [withWide(a, wide), withWide(b, wide)];
}

const dot: Spelling = (x, [acc, a, b], context) => {
  const group = a!.lanes.length / acc!.lanes.length;
  const productsOf = (l: number) =>
    Array.from({ length: group }, (_, g) => `${a!.lanes[l * group + g]} * ${b!.lanes[l * group + g]}`).join(' + ');
  if (!isLong(laneOf(x.result.type))) return narrow(acc!.lanes.map((y, l) => `(${y} + ${productsOf(l)} | 0)`));
  if (!acc!.wide && fitsNumber(context.rangeOf(x.result))) {
    return narrow(acc!.lanes.map((y, l) => `(${y} + ${productsOf(l)})`));
  }
  const lanes = withWide(acc!, true).lanes.map((y, l) => `BigInt.asIntN(64, ${y} + BigInt(${productsOf(l)}))`);
  return { lanes, wide: true };
};

const sum: Spelling = (x, [v], context) => {
  if (!isLong(laneOf(x.result.type))) return narrow([`(${v!.lanes.join(' + ')} | 0)`]);
  if (!v!.wide && fitsNumber(context.rangeOf(x.result))) return narrow([`(${v!.lanes.join(' + ')})`]);
  return { lanes: [`BigInt.asIntN(64, ${withWide(v!, true).lanes.join(' + ')})`], wide: true };
};

/** A scalar as a lane of this type: small integers keep the low bits. */
function asLane(text: string, lane: Lane): string {
  return lane === 'i8' || lane === 'u8' || lane === 'i16' ? wrapText(lane, text) : text;
}

const splat: Spelling = (x, [v], context) => {
  const lane = laneOf(x.result.type);
  const isScalar = v!.lanes.length === 1;
  const lanes = isScalar ? [context.atom(asLane(v!.lanes[0]!, lane))] : v!.lanes;
  return {
    lanes: Array.from({ length: lanesOf(x.result.type) }, (_, l) => lanes[l % lanes.length]!),
    wide: v!.wide,
  };
};

const insert: Spelling = (x, operands) => {
  const [v, y] = alike(operands[0]!, operands[1]!);
  const at = x.immediates.lanes?.[0];
  const lane = asLane(y.lanes[0]!, laneOf(x.result.type));
  return { lanes: v.lanes.map((text, l) => (l === at ? lane : text)), wide: v.wide };
};

const shuffle: Spelling = (x, operands) => {
  const [a, b] = alike(operands[0]!, operands[1]!);
  const both = [...a.lanes, ...b.lanes];
  return { lanes: (x.immediates.lanes ?? []).map((l) => both[l]!), wide: a.wide };
};

const extract: Spelling = (x, [v]) => ({ lanes: [v!.lanes[x.immediates.lanes?.[0] ?? 0]!], wide: v!.wide });

/** Opcodes that move lanes or add across them. */
const acrossLanes: Record<Exclude<Opcode, LaneWiseOpcode>, Spelling> & Partial<Record<LaneWiseOpcode, undefined>> = {
  dot,
  sum,
  splat,
  insert,
  shuffle,
  extract,
};

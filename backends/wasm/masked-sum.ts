// Sums and differences with a comparison as 0 or 1, as in `y + (acc == lifted)`. A comparison of lanes is a mask of 0 or -1
// in the width of its operands: where the sum has that width too, the mask is subtracted or added as it is.
import binaryen from 'binaryen';
import type { LoopValue } from '../../ir/loops/kernel.ts';
import type { Opcode } from '../../ir/loops/opcodes.ts';
import type { Expression } from './function-code.ts';
import type { Register } from './register.ts';
import type { Shape } from './shape.ts';
import type { Site } from './site.ts';
import { spellVectorPiece } from './vector-spelling.ts';

const comparisons: ReadonlySet<Opcode> = new Set<Opcode>(['eq', 'ne', 'lt', 'le', 'gt', 'ge']);

const opposite: Readonly<Partial<Record<Opcode, Opcode>>> = { add: 'sub', sub: 'add' };

/** The values of `first + convert(x < y)` and the like; undefined for anything else. */
export function maskedSum(
  site: Site,
  first: Register,
  shape: Shape,
  read: (v: LoopValue) => Register,
): readonly Expression[] | undefined {
  const { instruction } = site;
  const opcode = opposite[instruction.opcode];
  const converted = instruction.operands[1]?.definition;
  if (opcode === undefined || converted?.kind !== 'compute' || converted.opcode !== 'convert') return undefined;
  const compared = converted.operands[0]?.definition;
  if (compared?.kind !== 'compute' || !comparisons.has(compared.opcode)) return undefined;
  const [x, y] = compared.operands.map(read) as [Register, Register];
  if (site.to === 'f32' || !x.shape.packed || x.shape.bits !== shape.bits) return undefined;
  const values: Expression[] = [];
  for (const [p, piece] of first.pieces.entries()) {
    const comparison = { ...site, instruction: compared, from: x.shape.lane, amount: undefined };
    const mask = spellVectorPiece(comparison, [x.pieces[p]!, y.pieces[p]!]);
    if (mask === undefined) return undefined;
    const held = site.code.hold(binaryen.v128, mask);
    const turned = { ...site, instruction: { ...instruction, opcode }, amount: undefined };
    const value = spellVectorPiece(turned, [piece, held]);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

// The constants of a kernel that may become parameters of a kernel that several layers share.
import type { ComputeInstruction, Instruction, Kernel, LoopValue } from '../../ir/loops/kernel.ts';
import { type Abstraction, constantNumber } from '../../ir/loops/kernel-key.ts';
import type { Opcode } from '../../ir/loops/opcodes.ts';
import { laneOf } from '../../ir/loops/types.ts';
import { blocksOf, operandsOf } from '../../ir/loops/uses.ts';

/** A constant operand that may be a parameter. */
export interface Slot {
  readonly user: Instruction;
  /** Position among the user's operands (`operandsOf`). */
  readonly operand: number;
  readonly name: string;
  readonly type: 'i32' | 'f32';
  readonly value: number;
}

/** The name of the parameter that a constant operand may be; undefined where it stays. */
export type ParameterNames = (x: Instruction, operand: number) => string | undefined;

/** Numbers with which results are requantized: multipliers, shifts and zero points. */
export const requantizationNames: ParameterNames = (x, operand) => {
  if (x.kind !== 'compute') return undefined;
  if (x.opcode === 'requantize') return [undefined, 'multiplier', 'shift'][operand];
  return isZeroPoint(x, operand) ? 'zero' : undefined;
};

function isZeroPoint(x: ComputeInstruction, operand: number): boolean {
  const before = x.operands[0]?.definition;
  return x.opcode === 'add' && operand === 1 && before?.kind === 'compute' && before.opcode === 'requantize';
}

/** What the numbers of layers of different extents are in: sums and products of indices, limits, offsets, factors. */
const namesByOpcode: Readonly<Partial<Record<Opcode, string>>> = {
  ...{ add: 'offset', sub: 'offset', mul: 'factor', min: 'limit', max: 'limit' },
  ...{ lt: 'limit', le: 'limit', gt: 'limit', ge: 'limit', select: 'value' },
};

/** Those, and all that differs between layers whose loops are nested alike. Divisors stay: constant ones are cheaper. */
export const extentNames: ParameterNames = (x, operand) => {
  switch (x.kind) {
    case 'for':
      return operand < 2 ? 'extent' : 'start';
    case 'load':
    case 'store':
      return operand === 0 ? 'at' : 'value';
    case 'compute':
      return requantizationNames(x, operand) ?? namesByOpcode[x.opcode];
    default:
      return undefined;
  }
};

/** The slots in the order of the kernel's text, so that kernels of equal key have them at equal positions. */
export function slotsOf(kernel: Kernel, names: ParameterNames): Slot[] {
  const slots: Slot[] = [];
  const visit = (x: Instruction): void => {
    if (!isConstant(x)) {
      for (const [operand, v] of operandsOf(x).entries()) {
        const slot = slotAt(x, operand, v, names);
        if (slot !== undefined) slots.push(slot);
      }
    }
    for (const block of blocksOf(x)) block.body.forEach(visit);
  };
  kernel.body.body.forEach(visit);
  return slots;
}

/** The splat of a constant is a constant itself, whose users have the slots. */
const isConstant = (x: Instruction) => x.kind === 'compute' && constantNumber(x.result) !== undefined;

function slotAt(user: Instruction, operand: number, v: LoopValue, names: ParameterNames): Slot | undefined {
  const name = names(user, operand);
  const value = constantNumber(v);
  const lane = laneOf(v.type);
  if (name === undefined || value === undefined || lane === 'i64' || lane === 'bool') return undefined;
  return { user, operand, name, type: lane === 'f32' ? 'f32' : 'i32', value: Number(value) };
}

/** In what kernels may differ that can be shared by these parameters. */
export function slotAbstraction(names: ParameterNames, extents: boolean): Abstraction {
  return {
    extents,
    constant(x, operand, value) {
      const v = operandsOf(x)[operand];
      const slot = v === undefined ? undefined : slotAt(x, operand, v, names);
      if (slot === undefined || v === undefined) return undefined;
      // Shifts to the right have a cheaper form than those to the left: they stay apart.
      const direction = slot.name === 'shift' ? (value < 0 ? ' right' : ' left') : '';
      return `${slot.name} ${v.type}${direction}`;
    },
  };
}

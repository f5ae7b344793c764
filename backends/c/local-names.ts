// Names for the locals of printed kernels that bring none: after what they are for, so that C reads like C.
import type { ComputeInstruction, Instruction, LoadInstruction, LoopValue } from '../../ir/loops/kernel.ts';
import { type Buffer, laneOf, lanesOf } from '../../ir/loops/types.ts';
import type { KernelUses } from '../../ir/loops/uses.ts';

/** What to call the value of this instruction; the scope makes it unique. */
export function suggestName(
  x: ComputeInstruction | LoadInstruction,
  uses: KernelUses,
  bufferName: (buffer: Buffer) => string,
): string {
  if (x.kind === 'load') return bufferName(x.buffer);
  const { type } = x.result;
  if (lanesOf(type) > 1) return 'v';
  if (type === 'i32') {
    const users = uses.usesOf(x.result).map(({ user }) => user);
    if (users.some((user) => user?.kind === 'for' && user.lower === x.result)) return 'from';
    if (users.some((user) => user?.kind === 'for' && user.upper === x.result)) return 'end';
    if (users.some((user) => isIndexOf(user, x.result))) return 'at';
    if (isPartOfIndex(x, uses, 3)) return 'base';
  }
  switch (laneOf(type)) {
    case 'bool':
      return 'is';
    case 'i64':
      return 'wide';
    case 'f32':
      return 'f';
    default:
      return x.opcode === 'requantize' || x.opcode === 'scale' ? 'scaled' : 't';
  }
}

function isIndexOf(user: Instruction | undefined, value: LoopValue): boolean {
  return (user?.kind === 'load' || user?.kind === 'store') && user.index === value;
}

/** True when the value goes into an index by at most `steps` additions and multiplications. */
function isPartOfIndex(x: ComputeInstruction, uses: KernelUses, steps: number): boolean {
  return uses.usesOf(x.result).some(({ user }) => {
    if (isIndexOf(user, x.result)) return true;
    const isArithmetic = user?.kind === 'compute' && ['add', 'sub', 'mul'].includes(user.opcode);
    return isArithmetic && steps > 0 && isPartOfIndex(user, uses, steps - 1);
  });
}

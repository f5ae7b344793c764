// Names for the locals of printed kernels that bring none: after what they are for, so that C reads like C.
import type { ComputeInstruction, LoadInstruction } from '../../ir/loops/kernel.ts';
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
  const isIndex = uses.usesOf(x.result).some(({ user }) => {
    return (user?.kind === 'load' || user?.kind === 'store') && user.index === x.result;
  });
  if (isIndex) return 'at';
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

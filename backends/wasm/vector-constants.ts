// Constant vectors that kernels read out of memory. An engine makes a literal anew wherever it is used, with three
// instructions (V8: move 64 bits, move across, repeat); a value that was loaded it keeps in a register or a load away. In
// the module, a literal takes 18 bytes at every use.
import { constantValue } from '../../ir/loops/builder.ts';
import type { Block, Instruction, LoopProgram } from '../../ir/loops/kernel.ts';
import { laneOf } from '../../ir/loops/types.ts';
import { blocksOf } from '../../ir/loops/uses.ts';
import { allocateArray, bytesOf } from '../../ir/tensor-data.ts';
import { bytesPerElement } from '../../ir/types.ts';
import { shapeOf, vectorBits } from './shape.ts';

/** The v128 value that a splat of a constant repeats; undefined for everything else, and where a literal is as good. */
export function constantVector(x: Instruction): Uint8Array | undefined {
  if (x.kind !== 'compute' || x.opcode !== 'splat' || !shapeOf(x.result.type, true).packed) return undefined;
  const value = constantValue(x.operands[0]!);
  const lane = laneOf(x.result.type);
  if (value === undefined || lane === 'bool') return undefined;
  const array = allocateArray(lane, vectorBits / 8 / bytesPerElement(lane));
  if (array instanceof BigInt64Array) array.fill(BigInt(value));
  else array.fill(Number(value));
  const bytes = bytesOf(array);
  // All zeros and all ones are one instruction.
  return [0, 0xff].some((byte) => bytes.every((b) => b === byte)) ? undefined : bytes;
}

/** The constant vectors of a program's kernels, in order. */
export function constantVectors(program: LoopProgram): readonly Uint8Array[] {
  const found: Uint8Array[] = [];
  const visit = (block: Block): void => {
    for (const x of block.body) {
      const bytes = constantVector(x);
      if (bytes !== undefined) found.push(bytes);
      for (const inside of blocksOf(x)) visit(inside);
    }
  };
  for (const kernel of program.kernels) visit(kernel.body);
  return found;
}

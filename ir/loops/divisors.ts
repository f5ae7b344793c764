// The powers of two that divide a kernel's integers, whatever its inputs: from them follows how an address is aligned.
import type { Block, ComputeInstruction, Kernel, LoopValue } from './kernel.ts';
import { blocksOf } from './uses.ts';

/** The largest power of two that is told apart; it divides 0. */
const largest = 4096;

/** A function that gives the largest power of two, up to 4096, known to divide an i32 value of the kernel. */
export function powerOfTwoDivisors(kernel: Kernel): (value: LoopValue) => number {
  const known = new Map<LoopValue, number>();
  const of = (v: LoopValue): number => known.get(v) ?? 1;
  const visit = (block: Block): void => {
    for (const x of block.body) {
      if (x.kind === 'const') known.set(x.result, ofNumber(Number(x.value)));
      if (x.kind === 'compute') known.set(x.result, computed(x, of));
      if (x.kind === 'for') {
        const [counter] = x.block.args;
        if (counter !== undefined) known.set(counter, Math.min(of(x.lower), ofNumber(x.step)));
      }
      blocksOf(x).forEach(visit);
    }
  };
  visit(kernel.body);
  return of;
}

/** The largest power of two that divides a number. */
function ofNumber(x: number): number {
  let power = 1;
  while (power < largest && x % (2 * power) === 0) power *= 2;
  return power;
}

function computed(x: ComputeInstruction, of: (v: LoopValue) => number): number {
  const [a = 1, b = 1, c = 1] = x.operands.map(of);
  if (x.result.type !== 'i32') return 1;
  switch (x.opcode) {
    case 'add':
    case 'sub':
    case 'min':
    case 'max':
    case 'or':
    case 'xor':
      return Math.min(a, b);
    case 'and':
      return Math.max(a, b);
    case 'mul':
      return Math.min(largest, a * b);
    case 'neg':
    case 'abs':
      return a;
    case 'select':
      return Math.min(b, c);
    case 'shl': {
      const amount = x.operands[1]?.definition;
      return amount?.kind === 'const' ? Math.min(largest, a * 2 ** (Number(amount.value) & 31)) : a;
    }
    default:
      return 1;
  }
}

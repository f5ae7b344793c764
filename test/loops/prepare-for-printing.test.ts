// Kernels made ready for printing do what they did before: unrolled, and folded by their intervals.
import { expect, it } from 'vitest';
import { LoopBuilder } from '../../ir/loops/builder.ts';
import { foldRanges } from '../../ir/loops/fold-ranges.ts';
import { runKernel } from '../../ir/loops/interpreter.ts';
import type { Instruction, Kernel } from '../../ir/loops/kernel.ts';
import { kernelRanges } from '../../ir/loops/ranges.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { unrollKernel } from '../../ir/loops/unroll.ts';
import { blocksOf } from '../../ir/loops/uses.ts';
import { contents } from './kernel-case.ts';
import { randomKernel } from './random-kernels.ts';

it('random kernels give the same results', () => {
  for (let seed = 20_000; seed < 20_500; seed++) {
    const { kernel, memory } = randomKernel(seed);
    const copies = () => new Map(Array.from(memory, ([b, array]) => [b, array.slice()] as const));
    const [before, after] = [copies(), copies()];
    runKernel(kernel, before);
    const unrolled = unrollKernel(kernel);
    runKernel(foldRanges(unrolled, kernelRanges(unrolled)), after);
    expect(contents(after), `kernel ${seed}`).toEqual(contents(before));
  }
});

const x: Buffer = { name: 'x', element: 'u8', length: 8, role: 'in' };
const y: Buffer = { name: 'y', element: 'i32', length: 8, role: 'out' };

/** The opcodes and kinds of a kernel's instructions, in order. */
function kinds(kernel: Kernel): string[] {
  const of = (i: Instruction): string[] => [
    i.kind === 'compute' ? i.opcode : i.kind,
    ...blocksOf(i).flatMap((block) => block.body.flatMap(of)),
  ];
  return kernel.body.body.flatMap(of).filter((kind) => kind !== 'const');
}

const folded = (kernel: Kernel) => kinds(foldRanges(kernel, kernelRanges(kernel)));

it('limits that are never reached and tests that never fail are gone', () => {
  const b = new LoopBuilder();
  b.for(0, 8, (i) => {
    b.if(b.compare('lt', i, 8), () => b.store(y, i, b.clamp(b.load(x, i), 0, 255)));
    b.if(b.compare('gt', b.load(x, i), 255), () => b.store(y, i, -1));
  });
  const kernel = b.finish('limits', '', [x, y]);
  expect(kinds(kernel)).toEqual(['for', 'lt', 'if', 'load', 'max', 'min', 'store', 'load', 'gt', 'if', 'store']);
  expect(folded(kernel)).toEqual(['for', 'load', 'store', 'load']);
});

it('limits that may be reached stay', () => {
  const b = new LoopBuilder();
  b.for(0, 8, (i) => b.store(y, i, b.clamp(b.sub(b.load(x, i), 1), 0, 253)));
  expect(folded(b.finish('limits', '', [x, y]))).toEqual(['for', 'load', 'add', 'max', 'min', 'store']);
});

it('unrolled loops are written out with their counter folded away, long ones are not', () => {
  const unrolled = (count: number) => {
    const b = new LoopBuilder();
    b.for(0, count, (i) => b.store(y, b.and(b.mul(i, 2), 7), b.load(x, b.and(i, 7))), { mode: 'unrolled' });
    return kinds(unrollKernel(b.finish('unrolled', '', [x, y])));
  };
  expect(unrolled(3)).toEqual(['load', 'store', 'load', 'store', 'load', 'store']);
  expect(unrolled(1000)[0]).toBe('for');
});

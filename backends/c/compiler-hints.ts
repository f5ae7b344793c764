// What is said to compilers beyond the standard, behind macros that are empty for the others.
import type { Block, ForInstruction } from '../../ir/loops/kernel.ts';
import { blocksOf } from '../../ir/loops/uses.ts';
import type { Support } from './support.ts';

/**
 * Kernels stay functions: inlined into the run, gcc 12 lets the loops of one take registers from another's (ResNet8 on
 * Cortex-M4: 41 instead of 31 million instructions). Nor are they cloned for their arguments: gcc 12.2 at -O2, having put
 * the arena's address into a kernel, lost what another had stored there (test/backends/c-optimized.test.ts).
 */
export function noInline(support: Support): string {
  return support.define('NOINLINE', () =>
    [
      '/* Kernels that are called once are not inlined: each gets all registers. */',
      '#if defined(__GNUC__) && !defined(__clang__)',
      '#define NOINLINE __attribute__((noinline, noclone))',
      '#elif defined(__GNUC__)',
      '#define NOINLINE __attribute__((noinline))',
      '#else',
      '#define NOINLINE',
      '#endif',
    ].join('\n'),
  );
}

/**
 * Unrolls a loop late, after addresses have been chosen. Written out in C the same steps are slower: gcc 12 then puts
 * all loads first and spills. Clang unrolls by itself.
 */
function unroll(support: Support): string {
  return support.define('UNROLL', () =>
    [
      '/* Loops of sums are unrolled where the compiler would not do it by itself. */',
      '#if defined(__GNUC__) && !defined(__clang__) && !defined(__OPTIMIZE_SIZE__) && __GNUC__ >= 8',
      '#define UNROLL _Pragma("GCC unroll 8")',
      '#else',
      '#define UNROLL',
      '#endif',
    ].join('\n'),
  );
}

/** The hint before a loop: for innermost loops that carry sums and read memory. */
export function loopHint(loop: ForInstruction, carries: boolean, support: Support): string | undefined {
  if (!carries || loop.mode !== 'serial') return undefined;
  const { body } = loop.block;
  const innermost = body.every((i) => blocksOf(i).length === 0);
  return innermost && reads(loop.block) ? unroll(support) : undefined;
}

function reads(block: Block): boolean {
  return block.body.some((i) => i.kind === 'load');
}

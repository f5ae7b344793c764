// Depthwise convolutions by dot products against the plain loops, for every vector instruction set with a dot, bit by bit.
import { describe, expect, it } from 'vitest';
import type { Block, Kernel } from '../../ir/loops/kernel.ts';
import { blocksOf } from '../../ir/loops/uses.ts';
import { bytesOf } from '../../ir/tensor-data.ts';
import { type Isa, isas } from '../../passes/schedule/isa.ts';
import { randomNumbers } from '../ops/operator-runs.ts';
import { runPlain, runScheduled } from './contraction-runs.ts';
import { randomContraction } from './random-contraction.ts';

function hasDot(kernel: Kernel): boolean {
  const inBlock = (block: Block): boolean =>
    block.body.some((i) => (i.kind === 'compute' && i.opcode === 'dot') || blocksOf(i).some(inBlock));
  return inBlock(kernel.body);
}

// The shuffles that interleave have at most 64 lanes.
const vectorIsas = isas.filter((isa) => isa.lanes > 1 && isa.lanes * isa.group <= 64 && isa.wordStores === undefined);

/** True when a row of the instruction set multiplies such elements. */
function multiplies({ operand, activations, wider }: Isa, form: Form): boolean {
  return operand === 'i16' || form === (activations === 'u8' ? 'mixed' : 'i8') || (wider?.operand ?? 'i8') === 'i16';
}

const elementForms = ['i8', 'u8', 'mixed'] as const;
type Form = (typeof elementForms)[number];

describe.each(vectorIsas)('$name', (isa) => {
  it.each(elementForms)('windows of %s equal the plain loops', { timeout: 60_000 }, (form) => {
    const random = randomNumbers(11);
    let dots = 0;
    for (let n = 0; n < 24; n++) {
      const contraction = randomContraction(random, form, isa, true);
      const expected = runPlain(contraction);
      const { kernel, result } = runScheduled(contraction, isa, n % 2 === 1);
      expect(bytesOf(result), `contraction ${n}`).toEqual(bytesOf(expected));
      if (hasDot(kernel)) dots++;
    }
    // Some contractions have too few channels, or unknown weights.
    if (multiplies(isa, form)) expect(dots).toBeGreaterThan(8);
    else expect(dots).toBe(0);
  });
});

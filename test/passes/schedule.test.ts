// Tiled schedules against the plain loops of the same contraction, for every instruction set, bit by bit.
import { describe, expect, it } from 'vitest';
import type { Block, Kernel } from '../../ir/loops/kernel.ts';
import type { Opcode } from '../../ir/loops/opcodes.ts';
import { lanesOf } from '../../ir/loops/types.ts';
import { blocksOf } from '../../ir/loops/uses.ts';
import { bytesOf } from '../../ir/tensor-data.ts';
import { isas, scalar } from '../../passes/schedule/isa.ts';
import { tileSize } from '../../passes/schedule/tile-size.ts';
import { randomNumbers } from '../ops/operator-runs.ts';
import { runPlain, runScheduled } from './contraction-runs.ts';
import { forms, randomContraction } from './random-contraction.ts';

/** How many lanes the kernel's widest use of an operation has; 0 for none. */
function lanesIn(kernel: Kernel, opcode: Opcode): number {
  const inBlock = (block: Block): number =>
    Math.max(
      0,
      ...block.body.map((i) => {
        const own = i.kind === 'compute' && i.opcode === opcode ? lanesOf(i.result.type) : 0;
        return Math.max(own, ...blocksOf(i).map(inBlock));
      }),
    );
  return inBlock(kernel.body);
}

describe.each([...isas])('$name', (isa) => {
  it.each(forms)('tiles of %s equal the plain loops', { timeout: 30_000 }, (form) => {
    const random = randomNumbers(5);
    let [dots, products] = [0, 0];
    for (let n = 0; n < (isa === scalar || isa.wordStores ? 24 : 8); n++) {
      const contraction = randomContraction(random, form, isa);
      const expected = runPlain(contraction);
      const { kernel, result } = runScheduled(contraction, isa, n % 2 === 1);
      expect(bytesOf(result), `contraction ${n}`).toEqual(bytesOf(expected));
      if (lanesIn(kernel, 'dot') > 0) dots++;
      if (lanesIn(kernel, 'mul') > 1) products++;
    }
    const bytes = isa.activations === 'u8' ? 'mixed' : 'i8';
    const wide = isa.operand === 'i16' || isa.wider?.operand === 'i16';
    const dotted = isa.group > 1 && (form === bytes || (wide && ['i8', 'u8', 'mixed', 'i16'].includes(form)));
    if (dotted) expect(dots).toBeGreaterThan(0);
    else expect(dots).toBe(0);
    const isFloat = form === 'f32' || form === 'hybrid';
    if (isFloat && isa.floats !== undefined) expect(products).toBeGreaterThan(0);
  });
});

describe('tile size', () => {
  const plain = { wide: false, converted: false };
  it('fills a Cortex-M4 with 2 x 4, and a single row with 1 x 8', () => {
    expect(tileSize(scalar, 64, 64, plain)).toEqual({ rows: 2, columns: 4 });
    expect(tileSize(scalar, 1, 64, plain)).toEqual({ rows: 1, columns: 8 });
  });
  it('does not repeat work for the sake of a larger tile', () => {
    expect(tileSize(scalar, 64, 10, plain)).toEqual({ rows: 4, columns: 2 });
  });
  it('has more rows for weights that are converted', () => {
    expect(tileSize(scalar, 64, 64, { wide: false, converted: true })).toEqual({ rows: 4, columns: 2 });
  });
  it('counts 64-bit accumulators twice', () => {
    const { rows, columns } = tileSize(scalar, 64, 64, { wide: true, converted: false });
    expect(2 * rows * columns).toBeLessThan(scalar.registers);
  });
});

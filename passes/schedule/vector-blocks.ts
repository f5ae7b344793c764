// Into which blocks of lanes the iterations of a loop are cut.
import { constantValue } from '../../ir/loops/builder.ts';
import type { Block, ForInstruction, LoadInstruction, StoreInstruction } from '../../ir/loops/kernel.ts';
import type { Opcode } from '../../ir/loops/opcodes.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { blocksOf } from '../../ir/loops/uses.ts';
import { bytesPerElement } from '../../ir/types.ts';
import type { LaneShapes } from './lane-shapes.ts';
import type { LaneTypes } from './lane-types.ts';

export interface Blocks {
  readonly lanes: number;
  /** Blocks that lie one behind the other from the first iteration on. */
  readonly whole: number;
  /** Iterations behind them. */
  readonly rest: number;
  /** True where the rest is computed by one more block, which ends with the last iteration. */
  readonly overlaps: boolean;
}

/** What a block costs beside its lanes, in lanes: counting, addresses, instructions that work on half of a register. */
const blockCost = 4;
/** What an iteration costs that is left to a loop of its own. */
const restCost = 4;

/** The cheapest blocks; undefined where there are fewer iterations than lanes that are worth it, or no constant count. */
export function blocksFor(
  loop: ForInstruction,
  shapeOf: LaneShapes,
  types: LaneTypes,
  registerBytes: number,
): Blocks | undefined {
  const [lower, upper] = [constantValue(loop.lower), constantValue(loop.upper)];
  if (lower === undefined || upper === undefined) return undefined;
  const count = Number(upper) - Number(lower);
  const accesses = neighbours(loop.block, shapeOf);
  const mayOverlap = overlaps(accesses);
  const narrowest = Math.min(...accesses.map((x) => bytesPerElement(x.buffer.element)));
  const isLong = wideWork(loop.block, shapeOf, types) > longBody && narrowest < wideBytes;
  const most = registerBytes / (isLong ? 2 * narrowest : narrowest);
  let best: Blocks | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (let lanes = most; lanes >= Math.max(2, registerBytes / 4); lanes /= 2) {
    const whole = Math.floor(count / lanes);
    const rest = count - whole * lanes;
    if (whole === 0) continue;
    const overlapping = rest > 0 && mayOverlap;
    const blocks = whole + (overlapping ? 1 : 0);
    const cost = blocks * (lanes + blockCost) + (overlapping ? 0 : rest * restCost);
    if (cost < least) [least, best] = [cost, { lanes, whole, rest, overlaps: overlapping }];
  }
  return best;
}

const wideBytes = 4;

/**
 * Work on 32-bit lanes from which on a block of bytes takes half of a register. Measured on sums of requantized bytes
 * (wasm, Node 20 and 24): whole registers make code twice as long for 2 to 10 % of the time.
 */
const longBody = 32;

/** Opcodes of which each is a number of instructions on 32-bit lanes. */
const steps: Readonly<Partial<Record<Opcode, number>>> = { requantize: 20, mul_high: 10, shr_round: 8, scale: 4 };

/** Instructions of a body, more or less, that work on lanes of 32 bits. */
function wideWork(block: Block, shapeOf: LaneShapes, types: LaneTypes): number {
  return block.body.reduce((sum, x) => {
    const inside = blocksOf(x).reduce((n, b) => n + wideWork(b, shapeOf, types), 0);
    const isWide = x.kind === 'compute' && shapeOf(x.result).step === undefined && types.isWide(x);
    return sum + inside + (isWide ? (steps[x.opcode] ?? 1) : 0);
  }, 0);
}

type Access = LoadInstruction | StoreInstruction;

/** The loads and stores whose lanes are neighbours in memory. */
function neighbours(block: Block, shapeOf: LaneShapes): Access[] {
  return block.body.flatMap((x) => {
    const isAccess = x.kind === 'load' || x.kind === 'store';
    const own = isAccess && shapeOf(x.index).step === 1 ? [x] : [];
    return [...own, ...blocksOf(x).flatMap((inside) => neighbours(inside, shapeOf))];
  });
}

/**
 * True when an iteration may run twice: nothing that it reads can have been overwritten by its first run. A result takes
 * the place of an operand only as a whole (program-verifier.ts), so that buffers of different sizes are apart.
 */
function overlaps(accesses: readonly Access[]): boolean {
  const bytes = (b: Buffer) => b.length * bytesPerElement(b.element);
  const written = accesses.flatMap((x) => (x.kind === 'store' ? [x.buffer] : []));
  return accesses.every(
    (x) =>
      x.kind === 'store' ||
      x.buffer.role === 'const' ||
      written.every((w) => w !== x.buffer && w.role === 'out' && bytes(w) !== bytes(x.buffer)),
  );
}

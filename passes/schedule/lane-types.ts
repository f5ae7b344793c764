// The narrowest lanes in which a loop's i32 values keep their numbers, when several iterations run as the lanes of
// vectors: what fits 8 or 16 bits needs a half or a quarter of the registers and instructions that i32 lanes would.
import type { Block, ComputeInstruction, ForInstruction, LoopValue } from '../../ir/loops/kernel.ts';
import type { Opcode } from '../../ir/loops/opcodes.ts';
import { fitsLane, fullRange, hull, type Range } from '../../ir/loops/range-rules.ts';
import { type Lane, laneOf, laneOfElement } from '../../ir/loops/types.ts';
import { carriedOf } from '../../ir/loops/uses.ts';
import type { LaneShapes } from './lane-shapes.ts';

/** Opcodes that compute the same in narrower lanes, as long as operands and result fit them. */
const narrowable: ReadonlySet<Opcode> = new Set<Opcode>([
  ...(['add', 'sub', 'min', 'max', 'and', 'or', 'xor', 'abs', 'neg', 'select', 'shl', 'shr'] as const),
  ...(['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const),
]);

const bits: Readonly<Partial<Record<Lane, number>>> = { i8: 8, u8: 8, i16: 16, i32: 32 };

/** The narrowest lane that holds an interval. */
function laneFor(range: Range): Lane {
  return (['i8', 'u8', 'i16'] as const).find((lane) => fitsLane(range, lane)) ?? 'i32';
}

/** The narrowest lane that holds what both hold. */
function join(a: Lane, b: Lane): Lane {
  if (a === b) return a;
  const [p, q] = [bits[a] ?? 32, bits[b] ?? 32];
  return p === q ? 'i16' : p > q ? a : b;
}

/**
 * Below this, a quotient of integers rounded to f32 and then toward zero is their quotient toward zero. Let n be the
 * integer above |a / b|: a / b is at least 1 / |b| away from n, f32 rounds by at most n * 2^-24, and
 * n * |b| < |a| + |b|.
 */
const exactQuotients = 2 ** 24;

export class LaneTypes {
  /** False where an integer division of the loop may not be done in f32, which is all that vectors have. */
  divide = true;
  private readonly lanes = new Map<LoopValue, Lane>();
  /** The lane in which an instruction computes. */
  private readonly working = new Map<ComputeInstruction, Lane>();

  constructor(
    loop: ForInstruction,
    private readonly shapeOf: LaneShapes,
    private readonly ranges: ReadonlyMap<LoopValue, Range>,
  ) {
    this.block(loop.block);
  }

  /** The lane that holds a value which differs from iteration to iteration. */
  readonly laneOf = (v: LoopValue): Lane => this.lanes.get(v) ?? laneOf(v.type);

  /** The lane of an instruction's i32 operands, and of its result where that is i32 too. */
  readonly workingLane = (x: ComputeInstruction): Lane => this.working.get(x) ?? 'i32';

  /** True for an instruction on lanes of 32 bits. */
  readonly isWide = (x: ComputeInstruction): boolean => {
    const i32s = [...x.operands, x.result].some((v) => v.type === 'i32');
    return i32s ? this.workingLane(x) === 'i32' : x.result.type === 'f32';
  };

  private readonly rangeOf = (v: LoopValue): Range => this.ranges.get(v) ?? fullRange(laneOf(v.type));

  /** The lane that an operand asks for: where it is the same for all iterations, any that its numbers fit. */
  private laneOfOperand(v: LoopValue): Lane {
    return this.shapeOf(v).step === 0 ? laneFor(this.rangeOf(v)) : this.laneOf(v);
  }

  private block(block: Block): void {
    for (const x of block.body) {
      switch (x.kind) {
        case 'load':
          if (x.result.type === 'i32') this.lanes.set(x.result, laneOfElement(x.buffer.element));
          break;
        case 'compute':
          this.compute(x);
          break;
        case 'for':
          this.loop(x);
          break;
        case 'if':
          this.block(x.consequent);
          this.block(x.alternate);
          x.results.forEach((v, i) => {
            if (v.type !== 'i32') return;
            const [a, b] = [x.consequent, x.alternate].map((branch) => this.laneOfOperand(branch.results[i]!));
            this.lanes.set(v, join(a!, b!));
          });
      }
    }
  }

  private compute(x: ComputeInstruction): void {
    const { opcode, operands, result } = x;
    const integers = [...operands, result].filter((v) => v.type === 'i32');
    if (integers.length === 0) return;
    let lane: Lane = 'i32';
    if (narrowable.has(opcode)) lane = this.narrowLane(x);
    else if (opcode === 'mul') lane = join('i16', this.narrowLane(x));
    this.working.set(x, lane);
    if (result.type === 'i32') this.lanes.set(result, lane);
    if (opcode === 'div' && this.shapeOf(result).step === undefined) {
      const [a, b] = operands.map(this.rangeOf) as [Range, Range];
      const magnitude = (r: Range) => Math.max(Math.abs(r.min), Math.abs(r.max));
      const exact = magnitude(a) + magnitude(b) <= exactQuotients && (b.min > 0 || b.max < 0);
      if (!exact) this.divide = false;
    }
  }

  private narrowLane({ opcode, operands, result }: ComputeInstruction): Lane {
    // The amount of a shift must be less than the lane is wide, whatever holds the amount itself.
    const isShift = opcode === 'shl' || opcode === 'shr';
    const values = (isShift ? operands.slice(0, 1) : operands).filter((v) => v.type === 'i32');
    const lane = values
      .map((v) => this.laneOfOperand(v))
      .reduce(join, result.type === 'i32' ? laneFor(this.rangeOf(result)) : 'i8');
    if (!isShift) return lane;
    const most = this.rangeOf(operands[1]!).max;
    return ([lane, 'i16', 'i32'] as const).find((l) => bits[l]! >= (bits[lane] ?? 32) && most < bits[l]!) ?? 'i32';
  }

  /** What a loop carries stays in one lane type, which holds its values before and after every iteration. */
  private loop(x: ForInstruction): void {
    for (const { arg, result } of carriedOf(x)) {
      if (arg.type === 'i32') this.lanes.set(arg, laneFor(hull(this.rangeOf(arg), this.rangeOf(result))));
    }
    this.block(x.block);
    for (const { arg, result } of carriedOf(x)) if (arg.type === 'i32') this.lanes.set(result, this.laneOf(arg));
  }
}

// How values differ between the iterations of a parallel loop, when several neighbouring iterations are to run as the
// lanes of vectors: not at all, by a constant step, or in any way. Says whether vectors can compute the loop at all.
import { constantValue } from '../../ir/loops/builder.ts';
import type { Block, ComputeInstruction, ForInstruction, Instruction, LoopValue } from '../../ir/loops/kernel.ts';
import type { Opcode } from '../../ir/loops/opcodes.ts';
import { lanesOf } from '../../ir/loops/types.ts';
import { carriedOf } from '../../ir/loops/uses.ts';

/** `step`: what the value grows by from one iteration to the next, 0 where it is the same; undefined: anything. */
export interface LaneShape {
  readonly step: number | undefined;
}

const uniform: LaneShape = { step: 0 };
const varying: LaneShape = { step: undefined };

/** The shapes of a loop's values; those from outside of it are uniform. */
export type LaneShapes = (v: LoopValue) => LaneShape;

/** Opcodes that compute each lane by itself from operands of one lane type, or as the numerics contract has it. */
const laneWise: ReadonlySet<Opcode> = new Set<Opcode>([
  ...(['add', 'sub', 'mul', 'div', 'min', 'max', 'and', 'or', 'xor', 'abs', 'neg', 'not'] as const),
  ...(['shl', 'shr', 'shr_u', 'shr_round', 'sqrt', 'floor', 'ceil', 'trunc', 'nearest', 'mul_high'] as const),
  ...(['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'select', 'convert', 'bitcast', 'requantize', 'scale'] as const),
]);

/** Shifts of vectors are by one amount for all lanes. */
const shifts: ReadonlySet<Opcode> = new Set<Opcode>(['shl', 'shr', 'shr_u', 'shr_round']);

/** The shapes, or undefined where an instruction of the loop has no form on vectors. */
export function laneShapes(loop: ForInstruction): LaneShapes | undefined {
  const analysis = new Analysis();
  return analysis.loop(loop) ? analysis.shapeOf : undefined;
}

class Analysis {
  private readonly shapes = new Map<LoopValue, LaneShape>();

  readonly shapeOf = (v: LoopValue): LaneShape => this.shapes.get(v) ?? uniform;

  private readonly isUniform = (v: LoopValue): boolean => this.shapeOf(v).step === 0;

  /** A value that lanes can hold: one that differs by a step would first have to be counted up. */
  private readonly isLanes = (v: LoopValue): boolean => this.isUniform(v) || this.shapeOf(v).step === undefined;

  loop(x: ForInstruction): boolean {
    const [counter] = x.block.args;
    if (counter !== undefined) this.shapes.set(counter, { step: 1 });
    return this.block(x.block);
  }

  private block(block: Block): boolean {
    return block.body.every((x) => this.instruction(x));
  }

  private instruction(x: Instruction): boolean {
    switch (x.kind) {
      case 'const':
        return true;
      case 'compute':
        return this.compute(x);
      case 'load': {
        const { step } = this.shapeOf(x.index);
        if (lanesOf(x.result.type) > 1) return false;
        this.shapes.set(x.result, step === 0 ? uniform : varying);
        return (step === 0 || step === 1) && x.result.type !== 'i64';
      }
      case 'store':
        return this.shapeOf(x.index).step === 1 && lanesOf(x.value.type) === 1 && this.isLanes(x.value);
      case 'for':
        return this.serial(x);
      case 'if': {
        if (!this.isUniform(x.condition) || !this.block(x.consequent) || !this.block(x.alternate)) return false;
        return x.results.every((result, i) => {
          const branches = [x.consequent, x.alternate].map((b) => b.results[i]!);
          this.shapes.set(result, branches.every(this.isUniform) ? uniform : varying);
          return branches.every(this.isLanes) && result.type !== 'i64';
        });
      }
    }
  }

  private compute(x: ComputeInstruction): boolean {
    const { operands, result } = x;
    if (operands.every(this.isUniform)) return true;
    const step = this.stepOf(x);
    this.shapes.set(result, { step });
    if (step !== undefined) return true;
    if (!laneWise.has(x.opcode) || result.type === 'i64' || operands.some((v) => v.type === 'i64')) return false;
    if (shifts.has(x.opcode) && !this.isUniform(operands[1]!)) return false;
    return operands.every(this.isLanes);
  }

  /** The step of an i32 that is a sum of counters and uniform values. */
  private stepOf({ opcode, operands, result }: ComputeInstruction): number | undefined {
    const [a, b] = operands;
    if (result.type !== 'i32' || a === undefined || b === undefined) return undefined;
    const [p, q] = [this.shapeOf(a).step, this.shapeOf(b).step];
    if (p === undefined || q === undefined) return undefined;
    if (opcode === 'add') return p + q;
    if (opcode === 'sub') return p - q;
    const factor = constantValue(p === 0 ? a : b);
    return opcode === 'mul' && factor !== undefined ? (p + q) * Number(factor) : undefined;
  }

  /** A loop inside of the lanes: all of them run it together. What it carries differs once any of its values does. */
  private serial(x: ForInstruction): boolean {
    if (x.mode === 'parallel' || !this.isUniform(x.lower) || !this.isUniform(x.upper)) return false;
    const carried = carriedOf(x);
    for (const c of carried) this.shapes.set(c.arg, this.isUniform(c.init) ? uniform : varying);
    for (;;) {
      if (!this.block(x.block)) return false;
      const changed = carried.filter((c) => this.isUniform(c.arg) && !this.isUniform(c.next));
      for (const c of changed) this.shapes.set(c.arg, varying);
      if (changed.length === 0) break;
    }
    return carried.every((c) => {
      this.shapes.set(c.result, this.shapeOf(c.arg));
      return this.isLanes(c.init) && this.isLanes(c.next) && (this.isUniform(c.arg) || c.arg.type !== 'i64');
    });
  }
}

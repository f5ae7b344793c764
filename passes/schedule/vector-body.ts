// The instructions of a loop's body for one block of lanes.
import type { LoopBuilder } from '../../ir/loops/builder.ts';
import type {
  Block,
  ComputeInstruction,
  ForInstruction,
  IfInstruction,
  Instruction,
  LoadInstruction,
  LoopValue,
  StoreInstruction,
} from '../../ir/loops/kernel.ts';
import { type Lane, laneOf, laneOfElement, loopType } from '../../ir/loops/types.ts';
import type { LaneShapes } from './lane-shapes.ts';
import type { LaneTypes } from './lane-types.ts';

export interface VectorSetting {
  readonly lanes: number;
  readonly shapeOf: LaneShapes;
  readonly types: LaneTypes;
  /** The value that stands for one from outside of the loop. */
  readonly outside: (v: LoopValue) => LoopValue;
}

/** Emits the body for the iterations from `first` on, one for each lane. */
export function emitLanes(b: LoopBuilder, loop: ForInstruction, first: LoopValue, setting: VectorSetting): void {
  new VectorBody(b, setting).emit(loop, first);
}

class VectorBody {
  private readonly values = new Map<LoopValue, LoopValue>();

  constructor(
    private readonly b: LoopBuilder,
    private readonly setting: VectorSetting,
  ) {}

  emit(loop: ForInstruction, first: LoopValue): void {
    const [counter] = loop.block.args;
    if (counter !== undefined) this.values.set(counter, first);
    this.block(loop.block);
  }

  /** A value that is the same for all lanes; of one that grows from lane to lane, the first. */
  private readonly scalar = (v: LoopValue): LoopValue => this.values.get(v) ?? this.setting.outside(v);

  private differs(v: LoopValue): boolean {
    return this.setting.shapeOf(v).step === undefined;
  }

  /** The value in lanes of this type. */
  private inLanes(v: LoopValue, lane: Lane): LoopValue {
    const type = loopType(lane, this.setting.lanes);
    return this.differs(v) ? this.b.convert(this.scalar(v), type) : this.b.splat(this.scalar(v), type);
  }

  /** The value in the lanes that hold it. */
  private held(v: LoopValue, wanted: LoopValue): LoopValue {
    return this.differs(wanted) ? this.inLanes(v, this.setting.types.laneOf(wanted)) : this.scalar(v);
  }

  private block(block: Block): void {
    for (const x of block.body) this.instruction(x);
  }

  private instruction(x: Instruction): void {
    const { b } = this;
    switch (x.kind) {
      case 'const':
        this.values.set(x.result, b.constant(x.value, x.result.type));
        return;
      case 'compute':
        this.values.set(x.result, this.differs(x.result) ? this.compute(x) : this.computeOnce(x));
        return;
      case 'load':
        this.values.set(x.result, this.load(x));
        return;
      case 'store':
        this.store(x);
        return;
      case 'for':
        this.loop(x);
        return;
      case 'if':
        this.conditional(x);
    }
  }

  /** What all lanes share. The builder's own methods fold sums of indices. */
  private computeOnce(x: ComputeInstruction): LoopValue {
    const { b } = this;
    const operands = x.operands.map(this.scalar);
    const [p, q] = operands;
    const { opcode } = x;
    const folds = opcode === 'add' || opcode === 'sub' || opcode === 'mul';
    if (folds && p !== undefined && q !== undefined) return b[opcode](p, q);
    return b.compute(opcode, operands, x.immediates, x.result.type);
  }

  private compute(x: ComputeInstruction): LoopValue {
    const { b } = this;
    const { types, lanes } = this.setting;
    const type = loopType(types.laneOf(x.result), lanes);
    if (x.opcode === 'convert') return b.convert(this.scalar(x.operands[0]!), type);
    const working = types.workingLane(x);
    const operands = x.operands.map((v, i) => {
      // A condition that all lanes share needs no lanes.
      if (x.opcode === 'select' && i === 0 && !this.differs(v)) return this.scalar(v);
      return this.inLanes(v, v.type === 'i32' ? working : laneOf(v.type));
    });
    const [p, q] = operands;
    if (x.opcode === 'div' && x.result.type === 'i32' && p !== undefined && q !== undefined) return this.quotient(p, q);
    return b.compute(x.opcode, operands, x.immediates, type);
  }

  /** The quotient of integers that divide exactly as f32 (see lane-types.ts): vector units have no other division. */
  private quotient(dividend: LoopValue, divisor: LoopValue): LoopValue {
    const { b } = this;
    const { lanes } = this.setting;
    const [p, q] = [dividend, divisor].map((v) => b.convert(v, loopType('f32', lanes)));
    return b.convert(b.div(p!, q!), loopType('i32', lanes));
  }

  private load({ buffer, index, align, result }: LoadInstruction): LoopValue {
    const isShared = this.setting.shapeOf(index).step === 0;
    return this.b.load(buffer, this.scalar(index), isShared || !this.differs(result) ? 1 : this.setting.lanes, align);
  }

  private store({ buffer, index, value, align }: StoreInstruction): void {
    this.b.store(buffer, this.scalar(index), this.inLanes(value, laneOfElement(buffer.element)), align);
  }

  private define(old: readonly LoopValue[], now: readonly LoopValue[]): void {
    old.forEach((v, i) => {
      this.values.set(v, now[i] ?? v);
    });
  }

  private loop(x: ForInstruction): void {
    const [counter, ...carried] = x.block.args;
    const inits = x.inits.map((v, i) => this.held(v, carried[i] ?? v));
    const { mode, step } = x;
    const carry = carried.map((c) => c.name ?? 'acc');
    const name = counter?.name;
    const results = this.b.forCarry(
      this.scalar(x.lower),
      this.scalar(x.upper),
      inits,
      (i, values) => {
        if (counter !== undefined) this.values.set(counter, i);
        this.define(carried, values);
        this.block(x.block);
        return x.block.results.map((v, n) => this.held(v, carried[n] ?? v));
      },
      { mode, step, carry, ...(name === undefined ? {} : { name }) },
    );
    this.define(x.results, results);
  }

  private conditional(x: IfInstruction): void {
    const branch = (block: Block) => () => {
      this.block(block);
      return block.results.map((v, i) => this.held(v, x.results[i] ?? v));
    };
    this.define(x.results, this.b.ifElse(this.scalar(x.condition), branch(x.consequent), branch(x.alternate)));
  }
}

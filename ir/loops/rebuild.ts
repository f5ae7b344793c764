// Builds a kernel again, instruction by instruction, with changes on the way: the builder folds what they leave constant.
import { LoopBuilder } from './builder.ts';
import type {
  Block,
  ComputeInstruction,
  ForInstruction,
  Instruction,
  Kernel,
  LoadInstruction,
  LoopValue,
  StoreInstruction,
} from './kernel.ts';
import { lanesOf } from './types.ts';
import { operandsOf } from './uses.ts';

export interface RebuildChanges {
  /** What an instruction reads in place of an operand (see `operandsOf`); undefined to keep it. */
  operand?(x: Instruction, position: number, b: LoopBuilder): LoopValue | undefined;
  /** What a load becomes, given its new index; undefined to keep it. */
  load?(x: LoadInstruction, index: LoopValue, b: LoopBuilder): LoopValue | undefined;
  /** Where a load or store goes instead, and the alignment that is known there; undefined to keep both. */
  access?(x: LoadInstruction | StoreInstruction): Pick<LoadInstruction, 'buffer' | 'align'> | undefined;
  /** What a `compute` becomes, given its new operands; undefined to keep it. */
  compute?(x: ComputeInstruction, operands: readonly LoopValue[], b: LoopBuilder): LoopValue | undefined;
  /** The counter's values for which a loop is written out; undefined to keep it a loop. */
  iterations?(x: ForInstruction): readonly number[] | undefined;
  /**
   * Emits what stands in place of a loop that carries nothing; false to keep the loop. `now` gives the new values of old
   * ones, `iteration` emits the loop's body for a value of its counter.
   */
  replace?(
    x: ForInstruction,
    b: LoopBuilder,
    now: (v: LoopValue) => LoopValue,
    iteration: (i: LoopValue) => void,
  ): boolean;
}

export function rebuildKernel(kernel: Kernel, changes: RebuildChanges): Kernel {
  return new Rebuild(kernel, changes).run();
}

class Rebuild {
  private readonly builder = new LoopBuilder();
  private readonly values = new Map<LoopValue, LoopValue>();
  private readonly kernel: Kernel;
  private readonly changes: RebuildChanges;

  constructor(kernel: Kernel, changes: RebuildChanges) {
    this.kernel = kernel;
    this.changes = changes;
  }

  run(): Kernel {
    const { name, comment, buffers, scalars, body } = this.kernel;
    this.block(body);
    return this.builder.finish(name, comment, buffers, scalars);
  }

  private readonly now = (v: LoopValue): LoopValue => this.values.get(v) ?? v;

  /** What an instruction reads now. */
  private operands(x: Instruction): LoopValue[] {
    return operandsOf(x).map((v, i) => this.changes.operand?.(x, i, this.builder) ?? this.now(v));
  }

  private define(old: readonly LoopValue[], now: readonly LoopValue[]): void {
    old.forEach((v, i) => {
      this.values.set(v, now[i] ?? v);
    });
  }

  private block(block: Block): readonly LoopValue[] {
    for (const x of block.body) this.instruction(x);
    return block.results.map(this.now);
  }

  private instruction(x: Instruction): void {
    const b = this.builder;
    switch (x.kind) {
      case 'const':
        this.values.set(x.result, b.constant(x.value, x.result.type));
        return;
      case 'compute': {
        const operands = this.operands(x);
        this.values.set(x.result, this.changes.compute?.(x, operands, b) ?? this.compute(x, operands));
        return;
      }
      case 'load': {
        const { buffer, align } = this.changes.access?.(x) ?? x;
        const [index] = this.operands(x) as [LoopValue];
        const loaded = this.changes.load?.(x, index, b) ?? b.load(buffer, index, lanesOf(x.result.type), align);
        this.values.set(x.result, loaded);
        return;
      }
      case 'store': {
        const { buffer, align } = this.changes.access?.(x) ?? x;
        const [index, value] = this.operands(x) as [LoopValue, LoopValue];
        b.store(buffer, index, value, align);
        return;
      }
      case 'for':
        if (!this.replaced(x)) this.loop(x);
        return;
      case 'if': {
        const branch = (block: Block) => () => this.block(block);
        const [condition] = this.operands(x) as [LoopValue];
        this.define(x.results, b.ifElse(condition, branch(x.consequent), branch(x.alternate)));
        return;
      }
    }
  }

  /** The builder's own methods fold x + 0 and x * 1, which is what a counter of 0 or 1 leaves. */
  private compute(x: ComputeInstruction, operands: readonly LoopValue[]): LoopValue {
    const [p, q] = operands;
    const { opcode } = x;
    const folds = opcode === 'add' || opcode === 'sub' || opcode === 'mul';
    if (folds && p !== undefined && q !== undefined) return this.builder[opcode](p, q);
    return this.builder.compute(opcode, operands, x.immediates, x.result.type);
  }

  private replaced(x: ForInstruction): boolean {
    const [counter] = x.block.args;
    if (x.results.length > 0 || counter === undefined) return false;
    const iteration = (i: LoopValue) => {
      this.values.set(counter, i);
      this.block(x.block);
    };
    return this.changes.replace?.(x, this.builder, this.now, iteration) === true;
  }

  private loop(x: ForInstruction): void {
    const [counter, ...carried] = x.block.args;
    const [lower, upper, ...inits] = this.operands(x) as [LoopValue, LoopValue, ...LoopValue[]];
    const body = (i: LoopValue, values: readonly LoopValue[]) => {
      if (counter !== undefined) this.values.set(counter, i);
      this.define(carried, values);
      return this.block(x.block);
    };
    const iterations = this.changes.iterations?.(x);
    let results: LoopValue[] = inits;
    if (iterations === undefined) {
      const { mode, step } = x;
      const carry = carried.map((c) => c.name ?? 'acc');
      const options = { mode, step, carry, ...(counter?.name === undefined ? {} : { name: counter.name }) };
      results = [...this.builder.forCarry(lower, upper, inits, body, options)];
    } else {
      for (const i of iterations) results = [...body(this.builder.constant(i), results)];
    }
    this.define(x.results, results);
  }
}

// Gives the values that change over time (carried values of loops, results of conditionals) the mutable variables of a
// language with assignments. A carried value, its next value and the loop's result are one variable; more values share
// it where that saves a copy: `acc` through a nest of reductions and conditions stays one `acc`.
import type { Inlining } from './inlining.ts';
import type { Block, ForInstruction, IfInstruction, Instruction, Kernel, LoopValue } from './kernel.ts';
import { blocksOf, type KernelUses, type Use } from './uses.ts';

export interface Variables {
  /** The value that names the variable: the same for all values that share it. A value without a variable is its own. */
  variableOf(value: LoopValue): LoopValue;
}

/**
 * Joins values into variables in program order. A loop takes over the variable from which a carried value starts. A
 * conditional writes straight into the variable that its result is handed on to. Both only where no value that the
 * variable holds at that moment is read afterwards, and never across the boundary of a loop's body.
 */
export function shareVariables(kernel: Kernel, uses: KernelUses, inlining: Inlining): Variables {
  const order = new ProgramOrder(kernel);
  const parents = new Map<LoopValue, LoopValue>();
  const members = new Map<LoopValue, readonly LoopValue[]>();
  const variableOf = (v: LoopValue): LoopValue => {
    let at = v;
    for (let up = parents.get(at); up !== undefined; up = parents.get(at)) at = up;
    return at;
  };
  const holdersOf = (v: LoopValue) => members.get(variableOf(v)) ?? [v];
  const join = (v: LoopValue, into: LoopValue) => {
    const from = variableOf(v);
    const to = variableOf(into);
    if (from === to) return;
    members.set(to, [...holdersOf(to), ...holdersOf(from)]);
    parents.set(from, to);
  };

  /** True when nothing that `target`'s variable holds at `x` is read after the moment `from`, but for `allowed`. */
  const isFree = (target: LoopValue, x: ForInstruction | IfInstruction, from: number, allowed?: Use): boolean =>
    holdersOf(target).every(
      (holder) =>
        order.definition(holder) > order.begin(x) ||
        uses.usesOf(holder).every((use) => {
          if (use === allowed) return true;
          const { block, position } = use.user === undefined ? use.place : inlining.evaluationPlace(use.user);
          return order.at(block, position) < from || order.exclude(x, block);
        }),
    );

  /** `owners`: values of the loop body around that have variables. `targets`: what the block's results are handed to. */
  const visit = (block: Block, owners: Set<LoopValue>, targets: readonly LoopValue[]) => {
    for (const x of block.body) {
      if (!uses.matters(x)) continue;
      if (x.kind === 'for') {
        const carried = uses.carried(x);
        for (const { init, arg, result } of carried) {
          const own = uses.usesOf(init).filter((use) => use.user === x);
          const takes = own.length === 1 && owners.has(init) && isFree(init, x, order.begin(x), own[0]);
          join(result, arg);
          if (takes) join(arg, init);
          owners.add(result);
        }
        visit(x.block, new Set(carried.map((c) => c.arg)), x.block.args.slice(1));
      }
      if (x.kind === 'if') {
        for (const result of x.results) {
          if (!uses.isLive(result)) continue;
          const target = targets[block.results.indexOf(result)];
          const handedOn = target !== undefined && uses.usesOf(result).length === 1;
          if (handedOn && isFree(target, x, order.end(x))) join(result, target);
          owners.add(result);
        }
        for (const inside of blocksOf(x)) visit(inside, new Set(owners), x.results);
      }
    }
  };
  visit(kernel.body, new Set(), []);
  return { variableOf };
}

/** Numbers the moments of a kernel as its text has them. */
class ProgramOrder {
  private readonly begins = new Map<Instruction, number>();
  private readonly ends = new Map<Instruction | Block, number>();
  private readonly definitions = new Map<LoopValue, number>();
  private readonly parents = new Map<Block, { instruction: Instruction; block: Block }>();
  private now = 0;

  constructor(kernel: Kernel) {
    this.number(kernel.body);
  }

  private number(block: Block): void {
    for (const x of block.body) {
      this.begins.set(x, ++this.now);
      if (x.kind === 'for') for (const arg of x.block.args) this.definitions.set(arg, this.now);
      for (const inside of blocksOf(x)) {
        this.parents.set(inside, { instruction: x, block });
        this.number(inside);
      }
      this.ends.set(x, ++this.now);
      if (x.kind === 'for' || x.kind === 'if') for (const v of x.results) this.definitions.set(v, this.now);
    }
    this.ends.set(block, ++this.now);
  }

  begin(x: Instruction): number {
    return this.begins.get(x) ?? 0;
  }

  end(x: Instruction | Block): number {
    return this.ends.get(x) ?? 0;
  }

  definition(v: LoopValue): number {
    return this.definitions.get(v) ?? 0;
  }

  /** The moment of a position in a block: of the instruction there, or the block's end. */
  at(block: Block, position: number): number {
    const x = block.body[position];
    return x === undefined ? this.end(block) : this.begin(x);
  }

  /** True when `x` and `block` are in different branches of one conditional, so that only one of them runs. */
  exclude(x: Instruction, block: Block): boolean {
    const branches = new Map<Instruction, Block>();
    for (const [branch, conditional] of this.around(this.blockOf(x))) branches.set(conditional, branch);
    for (const [branch, conditional] of this.around(block)) {
      const other = branches.get(conditional);
      if (other !== undefined && conditional.kind === 'if') return other !== branch;
    }
    return false;
  }

  private blockOf(x: Instruction): Block | undefined {
    // Any block of x leads to the block around it.
    const inside = blocksOf(x)[0];
    return inside && this.parents.get(inside)?.block;
  }

  /** The blocks around and including `block`, inside out, each with the instruction that holds it. */
  private *around(block: Block | undefined): Generator<[Block, Instruction]> {
    for (let at = block; at !== undefined; ) {
      const parent = this.parents.get(at);
      if (parent === undefined) return;
      yield [at, parent.instruction];
      at = parent.block;
    }
  }
}

// Writes out loops of kind `unrolled`: their iterations one after the other, with the counter a constant that folds into
// index arithmetic. For backends that print text, before they analyse values.
import { constantValue, LoopBuilder } from './builder.ts';
import type { Block, ForInstruction, Instruction, Kernel, LoopProgram, LoopValue } from './kernel.ts';
import { lanesOf } from './types.ts';
import { blocksOf } from './uses.ts';

/** Most instructions that one loop may become; a longer one stays a loop. */
const maxInstructions = 512;

/** The program with unrolled loops written out. Kernels without any are kept. */
export function expandUnrolledLoops(program: LoopProgram): LoopProgram {
  const expanded = new Map<Kernel, Kernel>(program.kernels.map((k) => [k, expandKernel(k)]));
  for (const { kernel } of program.calls) if (!expanded.has(kernel)) expanded.set(kernel, expandKernel(kernel));
  const of = (kernel: Kernel) => expanded.get(kernel) ?? kernel;
  return {
    ...program,
    kernels: program.kernels.map(of),
    calls: program.calls.map((c) => ({ ...c, kernel: of(c.kernel) })),
  };
}

export function expandKernel(kernel: Kernel): Kernel {
  return hasUnrolledLoop(kernel.body) ? new Expansion(kernel).run() : kernel;
}

function hasUnrolledLoop(block: Block): boolean {
  return block.body.some(
    (x) => (x.kind === 'for' && iterationsToWrite(x) !== undefined) || blocksOf(x).some(hasUnrolledLoop),
  );
}

/** The counter's values, where the loop is to be written out. */
function iterationsToWrite(x: ForInstruction): number[] | undefined {
  const [lower, upper] = [constantValue(x.lower), constantValue(x.upper)];
  if (x.mode !== 'unrolled' || lower === undefined || upper === undefined) return undefined;
  const count = Math.max(0, Math.ceil((Number(upper) - Number(lower)) / x.step));
  if (count * sizeOf(x.block) > maxInstructions) return undefined;
  return Array.from({ length: count }, (_, i) => Number(lower) + i * x.step);
}

/** Instructions in a block once all that is unrolled in it is written out. */
function sizeOf(block: Block): number {
  let size = 0;
  for (const x of block.body) {
    const times = x.kind === 'for' ? (iterationsToWrite(x)?.length ?? 1) : 1;
    for (const inside of blocksOf(x)) size += times * sizeOf(inside);
    size++;
  }
  return size;
}

class Expansion {
  private readonly builder = new LoopBuilder();
  private readonly values = new Map<LoopValue, LoopValue>();
  private readonly kernel: Kernel;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  run(): Kernel {
    const { name, comment, buffers, scalars, body } = this.kernel;
    for (const s of scalars) this.values.set(s, s);
    this.block(body);
    return this.builder.finish(name, comment, buffers, scalars);
  }

  private readonly now = (v: LoopValue): LoopValue => this.values.get(v) ?? v;

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
        const operands = x.operands.map(this.now);
        const [p, q] = operands;
        // The builder's own methods fold x + 0 and x * 1, which is what a counter of 0 or 1 leaves.
        if (x.opcode === 'add' || x.opcode === 'mul' || x.opcode === 'sub') {
          this.values.set(x.result, b[x.opcode](p ?? 0, q ?? 0));
        } else {
          this.values.set(x.result, b.compute(x.opcode, operands, x.immediates, x.result.type));
        }
        return;
      }
      case 'load': {
        const { buffer, index, align, result } = x;
        this.values.set(result, b.load(buffer, this.now(index), lanesOf(result.type), align));
        return;
      }
      case 'store':
        b.store(x.buffer, this.now(x.index), this.now(x.value), x.align);
        return;
      case 'for':
        this.loop(x);
        return;
      case 'if': {
        const branch = (block: Block) => () => this.block(block);
        const results = b.ifElse(this.now(x.condition), branch(x.consequent), branch(x.alternate));
        this.define(x.results, results);
        return;
      }
    }
  }

  private loop(x: ForInstruction): void {
    const iterations = iterationsToWrite(x);
    const [counter, ...carried] = x.block.args;
    const inits = x.inits.map(this.now);
    const body = (i: LoopValue, values: readonly LoopValue[]) => {
      if (counter !== undefined) this.values.set(counter, i);
      this.define(carried, values);
      return this.block(x.block);
    };
    let results: readonly LoopValue[];
    if (iterations === undefined) {
      const { mode, step } = x;
      const names = carried.map((c) => c.name ?? 'acc');
      const options = { mode, step, carry: names, ...(counter?.name === undefined ? {} : { name: counter.name }) };
      results = this.builder.forCarry(this.now(x.lower), this.now(x.upper), inits, body, options);
    } else {
      results = inits;
      for (const i of iterations) results = body(this.builder.constant(i), results);
    }
    this.define(x.results, results);
  }
}

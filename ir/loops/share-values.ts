// Computes each value of a kernel once, and outside of the loops in which it stays the same. Schedules state tile after
// tile and channel after channel what they need; what is equal among that (addresses, channel parameters, constants as
// vectors) they need not see. For targets whose own compiler does not look across stores or out of loops.
import type {
  Block,
  ComputeInstruction,
  ForInstruction,
  IfInstruction,
  Instruction,
  Kernel,
  LoadInstruction,
  LoopValue,
} from './kernel.ts';
import type { KernelRanges } from './ranges.ts';
import { lanesOf } from './types.ts';

/** The same kernel with shared values. Ranges tell which loops certainly run: loads are only moved out of those. */
export function shareValues(kernel: Kernel, ranges: KernelRanges): Kernel {
  return new Sharing(ranges).kernel(kernel);
}

/** True for a loop that carries vectors, and for one around such a loop. */
function carriesVectors(x: Instruction): boolean {
  return x.kind === 'for' && (x.inits.some((v) => lanesOf(v.type) > 1) || x.block.body.some(carriesVectors));
}

/** A block being built. */
interface Frame {
  readonly body: Instruction[];
  /** Values of the block by what computes them. */
  readonly known: Map<string, LoopValue>;
  /** What may be moved from the block to the one around it. */
  readonly leaves: 'nothing' | 'computations' | 'computations and loads';
  /**
   * True where a loop inside carries vectors, which want every register: other vectors are computed behind it, once for
   * all its iterations, instead of being kept throughout (measured: a third of the time of a convolution).
   */
  readonly isCrowded: boolean;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

class Sharing {
  private readonly frames: Frame[] = [];
  private readonly values = new Map<LoopValue, LoopValue>();
  /** The number of the frame that a value belongs to; kernel parameters are in the first. */
  private readonly levels = new Map<LoopValue, number>();
  private readonly numbers = new Map<object, number>();
  private readonly ranges: KernelRanges;

  constructor(ranges: KernelRanges) {
    this.ranges = ranges;
  }

  kernel(kernel: Kernel): Kernel {
    return { ...kernel, body: this.block(kernel.body, 'nothing') };
  }

  private readonly now = (v: LoopValue): LoopValue => this.values.get(v) ?? v;

  private readonly levelOf = (v: LoopValue): number => this.levels.get(v) ?? 0;

  /** A number for each object, for keys. */
  private readonly numberOf = (x: object): number => {
    const known = this.numbers.get(x) ?? this.numbers.size;
    this.numbers.set(x, known);
    return known;
  };

  private block(block: Block, leaves: Frame['leaves']): Block {
    const frame: Frame = { body: [], known: new Map(), leaves, isCrowded: block.body.some(carriesVectors) };
    this.frames.push(frame);
    for (const arg of block.args) this.levels.set(arg, this.frames.length - 1);
    for (const x of block.body) this.instruction(x);
    this.frames.pop();
    return { args: block.args, body: frame.body, results: block.results.map(this.now) };
  }

  private add(x: Instruction): void {
    this.frames.at(-1)?.body.push(x);
  }

  private instruction(x: Instruction): void {
    switch (x.kind) {
      case 'const':
        this.place(x.result, `const ${x.result.type} ${Object.is(x.value, -0) ? '-0' : x.value}`, 0, (result) => ({
          ...x,
          result,
        }));
        return;
      case 'compute':
        this.compute(x);
        return;
      case 'load':
        this.load(x);
        return;
      case 'store':
        this.add({ ...x, index: this.now(x.index), value: this.now(x.value) });
        return;
      case 'for':
        this.loop(x);
        return;
      case 'if':
        this.conditional(x);
    }
  }

  private compute(x: ComputeInstruction): void {
    const operands = x.operands.map(this.now);
    const { lanes = [], rounding = '' } = x.immediates;
    const key = `${x.opcode} ${x.result.type} ${operands.map(this.numberOf)} ${lanes} ${rounding}`;
    const level = this.outermost(Math.max(0, ...operands.map(this.levelOf)), x);
    this.place(x.result, key, level, (result) => ({ ...x, operands, result }));
  }

  private load(x: LoadInstruction): void {
    const index = this.now(x.index);
    if (x.buffer.role !== 'const') {
      this.add(this.defined(x.result, this.frames.length - 1, (result) => ({ ...x, index, result })));
      return;
    }
    const key = `load ${x.result.type} ${this.numberOf(x.buffer)} ${this.numberOf(index)}`;
    this.place(x.result, key, this.outermost(this.levelOf(index), x), (result) => ({ ...x, index, result }));
  }

  /** The outermost frame from `level` on that an instruction may move to from where it stands. */
  private outermost(level: number, { kind, result }: ComputeInstruction | LoadInstruction): number {
    let at = this.frames.length - 1;
    while (at > level) {
      const { leaves, isCrowded } = this.frames[at]!;
      if (leaves === 'nothing' || (kind === 'load' && leaves === 'computations')) break;
      if (isCrowded && lanesOf(result.type) > 1) break;
      at--;
    }
    return at;
  }

  /** Takes over a value that is known where the instruction stands, or adds the instruction to the frame. */
  private place(old: LoopValue, key: string, level: number, make: (result: LoopValue) => Instruction): void {
    for (const { known } of this.frames) {
      const value = known.get(key);
      if (value === undefined) continue;
      this.values.set(old, value);
      return;
    }
    const frame = this.frames[level];
    frame?.body.push(this.defined(old, level, make));
    frame?.known.set(key, this.now(old));
  }

  /** The instruction with a new result that stands for the old one. */
  private defined(old: LoopValue, level: number, make: (result: LoopValue) => Instruction): Instruction {
    const result: Mutable<LoopValue> = { type: old.type, name: old.name };
    const x = make(result);
    result.definition = x;
    this.values.set(old, result);
    this.levels.set(result, level);
    return x;
  }

  private results(old: readonly LoopValue[]): Mutable<LoopValue>[] {
    return old.map((v) => {
      const result: Mutable<LoopValue> = { type: v.type, name: v.name };
      this.values.set(v, result);
      this.levels.set(result, this.frames.length - 1);
      return result;
    });
  }

  private loop(x: ForInstruction): void {
    const [lower, upper] = [x.lower, x.upper].map((v) => this.ranges.values.get(v));
    const runs = lower !== undefined && upper !== undefined && lower.max < upper.min;
    const inits = x.inits.map(this.now);
    const bounds = { lower: this.now(x.lower), upper: this.now(x.upper) };
    const block = this.block(x.block, runs ? 'computations and loads' : 'computations');
    const results = this.results(x.results);
    const loop: ForInstruction = { ...x, ...bounds, inits, block, results };
    for (const r of results) r.definition = loop;
    this.add(loop);
  }

  private conditional(x: IfInstruction): void {
    const condition = this.now(x.condition);
    const [consequent, alternate] = [this.block(x.consequent, 'nothing'), this.block(x.alternate, 'nothing')];
    const results = this.results(x.results);
    const conditional: IfInstruction = { ...x, condition, consequent, alternate, results };
    for (const r of results) r.definition = conditional;
    this.add(conditional);
  }
}

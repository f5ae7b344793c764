// Prints one kernel as a JavaScript function over typed arrays: structured loops, locals, nothing allocated in them.
import { internalError } from '../../ir/diagnostics.ts';
import { type Inlining, inlineValues } from '../../ir/loops/inlining.ts';
import type {
  Block,
  ForInstruction,
  IfInstruction,
  Instruction,
  Kernel,
  LoadInstruction,
  LoopValue,
  StoreInstruction,
} from '../../ir/loops/kernel.ts';
import type { KernelRanges } from '../../ir/loops/ranges.ts';
import { laneOf, lanesOf } from '../../ir/loops/types.ts';
import { blocksOf, type Carried, type KernelUses, kernelUses, resultsOf } from '../../ir/loops/uses.ts';
import { shareVariables, type Variables } from '../../ir/loops/variables.ts';
import { type BufferParameter, BufferParameters } from './buffer-parameters.ts';
import { commentText, Names } from './names.ts';
import { bare, constantRegister, fitsNumber, isAtom, type Register, type SpellContext, withWide } from './register.ts';
import type { Runtime } from './runtime.ts';
import { spellInstruction } from './spell-instruction.ts';

export interface PrintedKernel {
  readonly name: string;
  readonly text: string;
  /** In order; the kernel's scalars follow them. */
  readonly parameters: readonly BufferParameter[];
  /** For each scalar, whether it is passed as a BigInt. */
  readonly wideScalars: readonly boolean[];
}

/** Names of loop counters from the outermost loop on. */
const counterNames = ['i', 'j', 'k', 'l', 'm', 'n'];

/** Loops that say so are printed iteration by iteration up to this many. */
const maxUnrolled = 64;

/** Prints a kernel as a function `name`; `outer` holds the names of the module around it. */
export function printKernel(
  kernel: Kernel,
  ranges: KernelRanges,
  name: string,
  outer: Names,
  runtime: Runtime,
): PrintedKernel {
  return new KernelPrinter(kernel, ranges, outer, runtime).print(name);
}

class KernelPrinter implements SpellContext {
  private names: Names;
  private readonly uses: KernelUses;
  private readonly inlining: Inlining;
  private readonly variables: Variables;
  /** Variables that hold BigInts. */
  private readonly wideVariables = new Set<LoopValue>();
  /** The names of a variable's lanes, once it is declared. */
  private readonly declared = new Map<LoopValue, Register>();
  /** The names of all variables. */
  private readonly mutable = new Set<string>();
  /** Values that are not variables: locals, parameters, counters. */
  private readonly locals = new Map<LoopValue, Register>();
  private readonly buffers: BufferParameters;
  private readonly lines: string[] = [];
  private indent = '  ';
  /** Loops around the current line. */
  private depth = 0;

  constructor(
    private readonly kernel: Kernel,
    private readonly ranges: KernelRanges,
    outer: Names,
    private readonly usedRuntime: Runtime,
  ) {
    this.names = new Names(outer);
    this.uses = kernelUses(kernel);
    // Vectors are separate locals for their lanes, which many operators take apart.
    this.inlining = inlineValues(kernel, this.uses, { maxSize: 20, keepLocal: (v) => lanesOf(v.type) > 1 });
    this.variables = shareVariables(kernel, this.uses, this.inlining);
    this.findWideVariables(kernel.body);
    this.buffers = new BufferParameters(kernel, this.names);
  }

  /** A variable is a BigInt as soon as one of the values that share it needs to be. */
  private findWideVariables(block: Block): void {
    for (const x of block.body) {
      const held = x.kind === 'for' ? [...x.block.args.slice(1), ...x.results] : x.kind === 'if' ? x.results : [];
      for (const v of held) if (this.isWide(v)) this.wideVariables.add(this.variables.variableOf(v));
      blocksOf(x).forEach((b) => {
        this.findWideVariables(b);
      });
    }
  }

  private isWide(v: LoopValue): boolean {
    return laneOf(v.type) === 'i64' && !fitsNumber(this.rangeOf(v));
  }

  rangeOf(v: LoopValue) {
    return this.ranges.values.get(v) ?? internalError(`kernel ${this.kernel.name} has a value without a range`);
  }

  runtime(name: Parameters<Runtime['use']>[0]): string {
    return this.usedRuntime.use(name);
  }

  atom(text: string): string {
    return isAtom(text) ? text : this.local('t', text);
  }

  print(name: string): PrintedKernel {
    const scalars = this.kernel.scalars.map((s, i) => {
      const wide = this.isWide(s);
      const name = this.names.fresh(s.name ?? `scalar${i}`);
      this.locals.set(s, { lanes: [name], wide });
      return { name, wide };
    });
    this.block(this.kernel.body);
    const parameters = this.buffers.list();
    const list = [...parameters, ...scalars].map((p) => p.name).join(', ');
    const head = [`// ${commentText(this.kernel.comment)}`, `function ${name}(${list}) {`];
    return {
      name,
      text: `${[...head, ...this.lines, '}'].join('\n')}\n`,
      parameters,
      wideScalars: scalars.map((s) => s.wide),
    };
  }

  private line(text: string): void {
    this.lines.push(`${this.indent}${text}`);
  }

  /** Computes an expression into a new local and returns its name. */
  private local(hint: string, text: string): string {
    const name = this.names.fresh(hint);
    this.line(`const ${name} = ${bare(text)};`);
    return name;
  }

  /** Prints in a scope of its own, whose variables and names are gone after it. */
  private nested(print: () => void): void {
    const { indent, names } = this;
    const declared = new Set(this.declared.keys());
    this.indent += '  ';
    this.names = new Names(names);
    print();
    this.indent = indent;
    this.names = names;
    for (const v of this.declared.keys()) if (!declared.has(v)) this.declared.delete(v);
  }

  /** The register of a value: of its variable or local, or the expression that it is printed as. */
  private read(v: LoopValue): Register {
    const known = this.locals.get(v) ?? this.declaredVariable(v);
    if (known !== undefined) return known;
    const x = v.definition;
    if (x?.kind === 'const') return constantRegister(v.type, [x.value]);
    if (x?.kind === 'load') return this.load(x);
    if (x?.kind !== 'compute') return internalError(`kernel ${this.kernel.name} reads a value before it is defined`);
    return spellInstruction(
      x,
      x.operands.map((o) => this.read(o)),
      this,
    );
  }

  private block(block: Block): void {
    for (const x of block.body) {
      if (this.uses.matters(x)) this.instruction(x);
    }
  }

  private instruction(x: Instruction): void {
    switch (x.kind) {
      case 'const':
        return;
      case 'compute':
      case 'load': {
        if (this.inlining.isInline(x.result)) return;
        // In an unrolled loop, the local of the iteration before is forgotten.
        this.locals.delete(x.result);
        const register = this.read(x.result);
        if (register.constant !== undefined) {
          this.locals.set(x.result, register);
          return;
        }
        const hint = x.result.name ?? (x.kind === 'load' ? x.buffer.name : 'v');
        // A variable may change while this value lives, so it is copied; other names stand for it as they are.
        const stays = (text: string) => x.kind === 'compute' && isAtom(text) && !this.mutable.has(text);
        const lanes = register.lanes.map((text) => (stays(text) ? text : this.local(hint, text)));
        this.locals.set(x.result, { lanes, wide: register.wide });
        return;
      }
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

  /** The index of each of `lanes` consecutive elements. */
  private indices(index: LoopValue, lanes: number): string[] {
    const register = this.read(index);
    const at = register.constant?.[0];
    if (at !== undefined) return Array.from({ length: lanes }, (_, l) => String(Number(at) + l));
    if (lanes === 1) return [bare(register.lanes[0]!)];
    const base = this.atom(register.lanes[0]!);
    return Array.from({ length: lanes }, (_, l) => (l === 0 ? base : `${base} + ${l}`));
  }

  /** Index expressions of the two words of an i64 element. */
  private wordIndices(index: string): { low: string; high: string } {
    const first = /^[0-9]+$/.test(index)
      ? String(2 * Number(index))
      : this.local('at', `${isAtom(index) ? index : `(${index})`} * 2`);
    const second = /^[0-9]+$/.test(first) ? String(Number(first) + 1) : `${first} + 1`;
    return { low: first, high: second };
  }

  private load(x: LoadInstruction): Register {
    const indices = this.indices(x.index, lanesOf(x.result.type));
    const wide = this.isWide(x.result);
    if (x.buffer.element !== 'i64' || wide) {
      const array = this.buffers.elementsOf(x.buffer);
      return { lanes: indices.map((i) => `${array}[${i}]`), wide };
    }
    const words = this.buffers.wordsOf(x.buffer);
    const lanes = indices.map((i) => {
      const { low, high } = this.wordIndices(i);
      return `(${words}[${high}] * 4294967296 + (${words}[${low}] >>> 0))`;
    });
    return { lanes, wide };
  }

  private store(x: StoreInstruction): void {
    const value = this.read(x.value);
    const indices = this.indices(x.index, value.lanes.length);
    const toNumber = laneOf(x.value.type) === 'bool' ? (text: string) => `${text} ? 1 : 0` : bare;
    value.lanes.forEach((text, l) => {
      if (x.buffer.element !== 'i64' || value.wide) {
        this.line(`${this.buffers.elementsOf(x.buffer)}[${indices[l]}] = ${toNumber(text)};`);
        return;
      }
      const words = this.buffers.wordsOf(x.buffer);
      const long = this.atom(text);
      const { low, high } = this.wordIndices(indices[l]!);
      this.line(`${words}[${low}] = ${long};`);
      this.line(`${words}[${high}] = Math.floor(${long} / 4294967296);`);
    });
  }

  /** Declares a variable, in the scope around the current line. */
  private declare(v: LoopValue, start?: Register): Register {
    const variable = this.variables.variableOf(v);
    const wide = this.wideVariables.has(variable);
    const texts = start && withWide(start, wide).lanes.map(bare);
    const lanes = Array.from({ length: lanesOf(v.type) }, (_, l) => {
      const name = this.names.fresh(variable.name ?? v.name ?? 'v');
      this.mutable.add(name);
      this.line(texts === undefined ? `let ${name};` : `let ${name} = ${texts[l]};`);
      return name;
    });
    const register: Register = { lanes, wide };
    this.declared.set(variable, register);
    return register;
  }

  private declaredVariable(v: LoopValue): Register | undefined {
    return this.declared.get(this.variables.variableOf(v));
  }

  /** The variables of carried values, holding what the loop starts from. */
  private startCarried(carried: readonly Carried[]): Register[] {
    const starts = carried.map((c) => ({ known: this.declaredVariable(c.arg), init: this.read(c.init), arg: c.arg }));
    // New ones first: they read what the assignments to the others change.
    const variables = starts.map(({ known, init, arg }) => known ?? this.declare(arg, init));
    this.assign(starts.flatMap(({ known, init }) => (known === undefined ? [] : [[known, init] as const])));
    return variables;
  }

  /** Assigns registers to variables as if at once: what an assignment would hide from a later one is kept aside first. */
  private assign(pairs: readonly (readonly [Register, Register])[]): void {
    const all = pairs.flatMap(([to, from]) =>
      withWide(from, to.wide).lanes.map((text, l) => ({ name: to.lanes[l]!, text: bare(text) })),
    );
    const moves = all.filter((m) => m.name !== m.text);
    const assigned = new Set<string>();
    const safe = moves.map(({ name, text }) => {
      const reads = text.match(/[A-Za-z_][A-Za-z0-9_]*/g) ?? [];
      const hidden = reads.some((word) => assigned.has(word));
      assigned.add(name);
      return { name, text: hidden ? this.local('t', text) : text };
    });
    for (const { name, text } of safe) this.line(`${name} = ${text};`);
  }

  private loop(x: ForInstruction): void {
    const [counter] = x.block.args;
    const carried = this.uses.carried(x);
    const variables = this.startCarried(carried);
    const iteration = () => {
      this.block(x.block);
      const next = carried.map((c) => this.read(c.next));
      this.assign(variables.map((v, i) => [v, next[i]!]));
    };
    const lower = this.read(x.lower);
    const upper = this.read(x.upper);
    const [from, to] = [lower.constant?.[0], upper.constant?.[0]].map((v) => (v === undefined ? undefined : Number(v)));
    if (x.mode === 'unrolled' && from !== undefined && to !== undefined && to - from <= maxUnrolled * x.step) {
      for (let n = from; n < to; n += x.step) {
        this.locals.set(counter!, constantRegister('i32', [n]));
        iteration();
      }
      return;
    }
    const start = bare(lower.lanes[0]!);
    const end = this.atom(upper.lanes[0]!);
    const outside = this.names;
    // The counter's name belongs to the loop.
    this.names = new Names(outside);
    const i = this.names.fresh(counter!.name ?? counterNames[this.depth % counterNames.length]!);
    this.locals.set(counter!, { lanes: [i], wide: false });
    const step = x.step === 1 ? `${i}++` : `${i} += ${x.step}`;
    this.line(`for (let ${i} = ${start}; ${i} < ${end}; ${step}) {`);
    this.depth++;
    this.nested(iteration);
    this.depth--;
    this.line('}');
    this.names = outside;
  }

  private conditional(x: IfInstruction): void {
    const condition = this.read(x.condition);
    const live = resultsOf(x).flatMap((v, i) => (this.uses.isLive(v) ? [{ v, i }] : []));
    const variables = live.map(({ v }) => this.declaredVariable(v) ?? this.declare(v));
    const branch = (block: Block) => () => {
      this.block(block);
      const values = live.map(({ i }) => this.read(block.results[i]!));
      this.assign(variables.map((v, i) => [v, values[i]!]));
    };
    // Known in an unrolled loop whose counter it asks about.
    const known = condition.constant?.[0];
    if (known !== undefined) {
      branch(known ? x.consequent : x.alternate)();
      return;
    }
    this.line(`if (${bare(condition.lanes[0]!)}) {`);
    this.nested(branch(x.consequent));
    const before = this.lines.length;
    this.line('} else {');
    this.nested(branch(x.alternate));
    if (this.lines.length === before + 1) this.lines.pop();
    this.line('}');
  }
}

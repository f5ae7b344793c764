// Prints one kernel as an entry point of a WGSL module: its launched loops become the invocation's place in the grid, the
// rest structured loops over locals.
import { internalError } from '../../ir/diagnostics.ts';
import { powerOfTwoDivisors } from '../../ir/loops/divisors.ts';
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
import type { Range } from '../../ir/loops/range-rules.ts';
import type { KernelRanges } from '../../ir/loops/ranges.ts';
import { type Buffer, laneOf } from '../../ir/loops/types.ts';
import { type Carried, type KernelUses, kernelUses, resultsOf } from '../../ir/loops/uses.ts';
import { shareVariables, type Variables } from '../../ir/loops/variables.ts';
import { bytesPerElement } from '../../ir/types.ts';
import { type Code, infix, isAtom, primary } from './code.ts';
import type { Launch } from './launch.ts';
import { type Access, loadRegister, storeRegister } from './memory-access.ts';
import type { Space } from './memory-functions.ts';
import { Names } from './names.ts';
import {
  asValue,
  type Chunk,
  chunkWidths,
  constantRegister,
  type Register,
  registerOf,
  value,
  valueType,
} from './register.ts';
import { spellInstruction } from './spell-instruction.ts';
import type { SpellContext } from './spell-lanes.ts';
import type { Support } from './support.ts';

/** Where an entry point finds a buffer. */
export interface BufferPlace {
  readonly space: Space;
  /** The module's constant that holds the index of its first element. */
  readonly base: string;
  /** Bytes to which it is aligned in every call. */
  readonly alignment: number;
}

export interface KernelRequest {
  readonly kernel: Kernel;
  readonly ranges: KernelRanges;
  readonly launch: Launch;
  readonly outer: Names;
  readonly support: Support;
  placeOf(buffer: Buffer): BufferPlace;
  /** The module's constant that holds a scalar parameter. */
  scalarOf(scalar: LoopValue): Register;
}

/** Names of loop counters from the outermost loop on. */
const counterNames = ['i', 'j', 'k', 'l', 'm', 'n'];

/** The statements of a kernel's entry point; `place` is the number of the invocation, a u32. */
export function printKernelBody(request: KernelRequest, place: string): string[] {
  return new KernelPrinter(request).print(place);
}

class KernelPrinter implements SpellContext {
  readonly support: Support;
  private readonly request: KernelRequest;
  private readonly uses: KernelUses;
  private readonly inlining: Inlining;
  private readonly variables: Variables;
  private readonly divisor: (v: LoopValue) => number;
  private names: Names;
  /** The register of a variable, once it is declared. */
  private readonly declared = new Map<LoopValue, Register>();
  /** The names of all variables. */
  private readonly mutable = new Set<string>();
  /** Values that are not variables: locals, parameters, counters. */
  private readonly locals = new Map<LoopValue, Register>();
  private readonly lines: string[] = [];
  private indent = '  ';
  /** Loops around the current line. */
  private depth = 0;

  constructor(request: KernelRequest) {
    const { kernel, outer, support } = request;
    this.request = request;
    this.support = support;
    this.names = new Names(outer);
    this.uses = kernelUses(kernel);
    // What takes more than one WGSL value is kept in locals for each of them.
    const keepLocal = (v: LoopValue) => chunkWidths(v.type).length > 1;
    this.inlining = inlineValues(kernel, this.uses, { maxSize: 8, keepLocal });
    this.variables = shareVariables(kernel, this.uses, this.inlining);
    this.divisor = powerOfTwoDivisors(kernel);
  }

  rangeOf(v: LoopValue): Range {
    return (
      this.request.ranges.values.get(v) ?? internalError(`${this.request.kernel.name} has a value without a range`)
    );
  }

  atom = (code: Code, hint = 't'): Code => (isAtom(code) ? code : primary(this.local(hint, code)));

  print(place: string): string[] {
    const { kernel, launch } = this.request;
    for (const s of kernel.scalars) if (this.uses.isLive(s)) this.locals.set(s, this.request.scalarOf(s));
    this.placeCounters(launch, place);
    this.block(kernel.body);
    return this.lines;
  }

  /** The counters of the launched loops; the innermost one runs fastest over invocations. */
  private placeCounters({ loops, invocations }: Launch, place: string): void {
    if (invocations > 1) {
      this.line(`if (${place} >= ${invocations}u) {`);
      this.line('  return;');
      this.line('}');
    }
    let inside = 1;
    const lines: string[] = [];
    for (const { counter, lower, step, count } of loops.toReversed()) {
      const quotient = inside === 1 ? place : `${place} / ${inside}u`;
      const digit = inside * count === invocations ? quotient : `${quotient} % ${count}u`;
      inside *= count;
      const scaled = step === 1 ? `i32(${digit})` : `i32(${digit}) * ${step}`;
      const at = lower === 0 ? scaled : `${scaled} + ${lower}`;
      if (count === 1) {
        this.locals.set(counter, constantRegister('i32', [lower], this.support));
        continue;
      }
      const name = this.names.fresh(counter.name ?? 'i');
      this.locals.set(counter, registerOf('i32', [primary(name)]));
      lines.unshift(`let ${name} = ${at};`);
    }
    for (const line of lines) this.line(line);
  }

  private line(text: string): void {
    this.lines.push(`${this.indent}${text}`);
  }

  /** Computes an expression into a new local and returns its name. */
  private local(hint: string, code: Code): string {
    const name = this.names.fresh(hint);
    this.line(`let ${name} = ${code.text};`);
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
    if (x?.kind === 'const') return constantRegister(v.type, [x.value], this.support);
    if (x?.kind === 'load') return this.load(x);
    if (x?.kind !== 'compute') {
      return internalError(`${this.request.kernel.name} reads a value before it is defined`);
    }
    const operands = x.operands.map((o) => this.read(o));
    return spellInstruction(x, operands, this);
  }

  /** A scalar's expression. */
  private scalar(v: LoopValue): Code {
    return asValue(this.read(v), 0);
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
      case 'load':
        if (!this.inlining.isInline(x.result)) this.define(x.result, x.kind === 'load' ? x.buffer.name : 'v');
        return;
      case 'store':
        for (const text of storeRegister(this.read(x.value), this.access(x), this)) this.line(text);
        return;
      case 'for':
        this.loop(x);
        return;
      case 'if':
        this.conditional(x);
    }
  }

  /** Computes a value into locals. */
  private define(v: LoopValue, hint: string): void {
    const register = this.read(v);
    if (register.constant !== undefined) {
      this.locals.set(v, register);
      return;
    }
    const name = v.name ?? hint;
    // A variable may change while this value lives, so it is copied; other names stand for it as they are.
    const held = (code: Code): Code => {
      const stays = isAtom(code) && !this.mutable.has(code.text.replace(/\..*/, ''));
      return stays ? code : primary(this.local(name, code));
    };
    const chunks = register.chunks.map(
      (chunk): Chunk =>
        chunk.form === 'lanes' ? { form: 'lanes', codes: chunk.codes.map(held) } : { ...chunk, code: held(chunk.code) },
    );
    this.locals.set(v, { type: v.type, chunks });
  }

  private access(x: LoadInstruction | StoreInstruction): Access {
    const { buffer, index } = x;
    const { space, base, alignment } = this.request.placeOf(buffer);
    const divisor = this.divisor(index) * bytesPerElement(buffer.element);
    const offset = this.scalar(index);
    const at = offset.text === '0' ? primary(base) : infix(primary(base), '+', offset);
    return {
      space,
      element: buffer.element,
      at,
      name: buffer.name,
      alignment: Math.max(x.align, Math.min(divisor, alignment)),
    };
  }

  private load(x: LoadInstruction): Register {
    return loadRegister(x.result.type, this.access(x), this);
  }

  /** Declares a variable, in the scope around the current line. */
  private declare(v: LoopValue, start?: Register): Register {
    const variable = this.variables.variableOf(v);
    const lane = laneOf(v.type);
    const chunks = chunkWidths(v.type).map((width, c): Chunk => {
      const name = this.names.fresh(variable.name ?? v.name ?? 'v');
      this.mutable.add(name);
      const type = valueType(lane, width);
      this.line(start === undefined ? `var ${name}: ${type};` : `var ${name} = ${asValue(start, c).text};`);
      return value(primary(name));
    });
    const register: Register = { type: v.type, chunks };
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
      to.chunks.map((_, c) => ({ name: asValue(to, c).text, code: asValue(from, c) })),
    );
    const moves = all.filter((m) => m.name !== m.code.text);
    const assigned = new Set<string>();
    const safe = moves.map(({ name, code }) => {
      const reads = code.text.match(/[A-Za-z_][A-Za-z0-9_]*/g) ?? [];
      const hidden = reads.some((word) => assigned.has(word));
      assigned.add(name);
      return { name, code: hidden ? primary(this.local('t', code)) : code };
    });
    for (const { name, code } of safe) this.line(assignment(name, code));
  }

  private loop(x: ForInstruction): void {
    if (this.request.launch.loops.some((l) => l.loop === x)) {
      this.block(x.block);
      return;
    }
    const counter = x.block.args[0] ?? internalError('a loop has a counter');
    const carried = this.uses.carried(x);
    const variables = this.startCarried(carried);
    const start = this.scalar(x.lower).text;
    const end = this.atom(this.scalar(x.upper)).text;
    const outside = this.names;
    // The counter's name belongs to the loop.
    this.names = new Names(outside);
    const i = this.names.fresh(counter.name ?? counterNames[this.depth % counterNames.length] ?? 'i');
    this.locals.set(counter, registerOf('i32', [primary(i)]));
    this.line(`for (var ${i} = ${start}; ${i} < ${end}; ${x.step === 1 ? `${i}++` : `${i} += ${x.step}`}) {`);
    this.depth++;
    this.nested(() => {
      this.block(x.block);
      this.assign(carried.map((c, n) => [variables[n] ?? internalError('a variable is missing'), this.read(c.next)]));
    });
    this.depth--;
    this.line('}');
    this.names = outside;
  }

  private conditional(x: IfInstruction): void {
    const condition = this.scalar(x.condition).text;
    const live = resultsOf(x).flatMap((v, i) => (this.uses.isLive(v) ? [{ v, i }] : []));
    const variables = live.map(({ v }) => this.declaredVariable(v) ?? this.declare(v));
    const branch = (block: Block) => () => {
      this.block(block);
      this.assign(
        live.map(({ i }, n) => [
          variables[n] ?? internalError('a variable is missing'),
          this.read(block.results[i] ?? internalError('a branch lacks a result')),
        ]),
      );
    };
    this.line(`if (${condition}) {`);
    this.nested(branch(x.consequent));
    const before = this.lines.length;
    this.line('} else {');
    this.nested(branch(x.alternate));
    if (this.lines.length === before + 1) this.lines.pop();
    this.line('}');
  }
}

/** `acc += x` for `acc = acc + x`. */
function assignment(name: string, code: Code): string {
  const { infix: parts } = code;
  const short = parts !== undefined && parts.left.text === name && /^[-+*]$/.test(parts.operator);
  return short ? `${name} ${parts.operator}= ${parts.right.text};` : `${name} = ${code.text};`;
}

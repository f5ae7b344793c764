// Prints one kernel as a static C function: structured loops and conditionals, values as expressions or locals.
import { internalError } from '../../ir/diagnostics.ts';
import { orderAssignments } from '../../ir/loops/assignments.ts';
import { type Inlining, inlineValues } from '../../ir/loops/inlining.ts';
import type {
  Block,
  ForInstruction,
  IfInstruction,
  Instruction,
  Kernel,
  LoopValue,
  StoreInstruction,
} from '../../ir/loops/kernel.ts';
import { fullRange } from '../../ir/loops/range-rules.ts';
import type { KernelRanges } from '../../ir/loops/ranges.ts';
import { type Buffer, laneOf, laneOfElement, lanesOf } from '../../ir/loops/types.ts';
import { type KernelUses, kernelUses, operandsOf } from '../../ir/loops/uses.ts';
import { shareVariables, type Variables } from '../../ir/loops/variables.ts';
import { elementType } from './c-types.ts';
import { address, type Code, cast, conditional, element, prefix, primary } from './code.ts';
import { comment, commentText } from './comments.ts';
import { loopHint, noInline } from './compiler-hints.ts';
import { spellFused } from './fused-spellings.ts';
import { NameScope, sanitized } from './identifiers.ts';
import { literal, needsMathHeader } from './literals.ts';
import { suggestName } from './local-names.ts';
import { spellScalar } from './scalar-spelling.ts';
import type { Support } from './support.ts';
import { registerType, spellVector, spellVectorLoad, spellVectorStore } from './vectors.ts';

/** What the file around a kernel decides. */
export interface KernelSetting {
  /** The function's name. */
  readonly name: string;
  readonly ranges: KernelRanges;
  readonly support: Support;
  /** Names of the file: locals keep away from them. */
  readonly scope: NameScope;
  /** The declared type of a buffer's parameter, up to the `*`. */
  parameterType(buffer: Buffer): string;
  /** True when no other buffer of any call overlaps this one, so that `restrict` may say so. */
  isAlone(buffer: Buffer): boolean;
}

/** The function's text, from its comment to its closing brace. */
export function printKernel(kernel: Kernel, setting: KernelSetting): string {
  return new KernelPrinter(kernel, setting).print();
}

/** Lines longer than this are broken where that is easy. */
const maxColumns = 110;

class KernelPrinter {
  private readonly uses: KernelUses;
  private readonly inlining: Inlining;
  private readonly variables: Variables;
  private readonly names = new Map<LoopValue, string>();
  private readonly buffers = new Map<Buffer, string>();
  private readonly lines: string[] = [];
  private readonly kernel: Kernel;
  private readonly setting: KernelSetting;
  private scope: NameScope;
  private depth = 1;

  constructor(kernel: Kernel, setting: KernelSetting) {
    this.kernel = kernel;
    this.setting = setting;
    this.scope = new NameScope(setting.scope);
    this.uses = kernelUses(kernel);
    this.inlining = inlineValues(kernel, this.uses, { maxSize: 12 });
    this.variables = shareVariables(kernel, this.uses, this.inlining);
  }

  print(): string {
    const { kernel, setting } = this;
    const parameters = [
      ...kernel.buffers.map((b) => this.bufferParameter(b)),
      ...kernel.scalars.map((s) => `${this.typeOf(s)} ${this.declare(s, 's')}`),
    ];
    this.ignoreUnused();
    this.block(kernel.body);
    const head = `static ${noInline(setting.support)} void ${setting.name}(`;
    const one = `${head}${parameters.join(', ') || 'void'}) {`;
    const signature = one.length <= maxColumns ? one : `${head}\n    ${parameters.join(',\n    ')}) {`;
    return [comment([commentText(kernel.comment || kernel.name)]), signature, ...this.lines, '}'].join('\n');
  }

  private bufferParameter(b: Buffer): string {
    const name = this.scope.unique(sanitized(b.name, 'buffer'));
    this.buffers.set(b, name);
    const readOnly = b.role === 'in' || b.role === 'const';
    const restricted = !readOnly && this.setting.isAlone(b) ? 'restrict ' : '';
    return `${readOnly ? 'const ' : ''}${this.setting.parameterType(b)} *${restricted}${name}`;
  }

  /** Parameters that no printed instruction uses would be warned about. */
  private ignoreUnused(): void {
    const used = new Set<Buffer>();
    const visit = (block: Block) => {
      for (const x of block.body) {
        if (!this.uses.matters(x)) continue;
        if (x.kind === 'load' || x.kind === 'store') used.add(x.buffer);
        if (x.kind === 'for') visit(x.block);
        if (x.kind === 'if') for (const inside of [x.consequent, x.alternate]) visit(inside);
      }
    };
    visit(this.kernel.body);
    for (const [buffer, name] of this.buffers) if (!used.has(buffer)) this.line(`(void)${name};`);
    for (const s of this.kernel.scalars) if (!this.uses.isLive(s)) this.line(`(void)${this.nameOf(s)};`);
  }

  private line(text: string): void {
    this.lines.push(`${'  '.repeat(this.depth)}${text}`);
  }

  /** `target = value;`, with the value on a line of its own where both do not fit one. */
  private assignment(target: string, value: Code, operator = '='): void {
    const one = `${target} ${operator} ${value.text};`;
    const isLong = one.length + 2 * this.depth > maxColumns;
    this.line(isLong ? `${target} ${operator}\n${'  '.repeat(this.depth + 2)}${value.text};` : one);
  }

  private typeOf(v: LoopValue): string {
    return registerType(v.type, this.setting.support);
  }

  /** Gives the value's variable a name in the current scope. */
  private declare(v: LoopValue, wanted: string): string {
    const name = this.scope.unique(sanitized(v.name ?? wanted, wanted));
    this.names.set(this.variables.variableOf(v), name);
    return name;
  }

  private nameOf(v: LoopValue): string {
    const name = this.names.get(this.variables.variableOf(v));
    return name ?? internalError(`kernel ${this.kernel.name} uses a value of type ${v.type} that C has no name for`);
  }

  private bufferName(b: Buffer): string {
    return this.buffers.get(b) ?? internalError(`kernel ${this.kernel.name} has no buffer ${b.name}`);
  }

  /** The value as an expression: a literal, an inlined computation, or its variable. */
  private code(v: LoopValue): Code {
    const x = v.definition;
    if (x?.kind === 'const') {
      if (laneOf(v.type) === 'bool') this.setting.support.header('stdbool.h');
      if (laneOf(v.type) === 'f32') this.setting.support.header('float.h');
      if (needsMathHeader(Number(x.value))) this.setting.support.header('math.h');
      return literal(laneOf(v.type), x.value);
    }
    return this.inlining.isInline(v) && x !== undefined ? this.computation(x) : primary(this.nameOf(v));
  }

  /** The right-hand side that a `compute` or `load` stands for. */
  private computation(x: Instruction): Code {
    const { support, ranges } = this.setting;
    if (x.kind === 'load') {
      const name = this.bufferName(x.buffer);
      if (lanesOf(x.result.type) === 1) return element(name, this.code(x.index));
      return spellVectorLoad(x.result.type, address(name, this.code(x.index)), support);
    }
    if (x.kind !== 'compute') return internalError(`a ${x.kind} is not an expression`);
    const { opcode, operands, immediates, result } = x;
    if ([result, ...operands].some((v) => lanesOf(v.type) > 1)) {
      const codes = operands.map((o) => this.code(o));
      const types = operands.map((o) => o.type);
      return spellVector(opcode, codes, types, result.type, immediates, support);
    }
    const fused = spellFused(x, {
      support,
      code: (v) => this.code(v),
      isInline: (v) => this.inlining.isInline(v),
      rangeOf: (v) => ranges.values.get(v) ?? fullRange(laneOf(v.type)),
    });
    if (fused !== undefined) return fused;
    const scalars = operands.map((o) => ({
      code: this.code(o),
      lane: laneOf(o.type),
      range: ranges.values.get(o) ?? fullRange(laneOf(o.type)),
    }));
    return spellScalar(opcode, scalars, laneOf(result.type), immediates, support);
  }

  private block(block: Block): void {
    for (const x of block.body) if (this.uses.matters(x)) this.instruction(x);
  }

  private instruction(x: Instruction): void {
    switch (x.kind) {
      case 'const':
        return;
      case 'compute':
      case 'load': {
        if (this.inlining.isInline(x.result)) return;
        const code = this.computation(x);
        const wanted = suggestName(x, this.uses, (b) => this.bufferName(b));
        const type = this.typeOf(x.result);
        this.assignment(`const ${type} ${this.declare(x.result, wanted)}`, code);
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
        return;
    }
  }

  private store(x: StoreInstruction): void {
    const name = this.bufferName(x.buffer);
    const type = elementType(x.buffer.element);
    const value = this.code(x.value);
    if (lanesOf(x.value.type) > 1) {
      const to = address(name, this.code(x.index));
      this.line(`${spellVectorStore(x.value.type, type, to, value, this.setting.support).text};`);
      return;
    }
    const stored = this.hasType(x.value, x.buffer) ? value : cast(type, value);
    this.assignment(element(name, this.code(x.index)).text, stored);
  }

  /** True when the printed value has the type of the buffer's elements, or is a number that fits it. */
  private hasType(v: LoopValue, { element: to }: Buffer): boolean {
    const x = v.definition;
    if (x?.kind === 'const' && v.type === 'i32') {
      const { min, max } = fullRange(laneOfElement(to));
      return min <= Number(x.value) && Number(x.value) <= max;
    }
    const from = x?.kind === 'load' && this.inlining.isInline(v) ? elementType(x.buffer.element) : this.typeOf(v);
    return from === elementType(to);
  }

  private loop(x: ForInstruction): void {
    const carried = this.uses.carried(x);
    for (const { arg, init } of carried) {
      // A variable that has a name is the one in which the initial value already is.
      if (this.names.has(this.variables.variableOf(arg))) continue;
      const start = this.code(init);
      this.assignment(`${this.typeOf(arg)} ${this.declare(arg, 'acc')}`, start);
    }
    const lower = this.code(x.lower).text;
    const upper = this.code(x.upper).text;
    const counter = x.block.args[0];
    this.nested(() => {
      const i = counter === undefined ? 'i' : this.declare(counter, 'ijklmn'[Math.min(this.depth - 2, 5)] ?? 'i');
      const step = x.step === 1 ? `++${i}` : `${i} += ${x.step}`;
      const hint = loopHint(x, carried.length > 0, this.setting.support);
      if (hint !== undefined) this.lines.push(`${'  '.repeat(this.depth - 1)}${hint}`);
      this.lines.push(`${'  '.repeat(this.depth - 1)}for (int32_t ${i} = ${lower}; ${i} < ${upper}; ${step}) {`);
      this.block(x.block);
      this.assign(carried.map((c) => [c.arg, c.next]));
    });
    this.line('}');
  }

  private conditional(x: IfInstruction): void {
    const results = x.results.map((result, i) => ({ result, i })).filter(({ result }) => this.uses.isLive(result));
    const handOver = (block: Block) => () => {
      this.block(block);
      this.assign(results.map(({ result, i }) => [result, block.results[i]!]));
    };
    const fresh = results.filter(({ result }) => !this.names.has(this.variables.variableOf(result)));
    const [only] = results;
    if (only !== undefined && results.length === 1 && fresh.length === 1 && this.isChoice(x)) {
      const [a, b] = [x.consequent, x.alternate].map((block) => this.code(block.results[only.i]!));
      const choice = conditional(this.code(x.condition), a!, b!);
      this.assignment(`const ${this.typeOf(only.result)} ${this.declare(only.result, 'value')}`, choice);
      return;
    }
    for (const { result } of fresh) this.line(`${this.typeOf(result)} ${this.declare(result, 'value')};`);
    const condition = this.code(x.condition);
    const before = this.lines.length;
    this.line(`if (${condition.text}) {`);
    this.nested(handOver(x.consequent));
    const isEmpty = this.lines.length === before + 1;
    if (isEmpty) this.lines[before] = `${'  '.repeat(this.depth)}if (${prefix('!', condition).text}) {`;
    const middle = this.lines.length;
    if (!isEmpty) this.line('} else {');
    this.nested(handOver(x.alternate));
    if (!isEmpty && this.lines.length === middle + 1) this.lines.pop();
    this.line('}');
  }

  /** True when both branches are expressions without statements. */
  private isChoice(x: IfInstruction): boolean {
    const isExpression = (y: Instruction) =>
      y.kind === 'const' ||
      ((y.kind === 'compute' || y.kind === 'load') && (this.inlining.isInline(y.result) || !this.uses.matters(y)));
    return [x.consequent, x.alternate].every((block) => block.body.every(isExpression));
  }

  private nested(print: () => void): void {
    const outer = this.scope;
    this.scope = new NameScope(outer);
    this.depth++;
    print();
    this.depth--;
    this.scope = outer;
  }

  /** Assigns values to variables as if at once. */
  private assign(pairs: readonly (readonly [LoopValue, LoopValue])[]): void {
    const assignments = pairs
      .map(([to, value]) => ({ target: this.variables.variableOf(to), value, reads: this.reads(value) }))
      .filter(({ target, value }) => this.inlining.isInline(value) || this.variables.variableOf(value) !== target);
    const { saved, ordered } = orderAssignments(assignments);
    const temporaries = saved.map(({ target, value }) => {
      const name = this.scope.unique(`next_${this.nameOf(target)}`);
      this.assignment(`const ${this.typeOf(target)} ${name}`, this.code(value));
      return { target, code: primary(name) };
    });
    for (const { target, value } of ordered) this.assignOne(target, this.code(value));
    for (const { target, code } of temporaries) this.assignOne(target, code);
  }

  /** `x = x + y` is printed as `x += y`. */
  private assignOne(target: LoopValue, code: Code): void {
    const name = this.nameOf(target);
    const { operator, left, right } = code.infix ?? {};
    const compound = operator !== undefined && ['+', '-', '*', '/', '%', '&', '|', '^', '<<', '>>'].includes(operator);
    if (compound && left?.text === name && right !== undefined) this.assignment(name, right, `${operator}=`);
    else if (operator === '+' && right?.text === name && left !== undefined) this.assignment(name, left, '+=');
    else this.assignment(name, code);
  }

  /** The variables in the expression of a value. */
  private reads(v: LoopValue): ReadonlySet<LoopValue> {
    const found = new Set<LoopValue>();
    const visit = (w: LoopValue) => {
      if (!this.inlining.isInline(w)) found.add(this.variables.variableOf(w));
      else if (w.definition !== undefined) for (const o of operandsOf(w.definition)) visit(o);
    };
    visit(v);
    return found;
  }
}

// From the syntax of a kernel to the kernel: resolves names by block scope, makes constants of literals, then has the
// verifier look at the whole.
import { roundings } from '../attributes.ts';
import { shorten } from '../content-text.ts';
import { integerOf, nameOf, numbersOfList, stringOf } from '../elaborate-type.ts';
import type { SourceText } from '../source-text.ts';
import { didYouMean } from '../spelling.ts';
import type { Token } from '../syntax.ts';
import { type Literal, literalOf, sequenceOf, wordOf } from './elaborate-literal.ts';
import type { Block, ConstInstruction, Instruction, Kernel, LoopValue } from './kernel.ts';
import { type Immediates, isOpcode, type Opcode, opcodes } from './opcodes.ts';
import type { BlockSyntax, BufferSyntax, InstructionSyntax, KernelSyntax, PlaceSyntax } from './syntax.ts';
import { type Buffer, type BufferRole, isLoopType, type LoopType } from './types.ts';
import { kernelProblems } from './verifier.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Syntax<K extends InstructionSyntax['kind']> = Extract<InstructionSyntax, { kind: K }>;

/** An instruction, and the values it defines: they learn of it once it is whole. */
interface Built {
  readonly instruction: Instruction;
  readonly results: readonly Mutable<LoopValue>[];
}

const roles: readonly BufferRole[] = ['in', 'out', 'inout', 'const', 'scratch'];
const int32 = [-2147483648, 2147483647] as const;

class KernelElaborator {
  private readonly source: SourceText;
  private readonly syntax: KernelSyntax;
  private readonly values = new Map<string, LoopValue>();
  /** Names of the visible values in the order of their definition; a block forgets those it added. */
  private readonly scope: string[] = [];
  private readonly buffers = new Map<string, Buffer>();
  private readonly constants = new Map<string, ConstInstruction>();
  /** Where each instruction stands in the text, for the verifier's messages. */
  private readonly places = new Map<Instruction, number>();

  constructor(source: SourceText, syntax: KernelSyntax) {
    this.source = source;
    this.syntax = syntax;
  }

  elaborate(): Kernel {
    const { source, syntax } = this;
    const buffers = syntax.buffers.map((b) => this.buffer(b));
    const scalars = syntax.scalars.map(({ name, type }) => this.argument(name, this.type(type)));
    const { body, results } = this.block(syntax.body);
    const kernel: Kernel = {
      name: nameOf(source, syntax.name),
      comment: syntax.comment === undefined ? '' : stringOf(source, syntax.comment),
      buffers,
      scalars,
      body: { args: [], body: [...this.constants.values(), ...body], results },
    };
    for (const { message, instruction } of kernelProblems(kernel)) {
      const place = instruction === undefined ? undefined : this.places.get(instruction);
      source.fail('I8C0102', place ?? syntax.name.startOffset, message);
    }
    return kernel;
  }

  private buffer(syntax: BufferSyntax): Buffer {
    const { source } = this;
    const name = nameOf(source, syntax.name);
    if (this.buffers.has(name))
      source.fail('I8C0101', syntax.name.startOffset, `${syntax.name.image} is defined twice`);
    const { element, length } = sequenceOf(source, syntax.element, syntax.length);
    const plain: Buffer = { name, element, length, role: wordOf(source, syntax.role, roles) };
    const sized: Buffer = syntax.varies ? { ...plain, varies: true } : plain;
    const buffer = syntax.packing === undefined ? sized : { ...sized, packing: stringOf(source, syntax.packing) };
    this.buffers.set(name, buffer);
    return buffer;
  }

  private type(token: Token): LoopType {
    if (isLoopType(token.image)) return token.image;
    const found = shorten(token.image);
    return this.source.fail('I8C0101', token.startOffset, `expected a type such as i32 or i8x16, found ${found}`);
  }

  /** A value that a token will name. */
  private named(token: Token, type: LoopType): Mutable<LoopValue> {
    const name = nameOf(this.source, token);
    // A number is what the printer calls values without a hint.
    return /^[0-9]+$/.test(name) ? { type } : { type, name };
  }

  /** Makes a value visible from here to the end of its block. */
  private show(token: Token, value: LoopValue): void {
    const name = nameOf(this.source, token);
    if (this.values.has(name) || this.buffers.has(name)) {
      this.source.fail('I8C0101', token.startOffset, `${shorten(token.image)} is defined twice`);
    }
    this.values.set(name, value);
    this.scope.push(name);
  }

  /** A parameter or block argument, visible from here on. */
  private argument(token: Token, type: LoopType): LoopValue {
    const value = this.named(token, type);
    this.show(token, value);
    return value;
  }

  private value(token: Token): LoopValue {
    const literal = literalOf(token.image);
    if (literal !== undefined) return this.constant(literal);
    const { source } = this;
    if (!token.image.startsWith('%')) {
      return source.fail('I8C0101', token.startOffset, `expected a value, found ${shorten(token.image)}`);
    }
    const name = nameOf(source, token);
    const known = this.values.get(name);
    if (known !== undefined) return known;
    const what = this.buffers.has(name) ? 'is a buffer, not a value' : 'is not defined before this use';
    const hint = didYouMean(name, this.values.keys());
    return source.fail('I8C0101', token.startOffset, `${shorten(token.image)} ${what}`, hint);
  }

  private constant({ type, value }: Literal): LoopValue {
    const key = `${type} ${Object.is(value, -0) ? '-0' : value}`;
    const known = this.constants.get(key);
    if (known !== undefined) return known.result;
    const result: Mutable<LoopValue> = { type };
    const instruction: ConstInstruction = { kind: 'const', value, result };
    result.definition = instruction;
    this.constants.set(key, instruction);
    return result;
  }

  /** A block, in which `args` defines the arguments; what it defines is forgotten behind it. */
  private block(syntax: BlockSyntax, args: () => readonly LoopValue[] = () => []): Block {
    const outside = this.scope.length;
    const block = {
      args: args(),
      body: syntax.body.map((x) => this.instruction(x)),
      results: syntax.results.map((token) => this.value(token)),
    };
    for (const name of this.scope.splice(outside)) this.values.delete(name);
    return block;
  }

  private instruction(syntax: InstructionSyntax): Instruction {
    const { instruction, results } = this.build(syntax);
    this.places.set(instruction, syntax.at.startOffset);
    if (syntax.kind === 'store') return instruction;
    syntax.results.forEach((token, i) => {
      const result = results[i];
      if (result === undefined) return;
      result.definition = instruction;
      this.show(token, result);
    });
    return instruction;
  }

  private build(syntax: InstructionSyntax): Built {
    switch (syntax.kind) {
      case 'compute':
        return this.compute(syntax);
      case 'load':
        return this.load(syntax);
      case 'store':
        return this.store(syntax);
      case 'for':
        return this.loop(syntax);
      case 'if':
        return this.conditional(syntax);
    }
  }

  /** One value for each name on the left of `=`. */
  private results(syntax: { at: Token; results: readonly Token[] }, types: readonly LoopType[]): Mutable<LoopValue>[] {
    const { at, results } = syntax;
    if (results.length !== types.length) {
      this.source.fail('I8C0101', at.startOffset, `gives ${types.length} values, and ${results.length} are named`);
    }
    return results.map((token, i) => this.named(token, types[i] ?? 'i32'));
  }

  /** The only value that an instruction gives. */
  private result(syntax: { at: Token; results: readonly Token[]; type: Token }): Mutable<LoopValue> {
    const [result] = this.results(syntax, [this.type(syntax.type)]);
    return result ?? this.source.fail('I8C0101', syntax.at.startOffset, 'gives a value, and none is named');
  }

  private opcode(token: Token): Opcode {
    if (isOpcode(token.image)) return token.image;
    const hint = didYouMean(token.image, Object.keys(opcodes));
    return this.source.fail('I8C0101', token.startOffset, `there is no opcode ${shorten(token.image)}`, hint);
  }

  private compute(syntax: Syntax<'compute'>): Built {
    const { source } = this;
    const { lanes, rounding } = syntax;
    const opcode = this.opcode(syntax.at);
    const operands = syntax.operands.map((token) => this.value(token));
    const immediates: Immediates = {
      ...(lanes === undefined ? {} : { lanes: numbersOfList(source, lanes) }),
      ...(rounding === undefined ? {} : { rounding: wordOf(source, rounding, roundings) }),
    };
    const result = this.result(syntax);
    return { instruction: { kind: 'compute', opcode, operands, immediates, result }, results: [result] };
  }

  private bufferOf({ buffer: token }: PlaceSyntax): Buffer {
    const name = nameOf(this.source, token);
    const buffer = this.buffers.get(name);
    if (buffer !== undefined) return buffer;
    const hint = didYouMean(name, this.buffers.keys());
    return this.source.fail('I8C0101', token.startOffset, `there is no buffer ${shorten(token.image)}`, hint);
  }

  /** The index in brackets; `[5]` is a token of its own. */
  private index({ index }: PlaceSyntax): LoopValue {
    if (!index.image.startsWith('[')) return this.value(index);
    return this.value({ image: index.image.slice(1, -1).trim(), startOffset: index.startOffset + 1 });
  }

  private align(token: Token | undefined): number {
    return token === undefined ? 1 : integerOf(this.source, token, ...int32);
  }

  private load(syntax: Syntax<'load'>): Built {
    const buffer = this.bufferOf(syntax.place);
    const index = this.index(syntax.place);
    const result = this.result(syntax);
    return { instruction: { kind: 'load', buffer, index, align: this.align(syntax.align), result }, results: [result] };
  }

  private store(syntax: Syntax<'store'>): Built {
    const buffer = this.bufferOf(syntax.place);
    const index = this.index(syntax.place);
    const value = this.value(syntax.value);
    return { instruction: { kind: 'store', buffer, index, value, align: this.align(syntax.align) }, results: [] };
  }

  private loop(syntax: Syntax<'for'>): Built {
    const { at, carried, counter, step } = syntax;
    const word = wordOf(this.source, at, ['for', 'unrolled', 'parallel'] as const);
    const lower = this.value(syntax.lower);
    const upper = this.value(syntax.upper);
    const inits = carried.map(({ init }) => this.value(init));
    const types = carried.map(({ type }) => this.type(type));
    const block = this.block(syntax.block, () => [
      this.argument(counter, 'i32'),
      ...carried.map(({ value }, i) => this.argument(value, types[i] ?? 'i32')),
    ]);
    const results = this.results(syntax, types);
    const instruction: Instruction = {
      kind: 'for',
      mode: word === 'for' ? 'serial' : word,
      lower,
      upper,
      step: step === undefined ? 1 : integerOf(this.source, step, ...int32),
      inits,
      block,
      results,
    };
    return { instruction, results };
  }

  private conditional(syntax: Syntax<'if'>): Built {
    const condition = this.value(syntax.condition);
    const consequent = this.block(syntax.consequent);
    const alternate = this.block(syntax.alternate ?? { body: [], results: [] });
    const types = consequent.results.map((v) => v.type);
    const results = this.results(syntax, types);
    return { instruction: { kind: 'if', condition, consequent, alternate, results }, results };
  }
}

/** The kernels that a text holds. Errors as for parseLoops. */
export function elaborateKernels(source: SourceText, syntax: readonly KernelSyntax[]): Kernel[] {
  const names = new Set<string>();
  return syntax.map((kernelSyntax) => {
    const kernel = new KernelElaborator(source, kernelSyntax).elaborate();
    if (names.has(kernel.name)) {
      source.fail('I8C0101', kernelSyntax.name.startOffset, `${kernelSyntax.name.image} is defined twice`);
    }
    names.add(kernel.name);
    return kernel;
  });
}

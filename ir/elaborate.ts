// From the syntax of a module to the module: resolves names, derives types by the operators' rules.
import { roundings } from './attributes.ts';
import { completeAttributes, resultTypes } from './builder.ts';
import { type ContentReader, readContent, shorten, splatBytesLimit } from './content-text.ts';
import { RuleViolation } from './define-op.ts';
import { elaborateAttributes } from './elaborate-attribute.ts';
import { elaborateType, nameOf, stringOf } from './elaborate-type.ts';
import { type AnyOpDefinition, Func, Module, Op, Value } from './module.ts';
import type { Resources } from './resources.ts';
import type { SourceText } from './source-text.ts';
import { didYouMean } from './spelling.ts';
import type { FuncSyntax, ModuleSyntax, OpSyntax, PortSyntax, Token } from './syntax.ts';
import { elementCount, formatType, sameType, type TensorType } from './types.ts';

/** Operators by name. */
type OperatorTable = ReadonlyMap<string, AnyOpDefinition>;

class FuncElaborator {
  private readonly reader: ContentReader;
  private readonly table: OperatorTable;
  private readonly source: SourceText;
  private readonly syntax: FuncSyntax;
  private readonly func: Func;
  private readonly values = new Map<string, Value>();

  constructor(reader: ContentReader, table: OperatorTable, syntax: FuncSyntax, name: string) {
    this.reader = reader;
    this.table = table;
    this.source = reader.source;
    this.syntax = syntax;
    this.func = new Func(name);
  }

  elaborate(): Func {
    const { func, syntax } = this;
    for (const port of syntax.inputs) {
      const value = this.define(port.value, elaborateType(this.source, port.type));
      func.inputs.push({ name: this.userName(port, value), value });
    }
    for (const state of syntax.states) {
      const type = elaborateType(this.source, state.type);
      const data = readContent(this.reader, state.initial, type.element, elementCount(type.shape));
      const param = this.define(state.value, type);
      func.states.push({ name: this.userName(state, param), initial: { type, data }, param, next: param });
    }
    for (const op of syntax.ops) this.op(op);
    for (const { value, name } of syntax.outputs) {
      const resolved = this.resolve(value);
      func.addOutput(name === undefined ? resolved.name : stringOf(this.source, name), resolved);
    }
    this.next();
    return func;
  }

  /** The user's name of a parameter; the value's own where the text gives none. */
  private userName(port: PortSyntax, value: Value): string {
    return port.name === undefined ? value.name : stringOf(this.source, port.name);
  }

  private define(token: Token, type: TensorType, producer?: Op): Value {
    const name = nameOf(this.source, token);
    if (!this.func.claimName(name)) this.source.fail('I8C0101', token.startOffset, `${token.image} is defined twice`);
    const value = new Value(type, name, producer);
    this.values.set(name, value);
    return value;
  }

  private resolve(token: Token): Value {
    const value = this.values.get(nameOf(this.source, token));
    if (value !== undefined) return value;
    return this.source.fail(
      'I8C0101',
      token.startOffset,
      `${shorten(token.image)} is not defined before this use`,
      didYouMean(token.image.slice(1), this.values.keys()),
    );
  }

  private operator(name: Token): AnyOpDefinition {
    const definition = this.table.get(name.image);
    if (definition !== undefined) return definition;
    const hint = didYouMean(name.image, this.table.keys());
    return this.source.fail('I8C0101', name.startOffset, `there is no operator ${shorten(name.image)}`, hint);
  }

  private op(syntax: OpSyntax): void {
    const { source } = this;
    const { name } = syntax;
    const definition = this.operator(name);
    const operands = syntax.operands.map((token) => (token.image === '_' ? undefined : this.resolve(token)));
    const types = syntax.types.map((type) => elaborateType(source, type));
    const given = elaborateAttributes(this.reader, definition, syntax, types[0]);
    const location = syntax.location === undefined ? '' : stringOf(source, syntax.location);
    try {
      const attributes = completeAttributes(definition, given);
      const operandTypes = operands.map((v) => v?.type);
      const derived = resultTypes(definition, operandTypes, attributes, types.length === 0 ? undefined : types);
      if (derived.length !== syntax.results.length) {
        throw new RuleViolation(`has ${derived.length} results, not ${syntax.results.length}`);
      }
      const op = new Op(definition, operands, attributes, location);
      op.results = syntax.results.map((token, i) => this.define(token, derived[i]!, op));
      this.func.ops.push(op);
    } catch (error) {
      if (!(error instanceof RuleViolation)) throw error;
      const named = location === '' ? name.image : `${name.image} ${shorten(location)}`;
      source.fail('I8C0102', name.startOffset, `${named} ${error.message}`);
    }
  }

  /** Gives every state its next value. */
  private next(): void {
    const { next, end } = this.syntax;
    const { states } = this.func;
    if (next.length !== 0 && next.length !== states.length) {
      this.source.fail('I8C0101', end.startOffset, `expected ${states.length} next values, found ${next.length}`);
    }
    next.forEach((token, i) => {
      const value = this.resolve(token);
      const state = states[i]!;
      if (!sameType(value.type, state.param.type)) {
        const types = `${formatType(value.type)}, not ${formatType(state.param.type)}`;
        this.source.fail(
          'I8C0102',
          token.startOffset,
          `the next value of state ${shorten(state.name)} has type ${types}`,
        );
      }
      state.next = value;
    });
  }
}

/** The module that a syntax stands for. Errors as for parseModule, which is the only caller. */
export function elaborateModule(
  syntax: ModuleSyntax,
  source: SourceText,
  resources: Resources,
  table: OperatorTable,
): Module {
  const rounding = syntax.rounding === undefined ? 'double' : roundings.find((r) => r === syntax.rounding?.image);
  if (rounding === undefined) {
    source.fail('I8C0101', syntax.rounding?.startOffset ?? 0, `expected a rounding: ${roundings.join(', ')}`);
  }
  const module = new Module(nameOf(source, syntax.name), rounding);
  const reader: ContentReader = { source, resources, splatBudget: splatBytesLimit };
  const names = new Set<string>();
  for (const func of syntax.functions) {
    const name = nameOf(source, func.name);
    if (names.has(name)) source.fail('I8C0101', func.name.startOffset, `${func.name.image} is defined twice`);
    names.add(name);
    module.functions.push(new FuncElaborator(reader, table, func, name).elaborate());
  }
  return module;
}

// Checks that a module keeps the rules of the tensor IR: SSA form, consistent uses, operators' own rules, well-formed
// outputs and states. Runs after the import and, in tests, after every pass.
import { type AttributeSchema, type AttributeValue, sameAttribute } from './attributes.ts';
import { completeAttributes, resultTypes } from './builder.ts';
import { RuleViolation } from './define-op.ts';
import { CompileError, type Diagnostic, quoteName } from './diagnostics.ts';
import type { Func, Module, Op, Value } from './module.ts';
import { allocateArray, type TensorData } from './tensor-data.ts';
import { elementCount, formatType, sameType, typeProblem } from './types.ts';

/**
 * What is wrong with a tensor's contents, in words that fit behind "contents", or undefined: array kind and length follow
 * from the type.
 */
export function tensorDataProblem({ type, data }: TensorData): string | undefined {
  const problem = typeProblem(type);
  if (problem !== undefined) return problem;
  const expected = allocateArray(type.element, 0);
  if (Object.getPrototypeOf(data) !== Object.getPrototypeOf(expected)) {
    return `are held by ${data.constructor.name}, but ${type.element} needs ${expected.constructor.name}`;
  }
  const count = elementCount(type.shape);
  return data.length === count ? undefined : `have ${data.length} elements, but ${formatType(type)} has ${count}`;
}

function isTensor(value: AttributeValue): value is TensorData {
  return typeof value === 'object' && 'data' in value;
}

class FuncVerifier {
  private readonly func: Func;
  private readonly report: (where: string, message: string) => void;
  private readonly defined = new Set<Value>();
  private readonly names = new Set<string>();
  /** Operators that use a value as an operand, as the operators themselves say. */
  private readonly uses = new Map<Value, Set<Op>>();

  constructor(func: Func, report: (where: string, message: string) => void) {
    this.func = func;
    this.report = report;
  }

  verify(): void {
    const { func } = this;
    const whole = `function ${quoteName(func.name)}`;
    for (const { name, value } of func.inputs) this.parameter(`input ${quoteName(name)}`, value);
    for (const { name, param } of func.states) this.parameter(`state ${quoteName(name)}`, param);
    for (const [i, op] of func.ops.entries()) this.op(op, i);
    for (const { name, value } of func.outputs) {
      if (!this.defined.has(value))
        this.report(whole, `output ${quoteName(name)} is %${value.name}, which is not defined`);
    }
    for (const { name, initial, param, next } of func.states) {
      this.state(`state ${quoteName(name)}`, initial, param, next);
    }
    for (const value of this.defined) this.users(value);
  }

  private define(where: string, value: Value): void {
    if (this.defined.has(value)) this.report(where, `defines %${value.name} a second time`);
    else if (this.names.has(value.name)) this.report(where, `defines another value with the name %${value.name}`);
    this.defined.add(value);
    this.names.add(value.name);
    const problem = typeProblem(value.type);
    if (problem !== undefined) this.report(where, `%${value.name}: ${problem}`);
  }

  private parameter(where: string, value: Value): void {
    if (value.producer !== undefined) this.report(where, `%${value.name} is a parameter, but has a producer`);
    this.define(where, value);
  }

  private state(where: string, initial: TensorData, param: Value, next: Value): void {
    if (!sameType(initial.type, param.type)) {
      this.report(where, `starts as ${formatType(initial.type)}, but its type is ${formatType(param.type)}`);
    }
    const problem = tensorDataProblem(initial);
    if (problem !== undefined) this.report(where, `its initial contents ${problem}`);
    if (!this.defined.has(next)) this.report(where, `its next value %${next.name} is not defined`);
    if (!sameType(next.type, param.type)) {
      this.report(where, `its next value has type ${formatType(next.type)}, not ${formatType(param.type)}`);
    }
  }

  private op(op: Op, index: number): void {
    const location = op.location === '' ? '' : ` ${quoteName(op.location)}`;
    const where = `${op.definition.name} #${index}${location}`;
    for (const value of op.operands) {
      if (value === undefined) continue;
      if (!this.defined.has(value)) this.report(where, `uses %${value.name}, which is not defined before it`);
      const users = this.uses.get(value) ?? new Set();
      this.uses.set(value, users.add(op));
    }
    for (const value of op.results) {
      this.define(where, value);
      if (value.producer !== op) this.report(where, `is not the producer that its result %${value.name} names`);
    }
    this.rules(where, op);
  }

  /** Attributes complete, their contents sound, and the result types what the operator's own rule gives. */
  private rules(where: string, op: Op): void {
    const { definition, attributes } = op;
    try {
      const complete = completeAttributes(definition, attributes);
      for (const name of Object.keys(definition.attributes as AttributeSchema)) {
        if (!sameAttribute(complete[name], attributes[name])) throw new RuleViolation(`lacks attribute ${name}`);
      }
      for (const [name, value] of Object.entries(attributes)) {
        const problem = isTensor(value) ? tensorDataProblem(value) : undefined;
        if (problem !== undefined) throw new RuleViolation(`the contents of attribute ${name} ${problem}`);
      }
      const operandTypes = op.operands.map((v) => v?.type);
      const asked = op.results.map((v) => v.type);
      const derived = resultTypes(definition, operandTypes, attributes, asked);
      if (derived.length !== op.results.length) {
        throw new RuleViolation(`has ${op.results.length} results, but its rule gives ${derived.length}`);
      }
    } catch (error) {
      if (!(error instanceof RuleViolation)) throw error;
      this.report(where, error.message);
    }
  }

  /** A value's users are exactly the operators that have it as an operand. */
  private users(value: Value): void {
    const uses = this.uses.get(value) ?? new Set<Op>();
    for (const op of uses) {
      if (!value.users.has(op)) {
        this.report(`%${value.name}`, `does not count ${op.definition.name} among its users, which uses it`);
      }
    }
    for (const op of value.users) {
      if (!uses.has(op)) {
        this.report(`%${value.name}`, `counts ${op.definition.name} among its users, which does not use it`);
      }
    }
  }
}

/** Every rule that the module breaks, in its order; empty for a sound module. */
export function verifyModule(module: Module): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const names = new Set<string>();
  for (const func of module.functions) {
    const report = (where: string, message: string) => {
      diagnostics.push({ code: 'I8C0102', severity: 'error', message: `${message}.`, where });
    };
    if (names.has(func.name)) report(`function ${quoteName(func.name)}`, 'is defined twice');
    names.add(func.name);
    new FuncVerifier(func, report).verify();
  }
  return diagnostics;
}

/** Throws the diagnostics of {@link verifyModule}, if any; `after` names the pass that ran last. */
export function assertVerified(module: Module, after?: string): void {
  const diagnostics = verifyModule(module);
  if (diagnostics.length === 0) return;
  const hint = after === undefined ? undefined : `This came out of ${after}.`;
  throw new CompileError(hint === undefined ? diagnostics : diagnostics.map((d) => ({ ...d, hint })));
}

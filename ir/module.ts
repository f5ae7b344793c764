// The tensor IR's structure: a module holds functions; a function holds operators in order; every value is defined once
// and has one static type. State (streaming networks) is a parameter with a next value: there are no side effects.
import type { AttributeValue, Rounding } from './attributes.ts';
import type { OpDefinition } from './define-op.ts';
import { identifierOf } from './identifiers.ts';
import type { TensorData } from './tensor-data.ts';
import type { TensorType } from './types.ts';

/** An SSA value: a function's parameter or a result of an operator. */
export class Value {
  readonly type: TensorType;
  /** Unique in its function, an identifier of the text form. A pass may hand it on to the value that replaces this. */
  name: string;
  /** The operator that defines it; undefined for parameters. */
  producer: Op | undefined;
  /** Operators that use it as an operand (once each). */
  readonly users = new Set<Op>();

  constructor(type: TensorType, name: string, producer?: Op) {
    this.type = type;
    this.name = name;
    this.producer = producer;
  }
}

export type AttributeRecord = Readonly<Record<string, AttributeValue>>;

// biome-ignore lint/suspicious/noExplicitAny: operators of every attribute table stand in one list
export type AnyOpDefinition = OpDefinition<any>;

/** One use of an operator. */
export class Op {
  readonly definition: AnyOpDefinition;
  readonly attributes: AttributeRecord;
  /** The operators of the user's model that it comes from, for diagnostics and comments; '' when unknown. */
  readonly location: string;
  private readonly inputs: (Value | undefined)[];
  results: readonly Value[] = [];

  constructor(
    definition: AnyOpDefinition,
    operands: readonly (Value | undefined)[],
    attributes: AttributeRecord,
    location: string,
  ) {
    this.definition = definition;
    this.inputs = [...operands];
    this.attributes = attributes;
    this.location = location;
    for (const v of operands) v?.users.add(this);
  }

  get operands(): readonly (Value | undefined)[] {
    return this.inputs;
  }

  /** A required operand. */
  operand(i: number): Value {
    const v = this.inputs[i];
    if (v === undefined) throw new Error(`${this.definition.name} has no operand ${i}`);
    return v;
  }

  /** The result of an operator that has one. */
  get result(): Value {
    const v = this.results[0];
    if (v === undefined) throw new Error(`${this.definition.name} has no result`);
    return v;
  }

  /** Puts `after` wherever `before` is an operand. */
  replaceOperand(before: Value, after: Value): void {
    for (let i = 0; i < this.inputs.length; i++) if (this.inputs[i] === before) this.inputs[i] = after;
    before.users.delete(this);
    after.users.add(this);
  }

  /** Gives up its operands; the operator must not be used again. */
  detach(): void {
    for (const v of this.inputs) v?.users.delete(this);
  }
}

/** A named input or output of a function. */
export interface Port {
  /** The user's own name. */
  readonly name: string;
  value: Value;
}

/** A tensor that lives from one run to the next: it starts as `initial`, and after each run becomes `next`. */
export interface State {
  readonly name: string;
  readonly initial: TensorData;
  readonly param: Value;
  next: Value;
}

export class Func {
  readonly name: string;
  readonly inputs: Port[] = [];
  readonly states: State[] = [];
  readonly outputs: Port[] = [];
  ops: Op[] = [];
  private readonly names = new Set<string>();
  private counter = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** A value name that is free: the hint made an identifier, numbered where it is taken. */
  freshName(hint = ''): string {
    const base = identifierOf(hint);
    if (base !== '' && !this.names.has(base)) {
      this.names.add(base);
      return base;
    }
    let name: string;
    do {
      name = base === '' ? `${this.counter++}` : `${base}_${this.counter++}`;
    } while (this.names.has(name));
    this.names.add(name);
    return name;
  }

  /** Takes exactly this name; false when it is in use. */
  claimName(name: string): boolean {
    if (this.names.has(name)) return false;
    this.names.add(name);
    return true;
  }

  addInput(name: string, type: TensorType): Value {
    const value = new Value(type, this.freshName(name));
    this.inputs.push({ name, value });
    return value;
  }

  /** Adds a state whose next value is, until set, its own current one. */
  addState(name: string, initial: TensorData): State {
    const param = new Value(initial.type, this.freshName(name));
    const state: State = { name, initial, param, next: param };
    this.states.push(state);
    return state;
  }

  addOutput(name: string, value: Value): void {
    this.outputs.push({ name, value });
  }

  /** True when the function returns the value or keeps it as state. */
  isReturned(value: Value): boolean {
    return this.outputs.some((o) => o.value === value) || this.states.some((s) => s.next === value);
  }

  /** Puts `after` wherever `before` is used, outputs and states included. */
  replaceAllUses(before: Value, after: Value): void {
    for (const op of [...before.users]) op.replaceOperand(before, after);
    for (const o of this.outputs) if (o.value === before) o.value = after;
    for (const s of this.states) if (s.next === before) s.next = after;
  }
}

/** A program in tensor form. The first function is its entry. */
export class Module {
  readonly name: string;
  /** How accumulators of quantized operators are requantized: a property of the program (docs/numerics.md). */
  readonly rounding: Rounding;
  readonly functions: Func[] = [];

  constructor(name: string, rounding: Rounding = 'double') {
    this.name = name;
    this.rounding = rounding;
  }

  get entry(): Func {
    const f = this.functions[0];
    if (f === undefined) throw new Error(`module ${this.name} has no function`);
    return f;
  }
}

// A random program while it grows: the function, the values that its next operators may read, and what every generator
// asks for (an operand, a constant, room for a result).
import type { Rounding } from '../../ir/attributes.ts';
import { Builder } from '../../ir/builder.ts';
import { RuleViolation } from '../../ir/define-op.ts';
import { type AnyOpDefinition, type AttributeRecord, Func, Module, type State, type Value } from '../../ir/module.ts';
import { constant } from '../../ir/ops/constant.ts';
import type { TensorData } from '../../ir/tensor-data.ts';
import { type ElementType, elementCount, type TensorType } from '../../ir/types.ts';
import type { Draw } from './draw.ts';
import { contents } from './tensors.ts';

/** Larger results and longer computations take the interpreters too long. */
const maxElements = 4096;
const maxMacs = 120_000;

/** Adds one operator, or a few that belong together, to a draft. */
export type Generator = (draft: Draft) => void;

export class Draft {
  readonly module: Module;
  readonly func = new Func('main');
  readonly builder = new Builder(this.func);
  readonly draw: Draw;
  /** The element type that most of this program is in. */
  readonly theme: ElementType;
  /** What later operators may read: inputs, states and results, the newest last. */
  private values: Value[] = [];
  /** States that no operator has given a next value yet. */
  readonly openStates: State[] = [];

  constructor(draw: Draw, rounding: Rounding, theme: ElementType) {
    this.draw = draw;
    this.module = new Module('random', rounding);
    this.module.functions.push(this.func);
    this.theme = theme;
  }

  get rounding(): Rounding {
    return this.module.rounding;
  }

  input(type: TensorType): Value {
    return this.offer(this.func.addInput(`in${this.func.inputs.length}`, type));
  }

  constant(type: TensorType): Value {
    return this.constantOf(contents(this.draw, type, this.draw.chance(0.1) ? 'extreme' : 'ordinary'));
  }

  constantOf(value: TensorData): Value {
    return this.builder.create(constant, [], { value });
  }

  /** A value that lasts from run to run. Its next one is chosen when the program is complete, unless an operator is told. */
  state(type: TensorType): State {
    const state = this.func.addState(`state${this.func.states.length}`, contents(this.draw, type));
    this.openStates.push(state);
    this.offer(state.param);
    return state;
  }

  /** Gives a state its next value. */
  keep(state: State, next: Value): void {
    state.next = next;
    this.openStates.splice(this.openStates.indexOf(state), 1);
  }

  /** An existing value that fits, by preference a new one, or else a fresh one of the type. */
  operand(fits: (type: TensorType) => boolean, otherwise: () => TensorType): Value {
    return this.existing(fits) ?? this.fresh(otherwise());
  }

  /** An existing value that fits, most of the time; undefined where there is none. */
  existing(fits: (type: TensorType) => boolean, probability = 0.85): Value | undefined {
    if (!this.draw.chance(probability)) return undefined;
    const fitting = this.values.filter((v) => fits(v.type));
    // Chains are what networks are made of: half of the time the newest value is taken.
    return fitting.length === 0 || this.draw.chance(0.5) ? fitting.at(-1) : this.draw.pick(fitting);
  }

  /** A new value of the type: an input, seldom a state or a constant. */
  fresh(type: TensorType): Value {
    return this.draw.weighted<() => Value>([
      [8, () => this.input(type)],
      [1, () => this.state(type).param],
      [1, () => this.constant(type)],
    ])();
  }

  /** A second operand: an existing value, a constant, or a new value. */
  partner(fits: (type: TensorType) => boolean, otherwise: () => TensorType): Value {
    return this.existing(fits, 0.6) ?? (this.draw.chance(0.5) ? this.constant(otherwise()) : this.fresh(otherwise()));
  }

  /**
   * Appends an operator; `hints` say element types and quantizations of results where its rule leaves them open. Throws
   * RuleViolation, also for what is too large.
   */
  append(
    definition: AnyOpDefinition,
    operands: readonly (Value | undefined)[],
    attributes: AttributeRecord = {},
    hints?: readonly TensorType[],
  ): readonly Value[] {
    const op = this.builder.op(definition, operands, attributes, { hints });
    for (const r of op.results) {
      if (elementCount(r.type.shape) > maxElements) throw new RuleViolation('has too many elements for a test');
    }
    if ((definition.macs?.(op) ?? 0) > maxMacs) throw new RuleViolation('takes too many products for a test');
    for (const r of op.results) this.offer(r);
    return op.results;
  }

  /** Runs a generator; what it added is taken back where an operator's rule refuses it. True when it stayed. */
  grow(generator: Generator): boolean {
    const { func } = this;
    const before = { ops: func.ops.length, inputs: func.inputs.length, states: func.states.length };
    const [values, open] = [[...this.values], [...this.openStates]];
    try {
      generator(this);
      return true;
    } catch (error) {
      if (!(error instanceof RuleViolation)) throw error;
      for (const op of func.ops.splice(before.ops)) op.detach();
      func.inputs.length = before.inputs;
      func.states.length = before.states;
      this.values = values;
      this.openStates.splice(0, this.openStates.length, ...open);
      return false;
    }
  }

  /** Lets later operators read a value. */
  offer(value: Value): Value {
    this.values.push(value);
    return value;
  }

  /** Every value that is not a constant. */
  get offered(): readonly Value[] {
    return this.values;
  }
}

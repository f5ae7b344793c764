// How an operator of the IR is written as TFLite operators: what a writer is given, and the rows of the table of writers.
import type { AttributeSchema, AttributesOf, Rounding } from '../../../ir/attributes.ts';
import type { OpDefinition } from '../../../ir/define-op.ts';
import type { AnyOpDefinition, Op } from '../../../ir/module.ts';
import { quantizedBounds } from '../../../ir/quantized.ts';
import { type TensorData, tensorOf } from '../../../ir/tensor-data.ts';
import { integerRange, type Quantization, sameQuantization, type TensorType, tensorType } from '../../../ir/types.ts';
import { noForm } from '../no-form.ts';
import { type Activation, activationOf } from './activation.ts';
import type { BuiltinOptions, OperatorName, SubgraphDraft, TensorIndex, TfliteModelDraft } from './model.ts';
import type { TfliteTensors } from './tensors.ts';
import { versionOf } from './versions.ts';

/** Where a program is written to. */
export interface TfliteTarget {
  readonly model: TfliteModelDraft;
  readonly subgraph: SubgraphDraft;
  readonly tensors: TfliteTensors;
  readonly rounding: Rounding;
}

/** An operator of the file. */
export interface Written {
  readonly name: OperatorName;
  readonly inputs: readonly TensorIndex[];
  readonly options?: BuiltinOptions;
  /** The version that a feature of this use needs at least. */
  readonly version?: number;
}

/** What the writer of one operator is given. */
export class TfliteContext {
  readonly op: Op;
  private readonly target: TfliteTarget;

  constructor(op: Op, target: TfliteTarget) {
    this.op = op;
    this.target = target;
  }

  get rounding(): Rounding {
    return this.target.rounding;
  }

  /** Type of operand `i` in the file: u8 is int8 there. */
  type(i: number): TensorType {
    return this.target.tensors.type(this.op.operand(i));
  }

  /** Type of the result in the file. */
  get resultType(): TensorType {
    const { type } = this.op.result;
    const { quant } = type;
    if (type.element !== 'u8' || quant === undefined) return type;
    return tensorType('i8', type.shape, { ...quant, zero: quant.zero.map((z) => z - 128) });
  }

  /** The tensor of operand `i`. */
  input(i: number): TensorIndex {
    return this.target.tensors.index(this.op.operand(i));
  }

  inputs(): TensorIndex[] {
    return this.op.operands.map((_, i) => this.input(i));
  }

  constant(data: TensorData, what: string): TensorIndex {
    return this.target.tensors.constant(data, `${this.op.result.name}_${what}`);
  }

  /** Integers as an operand: a vector, or a scalar from a number. */
  integers(values: number | readonly number[], what: string): TensorIndex {
    const list = typeof values === 'number' ? [values] : values;
    const shape = typeof values === 'number' ? [] : [values.length];
    return this.constant(tensorOf(tensorType('i32', shape), list), what);
  }

  /** A tensor between two operators of the file. */
  between(type: TensorType, what: string): TensorIndex {
    return this.target.model.tensor(this.target.subgraph, `${this.op.result.name}_${what}`, type);
  }

  /** The tensor of result `i`. */
  result(i = 0): TensorIndex {
    const value = this.op.results[i] ?? noForm(`has no result ${i}`);
    return this.target.tensors.result(value, this.op.operands);
  }

  /** Appends an operator on elements of a type, which is that of operand 0 unless said. */
  operator(written: Written, output: TensorIndex, element = this.type(0).element): void {
    const { name, inputs, options, version } = written;
    const { model, subgraph } = this.target;
    model.operator(subgraph, name, versionOf(name, element, version), inputs, [output], options);
  }

  /** Appends the one operator that gives the result. */
  put(written: Written): void {
    this.operator(written, this.result());
  }

  /** Appends the operator that gives the result, with an activation: its own where that has a name, else behind it. */
  putActivated(clamp: readonly number[], write: (activation: Activation) => Written): void {
    const activation = activationOf(this.resultType, clamp);
    if (activation !== undefined) this.put(write(activation));
    else this.putLimited(clamp, write('NONE'));
  }

  /** Appends an operator without an activation of its own, and what limits its result to real bounds. */
  putLimited(clamp: readonly number[], written: Written): void {
    if (!this.isLimitedBy(clamp)) {
      this.put(written);
      return;
    }
    const whole = this.between(this.resultType, 'whole');
    this.operator(written, whole);
    this.limit(whole, clamp);
  }

  /** The result as a tensor of its type limited to real bounds, of which at least one has an effect. */
  limit(x: TensorIndex, clamp: readonly number[]): void {
    const steps = this.limits(clamp);
    const options = { type: 'MaximumMinimumOptions', value: {} } as const;
    const { element } = this.resultType;
    steps.reduce((from, { name, bound }, i) => {
      const to = i === steps.length - 1 ? this.result() : this.between(this.resultType, 'limited');
      this.operator({ name, inputs: [from, bound], options }, to, element);
      return to;
    }, x);
  }

  /** Whether real bounds have an effect on what the type of the result can hold. */
  isLimitedBy(clamp: readonly number[]): boolean {
    const { type } = this.op.result;
    const [low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY] = clamp;
    if (type.quant === undefined) return Number.isFinite(low) || Number.isFinite(high);
    const [least, greatest] = quantizedBounds(type, [low, high]);
    const { min, max } = integerRange(type.element);
    return least > min || greatest < max;
  }

  /** The operators that limit the result, those left out that change nothing. */
  private limits(clamp: readonly number[]): readonly { name: 'MAXIMUM' | 'MINIMUM'; bound: TensorIndex }[] {
    const { element, quant } = this.resultType;
    const [low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY] = clamp;
    if (quant === undefined && element !== 'f32') noForm('limits plain integers');
    const [least, greatest] = quant === undefined ? [low, high] : quantizedBounds(this.resultType, [low, high]);
    const whole = quant === undefined ? { min: -Infinity, max: Infinity } : integerRange(element);
    const bound = (value: number, what: string) =>
      this.constant(tensorOf(tensorType(element, [], quant), [value]), what);
    return [
      ...(least > whole.min ? [{ name: 'MAXIMUM' as const, bound: bound(least, 'min') }] : []),
      ...(greatest < whole.max ? [{ name: 'MINIMUM' as const, bound: bound(greatest, 'max') }] : []),
    ];
  }

  /**
   * Appends an operator whose kernel gives results in one quantization only. Where the program asks for another one they
   * are quantized anew; with TensorFlow Lite's own roundings the type only repeats what the kernel does anyway.
   */
  putFixed(quant: Quantization, written: Written): void {
    const { resultType } = this;
    if (this.rounding !== 'half-even' || sameQuantization(resultType.quant, quant)) {
      this.put(written);
      return;
    }
    const type = tensorType(resultType.element, resultType.shape, quant);
    const whole = this.between(type, 'whole');
    this.operator(written, whole);
    this.requantize(whole, type);
  }

  /** The result as the same real numbers in the quantization of its type. */
  requantize(x: TensorIndex, from: TensorType): void {
    this.operator(
      { name: 'QUANTIZE', inputs: [x], options: { type: 'QuantizeOptions', value: {} } },
      this.result(),
      from.element,
    );
  }

  /** An operator that has no quantized kernel: in f32 between DEQUANTIZE and QUANTIZE where its operands are quantized. */
  putFloat(write: (inputs: readonly TensorIndex[]) => Written): void {
    if (this.resultType.quant === undefined) {
      this.put(write(this.inputs()));
      return;
    }
    const reals = this.op.operands.map((_, i) => this.real(i));
    const type = tensorType('f32', this.resultType.shape);
    const y = this.between(type, 'real');
    this.operator(write(reals), y, 'f32');
    this.requantize(y, type);
  }

  /** The real numbers of operand `i`: behind a DEQUANTIZE where it is quantized. */
  real(i: number): TensorIndex {
    const type = this.type(i);
    if (type.quant === undefined) return this.input(i);
    const real = this.between(tensorType('f32', type.shape), `real${i}`);
    const options = { type: 'DequantizeOptions', value: {} } as const;
    this.operator({ name: 'DEQUANTIZE', inputs: [this.input(i)], options }, real, type.element);
    return real;
  }

  /** Says that the result is the tensor of operand 0 under its own quantization. */
  alias(): void {
    this.target.tensors.alias(this.op.result, this.op.operand(0));
  }
}

/** Writes one operator, and says to the context where its results are. Throws NoForm where TFLite has none. */
export type TfliteForm = (context: TfliteContext) => void;

/** Operators by their definition with their writers. */
export type TfliteForms = readonly (readonly [AnyOpDefinition, TfliteForm])[];

/** A row of the table; the writer sees the operator's attributes with their types. */
export function form<S extends AttributeSchema>(
  definition: OpDefinition<S>,
  write: (context: TfliteContext, attributes: AttributesOf<S>) => void,
): readonly [AnyOpDefinition, TfliteForm] {
  // The verifier holds attributes to the definition's own table.
  return [definition, (context) => write(context, context.op.attributes as AttributesOf<S>)];
}

// How an operator is declared. One call of defineOp holds everything int8c knows of an operator; builder, verifier,
// printer, parser, interpreter, lowering and docs derive from it.
import type { AttributeSchema, AttributesOf, Rounding } from './attributes.ts';
import type { Builder } from './builder.ts';
import type { FactorPassage } from './channel-factors.ts';
import type { Lowering, LoweringBuffers } from './loops/lowering.ts';
import type { AttributeRecord, Op, Value } from './module.ts';
import type { TensorData } from './tensor-data.ts';
import type { Permutation, TransposedForm } from './transposition.ts';
import type { TensorType } from './types.ts';
import type { UnsignedPlaces } from './unsigned-storage.ts';

export interface OperandSpec {
  readonly name: string;
  readonly doc: string;
  /** May be absent (printed `_`). */
  readonly optional?: boolean;
  /** The last operand may stand for any number of values. */
  readonly variadic?: boolean;
}

/** What the type rule sees. */
export interface TypeRuleInput<S extends AttributeSchema> {
  /** Types of the operands; undefined for an absent optional one. */
  readonly operands: readonly (TensorType | undefined)[];
  readonly attributes: AttributesOf<S>;
  /**
   * The result types asked for, where they are known: always when verifying, and when building if the caller gave them.
   * A rule takes from here what the operands leave open (a quantization, an element type), and checks it.
   */
  readonly asked: readonly TensorType[] | undefined;
}

export interface ReferenceInput<S extends AttributeSchema> {
  readonly operands: readonly (TensorData | undefined)[];
  readonly attributes: AttributesOf<S>;
  /** Zero-filled, to be written. */
  readonly results: readonly TensorData[];
}

export interface LoweringInput<S extends AttributeSchema> extends LoweringBuffers {
  readonly op: Op;
  readonly attributes: AttributesOf<S>;
  /** Type of operand `i`; throws for an absent optional operand. */
  type(i: number): TensorType;
  /** Type of result `i`. */
  resultType(i: number): TensorType;
  /** Contents of operand `i` where it is a constant. */
  constantOperand(i: number): TensorData | undefined;
}

export interface IntegerInput<S extends AttributeSchema> {
  readonly op: Op;
  readonly attributes: AttributesOf<S>;
  readonly builder: Builder;
  /** The program's requantization rule. */
  readonly rounding: Rounding;
  /** Records a finding about this operator for the user: a clause without a period. */
  note(message: string, code?: 'I8C0301' | 'I8C0302'): void;
}

/** Operand numbers of a linear operator. */
export interface LinearSpec {
  readonly weights: number;
  /** The dimension of the weights that runs over output channels. */
  readonly axis: number;
  readonly bias: number;
  /** Which elements of operand 0 meet which weights; without it, weights are only known to scale with their channel. */
  patches?(op: Op): Patches;
}

/**
 * A linear operator as a product of matrices: result channel o at a position is bias[o] plus the sum over k of patch
 * element k times weight k of o. Patch elements are ordered as the weights are without their channel dimension: tap row,
 * tap column, channel of the group. Elements outside of the input are 0.
 */
export interface Patches {
  /** Operand 0 as batch, rows, columns, channels. */
  readonly input: readonly [number, number, number, number];
  /** Rows and columns of the result; 1 and 1 where it has none. */
  readonly output: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** Rows above and columns to the left of the input. */
  readonly pad: readonly [top: number, left: number];
  /** Input channels and output channels are dealt into as many groups, in order; those of a group meet. */
  readonly groups: number;
}

export interface OpDefinition<S extends AttributeSchema = AttributeSchema> {
  /** `lower_case`: the operator's name in the text form. */
  readonly name: string;
  /** What it computes, in Markdown; formulas and sources included. First sentence stands alone. */
  readonly doc: string;
  readonly operands: readonly OperandSpec[];
  readonly attributes: S;
  /** Names of the results; `variadic` for any number. */
  readonly results: readonly string[] | 'variadic';
  /** The result types; throws {@link RuleViolation} where operands, attributes or asked types break the rule. */
  types(input: TypeRuleInput<S>): TensorType[];
  /** The plain meaning over arrays. Absent for quantized forms that only `integer` gives a meaning to. */
  reference?(input: ReferenceInput<S>): void;
  /** The computation as maps, contractions or loops; several run in order. Views need none. */
  lower?(input: LoweringInput<S>): readonly Lowering[];
  /**
   * For an operator on quantized types: the same result from integer operators with explicit parameters, one value per
   * result. Returns undefined where the operator is executable as it stands.
   */
  integer?(input: IntegerInput<S>): readonly Value[] | undefined;
  /**
   * A simpler way to compute the same bytes: what replaces the results, or undefined. Must make progress (fewer or
   * cheaper operators), because it is asked until it says undefined.
   */
  simplify?(input: { readonly op: Op; readonly builder: Builder }): readonly Value[] | undefined;
  /**
   * For a float operator whose result is linear in its weights, channel by channel: where weights (and the axis of
   * their output channel) and bias are. The result's channels are its last dimension.
   */
  readonly linear?: LinearSpec;
  /** How a float operator passes on factors of its operands' channels; undefined where it does not. */
  factors?(op: Op): FactorPassage | undefined;
  /**
   * True where every element of a result of the operands' element type is one of theirs, chosen by position or as the
   * greatest or least: any increasing function of elements, such as quantize, gives the same before the operator as behind it.
   */
  moves?(op: Op): boolean;
  /**
   * True where the results are no floats and follow from which of the operands' elements are greater or equal alone: from
   * integers of one quantization they are the same.
   */
  readonly compares?: boolean;
  /**
   * For a float operator with a quantized form: the attributes of that form with a result of this type, where the float
   * form's mean something else in it (numbers as they are stored).
   */
  quantizedAttributes?(input: { readonly attributes: AttributeRecord; readonly type: TensorType }): AttributeRecord;
  /** True where the quantized form takes operands and gives results of one quantization only, though it computes. */
  readonly oneQuantization?: boolean;
  /**
   * True for elementwise operators of several operands whose integer form, if there is any, is no match for a table of
   * 256 results, where all operands but one are scalars.
   */
  readonly byTable?: boolean;
  /**
   * Bounds of every result, where the quantized form of this element type wants its result's quantization to span just
   * them. Some want it only in programs that round as TensorFlow Lite does, `away` from zero.
   */
  resultRange?(ties: 'even' | 'away', element: 'i8' | 'i16'): readonly [low: number, high: number] | undefined;
  /** The result is the first operand's bytes under another shape: no code, no copy. */
  readonly view?: boolean;
  /**
   * The attributes with which the operator computes the same where these i8 operands and results are stored as u8, each
   * element 128 more (see the pass store-unsigned); undefined where it cannot. Constants count as operands.
   */
  unsigned?(op: Op, places: UnsignedPlaces): AttributeRecord | undefined;
  /**
   * Where some operand is transpose(z, perm): how the same result is computed from z, the transposition behind it (see
   * ir/transposition.ts and the pass sink-transposes); undefined where it cannot. Its bytes must be the same.
   */
  transposed?(op: Op, perm: Permutation): TransposedForm | undefined;
  /** Operands whose buffer the first result may take over, because element i is read before element i is written. */
  inPlace?(op: Op): readonly number[];
  /** Multiply-accumulates of one run. */
  macs?(op: Op): number;
  /** The same for equal inputs, and free of effects: every operator, unless it says otherwise. */
  readonly constantFold?: boolean;
}

/** Thrown by type rules: what is wrong, in words that fit behind the operator's name. */
export class RuleViolation extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RuleViolation';
  }
}

/** Throws a {@link RuleViolation} unless the condition holds. */
export function rule(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new RuleViolation(typeof message === 'string' ? message : message());
}

/** The type of a required operand. */
export function required(types: readonly (TensorType | undefined)[], i: number): TensorType {
  const t = types[i];
  if (t === undefined) throw new RuleViolation(`needs operand ${i}`);
  return t;
}

/** Declares an operator; the attribute table gives reference and lowering their types. */
export function defineOp<const S extends AttributeSchema>(definition: OpDefinition<S>): OpDefinition<S> {
  return definition;
}

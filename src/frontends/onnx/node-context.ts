// What the importer gives to an operator's row: operands as values, attributes by type, ways to build and to fail.
import {
  type AttributeProto,
  AttributeProto_AttributeType as AttributeType,
  type GraphProto,
  type NodeProto,
} from 'onnx-buf';
import type { AttributeSchema } from '../../../ir/attributes.ts';
import type { AttributeInput, Builder } from '../../../ir/builder.ts';
import type { OpDefinition } from '../../../ir/define-op.ts';
import { type Diagnostic, type DiagnosticCode, fail, quoteName } from '../../../ir/diagnostics.ts';
import type { Value } from '../../../ir/module.ts';
import { constant, constantOf } from '../../../ir/ops/constant.ts';
import { didYouMean } from '../../../ir/spelling.ts';
import { allocateTensor, numbersOf, type TensorData, tensorOf } from '../../../ir/tensor-data.ts';
import { type ElementType, isInteger, type TensorType, tensorType } from '../../../ir/types.ts';
import type { NarrowValues } from './narrow-values.ts';
import type { Scope } from './scope.ts';

/** Elements of a constant that the importer itself computes: 16 MB of floats, which no file had to hold. */
const maxMade = 2 ** 22;

/** A row of the operator table: builds the operator and returns its results in ONNX's order. */
export type Row = (op: NodeContext) => Value | readonly Value[];

/** Operator name (`Conv`) to its row, for one domain. */
export type Rows = Readonly<Record<string, Row>>;

/** What the importer offers to a node beside its own words. */
export interface ImportScope {
  readonly builder: Builder;
  readonly names: Scope;
  /** The value of a name in scope; fails where there is none. */
  value(name: string): Value;
  /** The contents of a tensor attribute. */
  tensor(attribute: AttributeProto): TensorData;
  /** Imports a subgraph in place; `inputs` are the values of its inputs. Returns its outputs. */
  runGraph(graph: GraphProto, inputs: readonly Value[]): readonly Value[];
  report(diagnostic: Diagnostic): void;
  /** Integers of ONNX types that the IR does not have. */
  readonly narrow: NarrowValues;
}

export class NodeContext {
  readonly node: NodeProto;
  readonly scope: ImportScope;
  /** `Conv "stem/conv"`, or `Conv #3` for a node without a name. */
  readonly where: string;
  /** Version of the operator set that the node's domain is imported with. */
  readonly opset: number;
  private readonly attributes: ReadonlyMap<string, AttributeProto>;

  constructor(
    node: NodeProto,
    position: number,
    attributes: ReadonlyMap<string, AttributeProto>,
    opset: number,
    scope: ImportScope,
  ) {
    this.node = node;
    this.attributes = attributes;
    this.opset = opset;
    this.scope = scope;
    this.where = `${node.opType.slice(0, 60)} ${node.name === '' ? `#${position}` : quoteName(node.name)}`;
  }

  get builder(): Builder {
    return this.scope.builder;
  }

  // Operands.

  get inputCount(): number {
    return this.node.input.length;
  }

  has(i: number): boolean {
    return (this.node.input[i] ?? '') !== '';
  }

  /** Operand `i`; fails when the model leaves it out. */
  input(i: number): Value {
    const name = this.node.input[i] ?? '';
    return name === '' ? this.fail('I8C0207', `Operand ${i} is missing.`) : this.scope.value(name);
  }

  optional(i: number): Value | undefined {
    return this.has(i) ? this.input(i) : undefined;
  }

  /** All operands, none of which may be missing. */
  inputs(): Value[] {
    return this.node.input.map((_, i) => this.input(i));
  }

  /** Operand `i` where it is known at compile time. */
  constantInput(i: number): TensorData | undefined {
    return this.has(i) ? constantOf(this.input(i)) : undefined;
  }

  /** Operand `i`, which must be known at compile time; `what` names it in messages. */
  constant(i: number, what: string): TensorData {
    return (
      constantOf(this.input(i)) ??
      this.fail(
        'I8C0205',
        `The ${what} is computed at run time.`,
        'Export the model with fixed shapes, or fix a graph input with --bind NAME=VALUE.',
      )
    );
  }

  /** The numbers of an integer operand that must be known at compile time. */
  constantInts(i: number, what: string): number[] {
    const data = this.constant(i, what);
    if (!isInteger(data.type.element))
      this.fail('I8C0207', `The ${what} is ${data.type.element}, not an integer tensor.`);
    return numbersOf(data);
  }

  /** The numbers of a float operand that must be known at compile time. */
  constantFloats(i: number, what: string): number[] {
    const data = this.constant(i, what);
    if (data.type.element !== 'f32') this.fail('I8C0207', `The ${what} is ${data.type.element}, not a float tensor.`);
    return numbersOf(data);
  }

  /**
   * Refuses operands and attributes that the operator does not have: what would be ignored might change the result.
   * `least` and `most` count operands, absent ones in the middle included.
   */
  checkForm([least, most]: readonly [number, number], attributes: readonly string[]): void {
    const { length } = this.node.input;
    if (length < least || length > most) {
      this.fail('I8C0207', `It has ${length} operands, not ${least === most ? most : `${least} to ${most}`}.`);
    }
    for (const name of this.attributes.keys()) {
      if (attributes.includes(name)) continue;
      this.fail('I8C0203', `int8c does not know its attribute ${quoteName(name)}.`, didYouMean(name, attributes));
    }
  }

  // Outputs.

  get outputCount(): number {
    return this.node.output.length;
  }

  /** Whether output `i` is asked for. */
  wants(i: number): boolean {
    return (this.node.output[i] ?? '') !== '';
  }

  // Attributes.

  hasAttribute(name: string): boolean {
    return this.attributes.has(name);
  }

  int(name: string, fallback?: number): number {
    const { i } = this.attribute(name, AttributeType.INT) ?? {};
    return i === undefined ? this.given(name, fallback) : this.safe(name, i);
  }

  /** An integer attribute that says yes or no. */
  flag(name: string, fallback = false): boolean {
    return this.int(name, fallback ? 1 : 0) !== 0;
  }

  float(name: string, fallback?: number): number {
    return this.attribute(name, AttributeType.FLOAT)?.f ?? this.given(name, fallback);
  }

  string(name: string, fallback?: string): string {
    const { s } = this.attribute(name, AttributeType.STRING) ?? {};
    return s === undefined ? this.given(name, fallback) : new TextDecoder().decode(s);
  }

  ints(name: string): number[] | undefined {
    return this.attribute(name, AttributeType.INTS)?.ints.map((i) => this.safe(name, i));
  }

  floats(name: string): number[] | undefined {
    return this.attribute(name, AttributeType.FLOATS)?.floats;
  }

  strings(name: string): string[] | undefined {
    return this.attribute(name, AttributeType.STRINGS)?.strings.map((s) => new TextDecoder().decode(s));
  }

  tensor(name: string): TensorData | undefined {
    const attribute = this.attribute(name, AttributeType.TENSOR);
    return attribute && this.scope.tensor(attribute);
  }

  graph(name: string): GraphProto {
    const graph = this.attribute(name, AttributeType.GRAPH)?.g;
    return graph ?? this.fail('I8C0207', `Attribute ${name} is missing.`);
  }

  /** Imports a subgraph in place; returns its outputs. */
  runGraph(name: string, inputs: readonly Value[]): readonly Value[] {
    return this.scope.runGraph(this.graph(name), inputs);
  }

  private attribute(name: string, type: AttributeType): AttributeProto | undefined {
    const attribute = this.attributes.get(name);
    if (attribute === undefined) return undefined;
    // Files of IR version 1 leave the type out.
    if (attribute.type !== type && attribute.type !== AttributeType.UNDEFINED) {
      this.fail(
        'I8C0207',
        `Attribute ${name} is of type ${AttributeType[attribute.type]}, not ${AttributeType[type]}.`,
      );
    }
    return attribute;
  }

  private given<T>(name: string, fallback: T | undefined): T {
    return fallback ?? this.fail('I8C0207', `Attribute ${name} is missing.`);
  }

  private safe(name: string, value: bigint): number {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : this.fail('I8C0207', `Attribute ${name} is ${value}: out of range.`);
  }

  // Building.

  /**
   * Builds an operator with one result. `type` is needed where the operator's rule leaves element type or quantization
   * open; shapes are the rule's own.
   */
  emit<S extends AttributeSchema>(
    definition: OpDefinition<S>,
    operands: readonly (Value | undefined)[],
    attributes: AttributeInput<S> = {},
    type?: TensorType,
  ): Value {
    return this.emitAll(definition, operands, attributes, type && [type])[0]!;
  }

  /** Builds an operator and returns all its results. */
  emitAll<S extends AttributeSchema>(
    definition: OpDefinition<S>,
    operands: readonly (Value | undefined)[],
    attributes: AttributeInput<S> = {},
    types?: readonly TensorType[],
  ): readonly Value[] {
    const names = this.node.output.map(valueName);
    return this.builder.op(definition, operands, attributes, { names, hints: types }).results;
  }

  /** A constant out of numbers. */
  numbers(element: ElementType, shape: readonly number[], values: readonly (number | bigint)[]): Value {
    return this.constantOf(tensorOf(tensorType(element, shape), values));
  }

  /** A constant scalar. */
  scalar(element: ElementType, value: number | bigint): Value {
    return this.numbers(element, [], [value]);
  }

  /** A constant in which every element is `value`. */
  filled(element: ElementType, shape: readonly number[], value: number | bigint): Value {
    const tensor = allocateTensor(tensorType(element, shape));
    if (tensor.data instanceof BigInt64Array) tensor.data.fill(BigInt(value));
    else tensor.data.fill(Number(value));
    return this.constantOf(tensor);
  }

  /** Refuses to make tensors, or to write out work, of more elements than any network needs: models ask for it in a few bytes. */
  checkMade(count: number): void {
    if (count <= maxMade) return;
    this.fail('I8C0004', `It makes a constant of ${count} elements; int8c makes at most ${maxMade}.`);
  }

  /** 0, 1, 2 ... below `count`. */
  counting(count: number): number[] {
    if (!Number.isSafeInteger(count) || count < 0) this.fail('I8C0207', `It counts ${count} elements.`);
    this.checkMade(count);
    return [...new Array(count).keys()];
  }

  constantOf(value: TensorData): Value {
    return this.builder.create(constant, [], { value }, value.type, valueName(this.node.output[0] ?? ''));
  }

  // Findings.

  /** A note or warning about this operator. */
  report(severity: 'warning' | 'note', code: DiagnosticCode, message: string): void {
    this.scope.report({ code, severity, message, where: this.where });
  }

  fail(code: DiagnosticCode, message: string, hint?: string): never {
    return fail(code, message, hint === undefined ? { where: this.where } : { where: this.where, hint });
  }

  /** For an attribute value that int8c does not support. */
  unsupported(message: string, hint?: string): never {
    return this.fail('I8C0203', message, hint);
  }
}

/** A short name for a value out of an ONNX name: exporters write paths of scopes, the last two parts of which tell most. */
export function valueName(name: string): string {
  return name.split('/').slice(-2).join('_');
}

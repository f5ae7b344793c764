// How an operator of the IR is written as ONNX nodes: what a writer is given, and the rows of the table of writers.
import type { AttributeSchema, AttributesOf } from '../../../ir/attributes.ts';
import type { OpDefinition } from '../../../ir/define-op.ts';
import type { AnyOpDefinition, Op } from '../../../ir/module.ts';
import { constantOf } from '../../../ir/ops/constant.ts';
import { quantizedBounds } from '../../../ir/quantized.ts';
import type { Permutation } from '../../../ir/transposition.ts';
import { elementCount, integerRange, type TensorType } from '../../../ir/types.ts';
import { noForm } from '../no-form.ts';
import type { Attributes } from './attributes.ts';
import type { OnnxGraph } from './graph.ts';
import { identity, type OnnxTensors } from './tensors.ts';

/** What the writer of one operator is given. */
export class OnnxContext {
  readonly op: Op;
  readonly graph: OnnxGraph;
  readonly tensors: OnnxTensors;

  constructor(op: Op, graph: OnnxGraph, tensors: OnnxTensors) {
    this.op = op;
    this.graph = graph;
    this.tensors = tensors;
  }

  /** Type of operand `i`. */
  type(i: number): TensorType {
    return this.op.operand(i).type;
  }

  get resultType(): TensorType {
    return this.op.result.type;
  }

  /** The order of dimensions in which operand `i` lies at no cost. */
  order(i: number): Permutation {
    return this.tensors.order(this.op.operand(i)) ?? identity(this.type(i).shape.length);
  }

  /** Name of the real numbers of operand `i` in this order of dimensions; the IR's own when absent. */
  real(i: number, perm?: Permutation): string {
    return this.tensors.real(this.op.operand(i), perm);
  }

  /** The real numbers of operand `i` under another shape. */
  reshaped(i: number, shape: readonly number[]): string {
    return this.tensors.reshaped(this.op.operand(i), shape);
  }

  /** Appends a node and returns its output. */
  node(opType: string, operands: readonly (string | undefined)[], attributes: Attributes = {}): string {
    return this.graph.node(opType, operands, attributes, `${this.op.result.name}_${opType}`);
  }

  /** Integers as an operand. */
  integers(values: number | readonly number[], what: string): string {
    return this.graph.numbers('i64', values, `${this.op.result.name}_${what}`);
  }

  /** A float number as an operand. */
  number(value: number, what: string): string {
    return this.graph.numbers('f32', value, `${this.op.result.name}_${what}`);
  }

  /** Says that the result has these real numbers, its dimensions in this order. */
  put(name: string, perm?: Permutation): void {
    this.tensors.setReal(this.op.result, name, perm);
  }

  /**
   * The operands for a node that broadcasts as numpy does, all in one order of dimensions, which the result then has: that
   * of the largest that is computed.
   */
  aligned(): { readonly names: string[]; readonly perm: Permutation } {
    const rank = this.resultType.shape.length;
    const operands = this.op.operands.map((_, i) => this.op.operand(i));
    const [largest] = operands
      .filter((v) => constantOf(v) === undefined && v.type.shape.length === rank)
      .toSorted((a, b) => elementCount(b.type.shape) - elementCount(a.type.shape));
    const perm = (largest && this.tensors.order(largest)) ?? identity(rank);
    const isPlain = perm.every((from, d) => from === d);
    const names = operands.map((v) => {
      const single = elementCount(v.type.shape) === 1;
      return single || (isPlain && v.type.shape.length < rank) ? this.tensors.real(v) : this.tensors.extended(v, perm);
    });
    return { names, perm };
  }

  /** The numbers behind a fused activation; themselves where quantizing the result has the same effect. */
  clamped(name: string, clamp: readonly number[]): string {
    const type = this.resultType;
    const [low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY] = clamp;
    if (type.quant !== undefined) {
      const { min, max } = integerRange(type.element);
      const [least, greatest] = quantizedBounds(type, [low, high]);
      if (least === min && greatest === max) return name;
    }
    if (low === Number.NEGATIVE_INFINITY && high === Number.POSITIVE_INFINITY) return name;
    if (type.quant === undefined && type.element !== 'f32') noForm('limits plain integers');
    if (low === 0 && high === Number.POSITIVE_INFINITY) return this.node('Relu', [name]);
    const bound = (value: number, what: string) => (Number.isFinite(value) ? this.number(value, what) : undefined);
    return this.node('Clip', [name, bound(low, 'min'), bound(high, 'max')]);
  }
}

/** Writes the nodes of one operator, and says to the context where its results are. Throws NoForm where ONNX has none. */
export type OnnxForm = (context: OnnxContext) => void;

/** Operators by their definition with their writers. */
export type OnnxForms = readonly (readonly [AnyOpDefinition, OnnxForm])[];

/** A row of the table; the writer sees the operator's attributes with their types. */
export function form<S extends AttributeSchema>(
  definition: OpDefinition<S>,
  write: (context: OnnxContext, attributes: AttributesOf<S>) => void,
): readonly [AnyOpDefinition, OnnxForm] {
  // The verifier holds attributes to the definition's own table.
  return [definition, (context) => write(context, context.op.attributes as AttributesOf<S>)];
}

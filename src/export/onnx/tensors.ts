// The program's values as tensors of the ONNX graph. A quantized value is a tensor of integers behind QuantizeLinear, its
// real numbers are those behind DequantizeLinear, made when something asks for them.
//
// Values lie in whatever order of dimensions the node that computes them gives, with that order beside them: operators on
// images work channels first in ONNX and channels last in the IR, and transpositions cost no node until something needs a
// value in another order than it has. Moved and reshaped tensors remember whose elements they have, so that a way there
// and back is no node at all.
import type { Value } from '../../../ir/module.ts';
import { constantOf } from '../../../ir/ops/constant.ts';
import { keepsOrder, transpose } from '../../../ir/ops/transpose.ts';
import { allocateTensor, type TensorData } from '../../../ir/tensor-data.ts';
import { type Permutation, transposedType } from '../../../ir/transposition.ts';
import { type Quantization, sameShape, type TensorType, tensorType } from '../../../ir/types.ts';
import { noForm } from '../no-form.ts';
import { int, ints } from './attributes.ts';
import type { OnnxGraph } from './graph.ts';
import { quantizable } from './quantization-types.ts';

/** A tensor of the graph: its name as the type says it is stored, and that of its real numbers. */
interface Tensor {
  readonly type: TensorType;
  readonly hint: string;
  readonly stored: string;
  /** Absent until something asks for the real numbers of a quantized tensor. */
  real: string | undefined;
  /** The tensor that has the same elements in the same order under another shape. */
  readonly source: Tensor | undefined;
  /** Tensors of the same elements in the same order. */
  readonly views: Tensor[];
}

/** A tensor that is the value with its dimensions in the order `perm`: dimension d is dimension perm[d] of the value. */
interface Placed {
  readonly perm: Permutation;
  readonly tensor: Tensor;
}

export const identity = (rank: number): number[] => Array.from({ length: rank }, (_, d) => d);

export class OnnxTensors {
  private readonly graph: OnnxGraph;
  private readonly placed = new Map<Value, Placed[]>();

  constructor(graph: OnnxGraph) {
    this.graph = graph;
  }

  /** The order of dimensions in which a value lies; undefined for constants, which lie in every order. */
  order(value: Value): Permutation | undefined {
    return constantOf(value) === undefined ? (this.placed.get(value)?.[0]?.perm ?? rankOf(value)) : undefined;
  }

  /** The name of the value's real numbers (of plain integers and bool: the value itself), in this order. */
  real(value: Value, perm: Permutation = rankOf(value)): string {
    return this.realOf(this.tensor(value, perm));
  }

  /** The name of the value as it is stored, in this order. */
  stored(value: Value, perm: Permutation = rankOf(value)): string {
    return this.tensor(value, perm).stored;
  }

  /** The real numbers of a value under another shape, its elements in the IR's own order. */
  reshaped(value: Value, shape: readonly number[]): string {
    return this.realOf(this.reshapedTensor(this.inOwnOrder(value), shape));
  }

  /** The real numbers of a value with leading dimensions of 1 up to a rank, in an order of that many dimensions. */
  extended(value: Value, perm: Permutation): string {
    const missing = perm.length - value.type.shape.length;
    if (missing === 0) return this.real(value, perm);
    const type = widened(value.type, missing);
    const known = constantOf(value);
    const whole =
      known === undefined
        ? this.transposed(this.reshapedTensor(this.inOwnOrder(value), type.shape), perm)
        : this.constant({ type, data: known.data }, perm, value.name);
    return this.realOf(whole);
  }

  /** Says that a value is the tensor of this name, as the value is stored. */
  setStored(value: Value, name: string, perm: Permutation = rankOf(value)): void {
    const type = transposedType(value.type, perm);
    const real = type.quant === undefined ? name : undefined;
    this.place(value, perm, { type, hint: value.name, stored: name, real, source: undefined, views: [] });
  }

  /** Says that a value has the real numbers of this name; quantizes them where the value is quantized. */
  setReal(value: Value, name: string, perm: Permutation = rankOf(value)): void {
    this.place(value, perm, this.quantized(name, transposedType(value.type, perm), value.name, undefined));
  }

  /** The same for numbers that lie under another shape of as many elements. */
  setReshaped(value: Value, name: string, shape: readonly number[]): void {
    const computed = this.quantized(
      name,
      tensorType(value.type.element, shape, value.type.quant),
      value.name,
      undefined,
    );
    this.place(value, rankOf(value), this.reshapedTensor(computed, value.type.shape));
  }

  /** Says that a value has the elements of another one in row-major order, at no cost where that lies so. */
  setView(value: Value, of: Value): void {
    this.place(value, rankOf(value), this.reshapedTensor(this.inOwnOrder(of), value.type.shape));
  }

  /** Says that a value is the transposition of another. */
  setTransposed(value: Value, of: Value, perm: Permutation): void {
    const from = this.placed.get(of) ?? [{ perm: rankOf(of), tensor: this.tensor(of, rankOf(of)) }];
    for (const { perm: order, tensor } of from) {
      this.place(
        value,
        order.map((d) => perm.indexOf(d)),
        tensor,
      );
    }
  }

  private place(value: Value, perm: Permutation, tensor: Tensor): void {
    const all = this.placed.get(value) ?? [];
    all.push({ perm, tensor });
    this.placed.set(value, all);
  }

  private tensor(value: Value, perm: Permutation): Tensor {
    const all = this.placed.get(value) ?? [];
    const there = all.find((p) => sameShape(p.perm, perm));
    if (there !== undefined) return there.tensor;
    const known = constantOf(value);
    const [first] = all;
    const tensor =
      known !== undefined
        ? this.constant(known, perm, value.name)
        : first !== undefined
          ? this.transposed(
              first.tensor,
              perm.map((d) => first.perm.indexOf(d)),
            )
          : noForm('reads a value that has no form');
    this.place(value, perm, tensor);
    return tensor;
  }

  /** A tensor that has the elements of a value in the IR's own order, whatever its shape. */
  private inOwnOrder(value: Value): Tensor {
    const { shape } = value.type;
    const regular = (this.placed.get(value) ?? []).find(({ perm }) => keepsOrder(shape, perm));
    return regular?.tensor ?? this.tensor(value, rankOf(value));
  }

  private constant(value: TensorData, perm: Permutation, hint: string): Tensor {
    if (value.type.element === 'f16') noForm('has half floats');
    const moved = transposedConstant(value, perm);
    const stored = this.graph.initializer(moved, hint);
    const { type } = moved;
    const real = type.quant === undefined ? stored : undefined;
    return { type, hint, stored, real, source: undefined, views: [] };
  }

  private transposed(tensor: Tensor, perm: Permutation): Tensor {
    if (perm.every((from, d) => from === d)) return tensor;
    const type = transposedType(tensor.type, perm);
    if (keepsOrder(tensor.type.shape, perm)) return this.reshapedTensor(tensor, type.shape);
    const name = this.graph.node('Transpose', [this.realOf(tensor)], { perm: ints(perm) }, `${tensor.hint}_transposed`);
    return this.quantized(name, type, tensor.hint, undefined);
  }

  private reshapedTensor(tensor: Tensor, shape: readonly number[]): Tensor {
    const source = tensor.source ?? tensor;
    const there = [source, ...source.views].find(({ type }) => sameShape(type.shape, shape));
    if (there !== undefined) return there;
    if (source.type.quant?.axis !== undefined) noForm('reshapes a tensor with several scales');
    const { hint } = tensor;
    const to = this.graph.numbers('i64', shape, `${hint}_shape`);
    const name = this.graph.node('Reshape', [this.realOf(source), to], {}, `${hint}_reshaped`);
    const view = this.quantized(name, tensorType(source.type.element, shape, source.type.quant), hint, source);
    source.views.push(view);
    return view;
  }

  /** Real numbers as a tensor of this type. */
  private quantized(name: string, type: TensorType, hint: string, source: Tensor | undefined): Tensor {
    const { quant } = type;
    if (quant === undefined) return { type, hint, stored: name, real: name, source, views: [] };
    if (type.element === 'i32') noForm('is quantized to 32 bits');
    const [operands, attributes] = this.parameters(type, quant, hint);
    const stored = this.graph.node('QuantizeLinear', [name, ...operands], attributes, `${hint}_quantized`);
    return { type, hint, stored, real: undefined, source, views: [] };
  }

  private realOf(tensor: Tensor): string {
    const { type, hint, stored } = tensor;
    if (tensor.real === undefined && type.quant !== undefined) {
      const [operands, attributes] = this.parameters(type, type.quant, hint);
      tensor.real = this.graph.node('DequantizeLinear', [stored, ...operands], attributes, `${hint}_real`);
    }
    return tensor.real ?? stored;
  }

  /** Scale and zero point as operands of QuantizeLinear and DequantizeLinear, and their axis. */
  private parameters(type: TensorType, { axis, scale, zero }: Quantization, hint: string) {
    quantizable(type.element, this.graph);
    const one = axis === undefined;
    const operands = [
      this.graph.numbers('f32', one ? (scale[0] ?? 1) : scale, `${hint}_scale`),
      // Integers of 32 bits have no zero point (QuantizeLinear, DequantizeLinear: "must be 0 or absent").
      type.element === 'i32'
        ? undefined
        : this.graph.numbers(type.element, one ? (zero[0] ?? 0) : zero, `${hint}_zero_point`),
    ];
    return [operands, one ? {} : { axis: int(axis) }] as const;
  }
}

const rankOf = (value: Value): number[] => identity(value.type.shape.length);

/** The type with leading dimensions of 1. */
function widened({ element, shape, quant }: TensorType, count: number): TensorType {
  const moved = quant?.axis === undefined ? quant : { ...quant, axis: quant.axis + count };
  return tensorType(element, [...new Array<number>(count).fill(1), ...shape], moved);
}

function transposedConstant(value: TensorData, perm: Permutation): TensorData {
  const type = transposedType(value.type, perm);
  if (keepsOrder(value.type.shape, perm)) return { type, data: value.data };
  const moved = allocateTensor(type);
  transpose.reference?.({ operands: [value], attributes: { perm }, results: [moved] });
  return moved;
}

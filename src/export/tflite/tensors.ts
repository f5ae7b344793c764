// The program's values as tensors of a TFLite subgraph.
//
// TFLite's kernels of today take quantized bytes as int8. Values of u8 are therefore stored as int8, each element and
// zero point 128 less, which stands for the same numbers; inputs and outputs of the program keep their type, behind a
// QUANTIZE that moves them.
import type { Value } from '../../../ir/module.ts';
import { constantOf } from '../../../ir/ops/constant.ts';
import type { TensorData } from '../../../ir/tensor-data.ts';
import { type Quantization, sameQuantization, type TensorType, tensorType } from '../../../ir/types.ts';
import { noForm } from '../no-form.ts';
import type { SubgraphDraft, TensorIndex, TfliteModelDraft } from './model.ts';
import { versionOf } from './versions.ts';

/** A tensor of the file that holds a value. */
interface Held {
  readonly index: TensorIndex;
  /** Its type in the file. */
  readonly type: TensorType;
  /** True where the value is u8 and the tensor int8. */
  readonly shifted: boolean;
  /** For an unshifted tensor, the shifted one. */
  moved?: Held;
}

export class TfliteTensors {
  private readonly model: TfliteModelDraft;
  private readonly subgraph: SubgraphDraft;
  private readonly held = new Map<Value, Held>();
  /** Tensors that have the name of an input or output. */
  private readonly named = new Set<TensorIndex>();

  constructor(model: TfliteModelDraft, subgraph: SubgraphDraft) {
    this.model = model;
    this.subgraph = subgraph;
  }

  /** An input of the program. */
  input(value: Value, name: string): TensorIndex {
    const held = { index: this.model.tensor(this.subgraph, name, value.type), type: value.type, shifted: false };
    this.held.set(value, held);
    this.named.add(held.index);
    return held.index;
  }

  /** The tensor of a value as operators take it. */
  index(value: Value): TensorIndex {
    return this.operand(value).index;
  }

  /** The type in the file of a value as operators take it. */
  type(value: Value): TensorType {
    const known = constantOf(value);
    return known === undefined ? this.operand(value).type : shiftedType(value.type);
  }

  /** A new tensor for a value that an operator computes from others: plain u8 follows the first that is u8. */
  result(value: Value, operands: readonly (Value | undefined)[], name = value.name): TensorIndex {
    const { type } = value;
    const follows = operands.find((v) => v?.type.element === 'u8');
    const shifted =
      type.element === 'u8' && (type.quant !== undefined || (follows !== undefined && this.operand(follows).shifted));
    const stored = shifted ? bytesLess(type) : type;
    const held = { index: this.model.tensor(this.subgraph, name, stored), type: stored, shifted };
    this.held.set(value, held);
    return held.index;
  }

  /** Says that a value is the tensor of another, under the quantization of its own type. */
  alias(value: Value, of: Value): void {
    const held = this.held.get(of) ?? noForm('gives a constant another meaning');
    const { quant } = value.type;
    const tensor = this.subgraph.tensors[held.index];
    if (quant === undefined || tensor === undefined) {
      this.held.set(value, held);
      return;
    }
    const wanted = held.shifted ? shifted(quant) : quant;
    if (tensor.quant !== undefined && !sameQuantization(tensor.quant, wanted)) {
      noForm('gives integers that have a scale another one');
    }
    tensor.quant = wanted;
    this.held.set(value, { ...held, type: { ...held.type, quant: wanted } });
  }

  /** The tensor to return for a value under a name: as the program's own type says. */
  output(value: Value, name: string): TensorIndex {
    if (constantOf(value) !== undefined) return this.constant(this.plain(value), name);
    const held = this.held.get(value) ?? noForm('reads a value that has no form');
    if (!held.shifted) return this.withName(held.index, name);
    const quant = this.subgraph.tensors[held.index]?.quant ?? noForm('returns bytes without a scale');
    const type = tensorType('u8', held.type.shape, { ...quant, zero: quant.zero.map((z) => z + 128) });
    const index = this.model.tensor(this.subgraph, name, type);
    this.quantize(held.index, index);
    return index;
  }

  /** A tensor has one name: the first that it is returned under, or that of an input. */
  private withName(index: TensorIndex, name: string): TensorIndex {
    const tensor = this.subgraph.tensors[index];
    if (tensor !== undefined && !this.named.has(index)) tensor.name = name;
    this.named.add(index);
    return index;
  }

  constant(data: TensorData, name: string): TensorIndex {
    return this.model.constant(this.subgraph, name, data);
  }

  private plain(value: Value): TensorData {
    return constantOf(value) ?? noForm('reads a value that has no form');
  }

  private operand(value: Value): Held {
    const held = this.held.get(value);
    if (held !== undefined) return held.shifted || value.type.element !== 'u8' ? held : this.movedBytes(value, held);
    const data = shiftedData(this.plain(value));
    const made = { index: this.constant(data, value.name), type: data.type, shifted: data.type !== value.type };
    this.held.set(value, made);
    return made;
  }

  /** Quantized u8 as int8; plain bytes stay what they are. */
  private movedBytes(value: Value, held: Held): Held {
    if (value.type.quant === undefined) return held;
    if (held.moved === undefined) {
      const type = shiftedType(value.type);
      held.moved = { index: this.model.tensor(this.subgraph, `${value.name}_int8`, type), type, shifted: true };
      this.quantize(held.index, held.moved.index);
    }
    return held.moved;
  }

  private quantize(from: TensorIndex, to: TensorIndex): void {
    const options = { type: 'QuantizeOptions', value: {} } as const;
    this.model.operator(this.subgraph, 'QUANTIZE', versionOf('QUANTIZE', 'i8'), [from], [to], options);
  }
}

const shifted = (quant: Quantization): Quantization => ({ ...quant, zero: quant.zero.map((z) => z - 128) });

/** u8 as i8 with zero points 128 less. */
function bytesLess({ shape, quant }: TensorType): TensorType {
  return tensorType('i8', shape, quant && shifted(quant));
}

/** Quantized u8 as i8; other types as they are. */
function shiftedType(type: TensorType): TensorType {
  return type.element === 'u8' && type.quant !== undefined ? bytesLess(type) : type;
}

function shiftedData(tensor: TensorData): TensorData {
  const { type, data } = tensor;
  if (type.element !== 'u8' || type.quant === undefined) return tensor;
  return { type: shiftedType(type), data: Int8Array.from(data as Uint8Array, (q) => q - 128) };
}

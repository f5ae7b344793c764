// Collects the nodes and initializers of one ONNX graph and makes its message: names, and what nothing uses left out.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { GraphProtoSchema, TensorProtoSchema, ValueInfoProtoSchema } from 'onnx-buf';
import { bytesOf, type TensorData, tensorOf } from '../../../ir/tensor-data.ts';
import { byteSize, type ElementType, formatType, storageType, type TensorType, tensorType } from '../../../ir/types.ts';
import type { Attributes } from './attributes.ts';
import { dataTypeOf } from './element-types.ts';

interface Node {
  readonly opType: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Attributes;
}

interface Port {
  readonly name: string;
  readonly type: TensorType;
}

interface OutputPort extends Port {
  /** The tensor that is returned under this name. */
  readonly from: string;
}

/** Initializers of up to so many bytes (scales, shapes, bounds) are shared where they are equal. */
const sharedBytes = 64;

export class OnnxGraph {
  /** Version of the operator set that nodes are written in. */
  readonly opset: number;
  /** The version that nodes turned out to need. */
  neededOpset: number;
  private readonly nodes: Node[] = [];
  private readonly initializers = new Map<string, TensorData>();
  private readonly shared = new Map<string, string>();
  private readonly names = new Set<string>();
  private readonly inputs: Port[] = [];
  private readonly outputs: OutputPort[] = [];

  constructor(opset: number) {
    this.opset = opset;
    this.neededOpset = opset;
  }

  /** Says that something is written that only this version has; the graph is then written again in it. */
  needsOpset(version: number): void {
    this.neededOpset = Math.max(this.neededOpset, version);
  }

  /** A name that is free; the hint itself where it is. */
  fresh(hint: string): string {
    let name = hint;
    for (let i = 1; this.names.has(name); i++) name = `${hint}_${i}`;
    this.names.add(name);
    return name;
  }

  /** Appends a node with one output and returns that. Absent operands are undefined; trailing ones are left out. */
  node(opType: string, operands: readonly (string | undefined)[], attributes: Attributes, hint: string): string {
    const last = operands.findLastIndex((name) => name !== undefined);
    const inputs = operands.slice(0, last + 1).map((name) => name ?? '');
    const output = this.fresh(hint);
    this.nodes.push({ opType, inputs, output, attributes });
    return output;
  }

  /** A tensor known at compile time; its quantization is not written. */
  initializer(tensor: TensorData, hint: string): string {
    if (byteSize(tensor.type) > sharedBytes) {
      const name = this.fresh(hint);
      this.initializers.set(name, tensor);
      return name;
    }
    const key = `${formatType(storageType(tensor.type))} ${bytesOf(tensor.data).join()}`;
    const name = this.shared.get(key) ?? this.fresh(hint);
    this.shared.set(key, name);
    this.initializers.set(name, tensor);
    return name;
  }

  /** Numbers as an initializer: a vector, or a scalar from a number. */
  numbers(element: ElementType, values: number | readonly number[], hint: string): string {
    const list = typeof values === 'number' ? [values] : values;
    const shape = typeof values === 'number' ? [] : [values.length];
    return this.initializer(tensorOf(tensorType(element, shape), list), hint);
  }

  input(name: string, type: TensorType): string {
    const given = this.fresh(name);
    this.inputs.push({ name: given, type });
    return given;
  }

  /** Returns the tensor `from` under a name, which must have been kept free. */
  output(name: string, type: TensorType, from: string): void {
    this.outputs.push({ name, type, from });
  }

  /** The message: outputs named as asked, nodes and initializers that no output needs left out. */
  finish(name: string): MessageInitShape<typeof GraphProtoSchema> {
    const renamed = this.nameOutputs();
    const nameOf = (tensor: string) => renamed.get(tensor) ?? tensor;
    const used = this.used();
    return {
      name,
      node: this.nodes
        .filter(({ output }) => used.has(output))
        .map(({ opType, inputs, output, attributes }) => ({
          opType,
          name: nameOf(output),
          input: inputs.map(nameOf),
          output: [nameOf(output)],
          attribute: Object.entries(attributes).map(([key, value]) => ({ name: key, ...value })),
        })),
      initializer: [...this.initializers].filter(([key]) => used.has(key)).map(([key, value]) => proto(key, value)),
      input: this.inputs.map(valueInfo),
      output: this.outputs.map(valueInfo),
    };
  }

  /** Tensors that take an output's name. One that is returned twice, or is an input itself, is passed on by a node. */
  private nameOutputs(): ReadonlyMap<string, string> {
    const renamed = new Map<string, string>();
    const computed = new Set(this.nodes.map(({ output }) => output));
    for (const { name, from } of this.outputs) {
      if (computed.has(from) && !renamed.has(from)) renamed.set(from, name);
      else this.nodes.push({ opType: 'Identity', inputs: [from], output: name, attributes: {} });
    }
    return renamed;
  }

  private used(): ReadonlySet<string> {
    const used = new Set(this.outputs.flatMap(({ name, from }) => [name, from]));
    for (const { inputs, output } of this.nodes.toReversed()) {
      if (used.has(output)) for (const input of inputs) used.add(input);
    }
    return used;
  }
}

function valueInfo({ name, type }: Port): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = type.shape.map((extent) => ({ value: { case: 'dimValue' as const, value: BigInt(extent) } }));
  const elemType = dataTypeOf(type.element);
  return { name, type: { value: { case: 'tensorType', value: { elemType, shape: { dim } } } } };
}

/** Raw data is little-endian, as typed arrays are on every machine that runs JavaScript today. */
function proto(name: string, { type, data }: TensorData): MessageInitShape<typeof TensorProtoSchema> {
  const dims = type.shape.map(BigInt);
  return { name, dims, dataType: dataTypeOf(type.element), rawData: Uint8Array.from(bytesOf(data)) };
}

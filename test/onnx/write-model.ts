// Writes small ONNX models for tests: onnx.proto's messages, with what every model has filled in.
import { create, type Message, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  type AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  type GraphProtoSchema,
  ModelProtoSchema,
  type NodeProtoSchema,
  type TensorProtoSchema,
  type ValueInfoProtoSchema,
} from 'onnx-buf';

export type Graph = Exclude<MessageInitShape<typeof GraphProtoSchema>, Message>;
export type Node = MessageInitShape<typeof NodeProtoSchema>;
export type Attribute = MessageInitShape<typeof AttributeProtoSchema>;
export type Tensor = MessageInitShape<typeof TensorProtoSchema>;
export type ValueInfo = MessageInitShape<typeof ValueInfoProtoSchema>;
/** Fields of a model; those that are not given are the writer's. */
export type Model = Exclude<MessageInitShape<typeof ModelProtoSchema>, Message>;

/** A serialized model of operator set 17 with this graph; `rest` replaces or adds fields of the model. */
export function writeModel(graph: Graph, rest: Model = {}): Uint8Array {
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: 'int8c tests',
    opsetImport: [{ domain: '', version: 17n }],
    graph: { name: 'graph', ...graph },
    ...rest,
  });
  return toBinary(ModelProtoSchema, model);
}

/** An input: numbers are extents, strings open dimensions, and undefined is one that has neither. */
export function tensorInput(
  name: string,
  shape: readonly (number | bigint | string | undefined)[],
  elemType: number = DataType.FLOAT,
): ValueInfo {
  const dim = shape.map((d) => {
    if (d === undefined) return {};
    if (typeof d === 'string') return { value: { case: 'dimParam' as const, value: d } };
    return { value: { case: 'dimValue' as const, value: BigInt(d) } };
  });
  return { name, type: { value: { case: 'tensorType', value: { elemType, shape: { dim } } } } };
}

export function node(opType: string, input: string[], output: string[], attribute: Attribute[] = []): Node {
  return { opType, input, output, attribute };
}

export const intAttribute = (name: string, i: bigint): Attribute => ({ name, i, type: AttributeType.INT });

export const graphAttribute = (name: string, g: Graph): Attribute => ({
  name,
  g: { name, ...g },
  type: AttributeType.GRAPH,
});

export const int64s = (name: string, values: bigint[], dims: bigint[] = [BigInt(values.length)]): Tensor => ({
  name,
  dataType: DataType.INT64,
  dims,
  int64Data: values,
});

export const floats = (name: string, values: number[], dims: bigint[] = [BigInt(values.length)]): Tensor => ({
  name,
  dataType: DataType.FLOAT,
  dims,
  floatData: values,
});

export const bool = (name: string, value: boolean): Tensor => ({
  name,
  dataType: DataType.BOOL,
  dims: [],
  int32Data: [Number(value)],
});

/** A two-layer network with an open dimension, shape arithmetic and a function of its own: something of everything. */
export function sampleModel(): Uint8Array {
  const weights = (count: number) => Array.from({ length: count }, (_, i) => Math.sin(i + 1));
  return writeModel(
    {
      input: [tensorInput('image', ['batch', 1, 8, 8])],
      initializer: [
        floats('kernel', weights(36), [4n, 1n, 3n, 3n]),
        floats('bias', weights(4)),
        floats('matrix', weights(192), [64n, 3n]),
        int64s('first', [0n]),
        int64s('rest', [-1n]),
      ],
      node: [
        node(
          'Conv',
          ['image', 'kernel', 'bias'],
          ['map'],
          [{ name: 'pads', ints: [1n, 1n, 1n, 1n], type: AttributeType.INTS }],
        ),
        { ...node('Doubled', ['map'], ['double']), domain: 'local' },
        node('Relu', ['double'], ['rectified']),
        node(
          'MaxPool',
          ['rectified'],
          ['pooled'],
          [
            { name: 'kernel_shape', ints: [2n, 2n], type: AttributeType.INTS },
            { name: 'strides', ints: [2n, 2n], type: AttributeType.INTS },
          ],
        ),
        node('Shape', ['pooled'], ['shape']),
        node('Gather', ['shape', 'first'], ['batch_size']),
        node('Concat', ['batch_size', 'rest'], ['flat_shape'], [intAttribute('axis', 0n)]),
        node('Reshape', ['pooled', 'flat_shape'], ['flat']),
        node('MatMul', ['flat', 'matrix'], ['logits']),
        node('Softmax', ['logits'], ['probabilities'], [intAttribute('axis', -1n)]),
      ],
      output: [{ name: 'probabilities' }],
    },
    {
      opsetImport: [
        { domain: '', version: 17n },
        { domain: 'local', version: 1n },
      ],
      functions: [
        {
          name: 'Doubled',
          domain: 'local',
          input: ['x'],
          output: ['y'],
          node: [node('Add', ['x', 'x'], ['y'])],
          opsetImport: [{ domain: '', version: 17n }],
        },
      ],
    },
  );
}

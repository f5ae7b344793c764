// Model files as ONNX Runtime takes them: with a value more among the outputs, and old ones in the words of opset 9, since
// it refuses what was written before the format's first release. Of old forms only those that the given networks have.
// Differences by version: https://github.com/onnx/onnx/blob/main/docs/Changelog.md (Add-1, Reshape-1).
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  type GraphProto,
  ModelProtoSchema,
  type NodeProto,
  OperatorSetIdProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf';

/** The first version of the file format in which initializers need not be inputs as well. */
const freeInitializers = 4n;

/** The model, which means the same; `expose` names a value to give beside the outputs. */
export function modelForOrt(bytes: Uint8Array, expose?: string): Uint8Array {
  const model = fromBinary(ModelProtoSchema, bytes);
  const { graph } = model;
  if (graph === undefined) return bytes;
  if (model.irVersion < freeInitializers) {
    model.irVersion = freeInitializers;
    if (model.opsetImport.length === 0) {
      model.opsetImport.push(create(OperatorSetIdProtoSchema, { domain: '', version: 9n }));
      for (const node of graph.node) rewriteNode(node, graph);
    }
    // What no node reads may have no type in the file, which ONNX Runtime asks for.
    const used = new Set(graph.node.flatMap((node) => node.input));
    graph.initializer = graph.initializer.filter(({ name }) => used.has(name));
  }
  if (expose !== undefined) graph.output.push(create(ValueInfoProtoSchema, { name: expose }));
  return toBinary(ModelProtoSchema, model);
}

function rewriteNode(node: NodeProto, graph: GraphProto): void {
  for (const attribute of node.attribute)
    attribute.type = attribute.ints.length > 0 ? AttributeType.INTS : AttributeType.INT;
  const attribute = (name: string) => node.attribute.find((a) => a.name === name);
  if (node.opType === 'Add' && attribute('broadcast')?.i === 1n) {
    // A bias along `axis` of a tensor of rank 4: trailing ones say the same by numpy's rules.
    const axis = Number(attribute('axis')?.i ?? 0n);
    const bias = graph.initializer.find(({ name }) => name === node.input[1]);
    bias?.dims.push(...Array.from({ length: 4 - axis - bias.dims.length }, () => 1n));
    node.attribute = [];
  }
  const shape = node.opType === 'Reshape' ? attribute('shape') : undefined;
  if (shape === undefined) return;
  const name = `${node.output[0]}/shape`;
  const { ints } = shape;
  const dims = [BigInt(ints.length)];
  graph.initializer.push(create(TensorProtoSchema, { name, dims, dataType: DataType.INT64, int64Data: ints }));
  node.input.push(name);
  node.attribute = [];
}

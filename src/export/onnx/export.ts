// Writes a program as an ONNX file: quantized operators as float ones between DequantizeLinear and QuantizeLinear (QDQ),
// which is how ONNX's tools say quantization.
// Specification: https://github.com/onnx/onnx/blob/main/docs/IR.md, docs/Versioning.md.
import { create, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import type { Func, Module } from '../../../ir/module.ts';
import { constant } from '../../../ir/ops/constant.ts';
import { version } from '../../version.ts';
import { noForm, Refusals } from '../no-form.ts';
import { OnnxContext } from './form.ts';
import { OnnxGraph } from './graph.ts';
import { onnxForms } from './operators/index.ts';
import { OnnxTensors } from './tensors.ts';

export interface OnnxExportOptions {
  /** Name of the graph. */
  readonly name: string;
}

/** Written where nothing needs a later one: read by every runtime of the last years. */
const plainOpset = 17;

/** The version of the file format that goes with each operator set (docs/Versioning.md, "Released versions"). */
function irVersionOf(opset: number): bigint {
  if (opset >= 21) return 10n;
  return opset >= 19 ? 9n : 8n;
}

/**
 * The program's entry function as the bytes of an .onnx file.
 *
 * `module` is in its quantized form: operators on quantized types, or on f32 where something stays float, as they are
 * ahead of the pass make-integer. Inputs and outputs keep names, shapes and element types. A state becomes an input of its
 * name, to be fed with the initial value first, and an output `NAME_next`, to be fed back.
 *
 * ONNX rounds half to even, so the file means the module with that rounding (docs/numerics.md).
 *
 * @throws CompileError I8C0502 with an error for each operator that ONNX has no form of.
 */
export function exportOnnx(module: Module, { name }: OnnxExportOptions): Uint8Array {
  let graph = written(module.entry, plainOpset);
  // What turned out to need a later version is written in that one.
  if (graph.neededOpset > graph.opset) graph = written(module.entry, graph.neededOpset);
  const model = create(ModelProtoSchema, {
    irVersion: irVersionOf(graph.opset),
    producerName: 'int8c',
    producerVersion: version,
    opsetImport: [{ domain: '', version: BigInt(graph.opset) }],
    graph: graph.finish(name),
  });
  return toBinary(ModelProtoSchema, model);
}

function written(func: Func, opset: number): OnnxGraph {
  const graph = new OnnxGraph(opset);
  const tensors = new OnnxTensors(graph);
  const refusals = new Refusals('ONNX');
  for (const { name, value } of func.inputs) tensors.setStored(value, graph.input(name, value.type));
  for (const { name, param } of func.states) tensors.setStored(param, graph.input(name, param.type));
  const outputs = [
    ...func.outputs.map(({ name, value }) => ({ name: graph.fresh(name), value })),
    ...func.states.map(({ name, next }) => ({ name: graph.fresh(`${name}_next`), value: next })),
  ];
  for (const op of func.ops) {
    if (op.definition === constant) continue;
    const done = refusals.attempt(op, () => {
      const form = onnxForms.get(op.definition) ?? noForm('is not among those that int8c writes');
      form(new OnnxContext(op, graph, tensors));
    });
    // So that what follows is looked at too; nothing is written any more.
    if (!done) for (const value of op.results) tensors.setStored(value, '');
  }
  refusals.throwAny();
  for (const { name, value } of outputs) graph.output(name, value.type, tensors.stored(value));
  return graph;
}

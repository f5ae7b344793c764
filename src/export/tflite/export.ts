// Writes a program as a TFLite file: operators on quantized tensors with the options, versions and quantization that
// TensorFlow Lite's converter writes, so that its kernels take them.
// Source of conventions: https://ai.google.dev/edge/litert/models/quantization_spec.
import type { Module } from '../../../ir/module.ts';
import { constant } from '../../../ir/ops/constant.ts';
import { noForm, Refusals } from '../no-form.ts';
import { TfliteContext, type TfliteTarget } from './form.ts';
import { TfliteModelDraft } from './model.ts';
import { tfliteForms } from './operators/index.ts';
import { TfliteTensors } from './tensors.ts';
import { Variables } from './variables.ts';

export interface TfliteExportOptions {
  /** Name of the subgraph, and the description of the file. */
  readonly name: string;
}

/**
 * The program's entry function as the bytes of a .tflite file.
 *
 * `module` is in its quantized form: operators on quantized types, or on f32 where something stays float, as they are
 * ahead of the pass make-integer. Inputs and outputs keep names, shapes and element types; states become variables.
 *
 * TensorFlow Lite has roundings of its own: the file means the module with the rounding `double` (docs/numerics.md).
 *
 * @throws CompileError I8C0502 with an error for each operator that TFLite has no form of.
 */
export function exportTflite(module: Module, { name }: TfliteExportOptions): Uint8Array {
  const { entry, rounding } = module;
  const model = new TfliteModelDraft();
  const subgraph = model.subgraph(name);
  const tensors = new TfliteTensors(model, subgraph);
  const target: TfliteTarget = { model, subgraph, tensors, rounding };
  const refusals = new Refusals('TFLite');
  const inputs = entry.inputs.map((port) => ({ name: port.name, tensorIndex: tensors.input(port.value, port.name) }));
  const variables = new Variables(model, subgraph, tensors);
  variables.read(entry.states);
  for (const op of entry.ops) {
    if (op.definition === constant) continue;
    const done = refusals.attempt(op, () => {
      const form = tfliteForms.get(op.definition) ?? noForm('is not among those that int8c writes');
      form(new TfliteContext(op, target));
    });
    // So that what follows is looked at too; nothing is written any more.
    if (!done) for (const value of op.results) tensors.input(value, value.name);
  }
  refusals.throwAny();
  const outputs = entry.outputs.map((port) => ({
    name: port.name,
    tensorIndex: tensors.output(port.value, port.name),
  }));
  variables.assignNext();
  subgraph.inputs = inputs.map(({ tensorIndex }) => tensorIndex);
  subgraph.outputs = outputs.map(({ tensorIndex }) => tensorIndex);
  return model.encode(name, inputs, outputs);
}

// docs/tflite-support.md: which TFLite operators the importer knows.
import { rows } from '../frontends/tflite/operators/index.ts';
import { enums } from '../frontends/tflite/schema-enums.ts';
import { generatedNote } from './markdown.ts';

/** Names that hold a place in the schema's numbering and are no operators. */
const placeholders = new Set(['CUSTOM', 'DELEGATE', 'PLACEHOLDER_FOR_GREATER_OP_CODES']);

export function tfliteDocument(): string {
  const names = enums.BuiltinOperator.names.filter((n) => !placeholders.has(n) && !n.startsWith('STABLEHLO'));
  const known = names.filter((n) => Object.hasOwn(rows, n));
  const custom = Object.keys(rows).filter((n) => n.startsWith('CUSTOM:'));
  const unknown = names.filter((n) => !Object.hasOwn(rows, n));
  return `${generatedNote}
# TFLite operators

int8c reads schema version 3: several subgraphs and signatures (one is compiled), large models with their buffers at the
end, float16 weights, quantized weights beside float activations (the operator then runs in float), variable tensors and
resource variables as state. int8 and 16x8 models give the bytes that TensorFlow Lite Micro's reference kernels give.

A model with unsupported operators gets one report of all of them: \`int8c inspect MODEL\`.

## Supported (${known.length})

${known.join(', ')}; custom: ${custom.map((n) => n.slice('CUSTOM:'.length)).join(', ')}

## Not supported

Other custom operators, and: ${unknown.join(', ')}
`;
}

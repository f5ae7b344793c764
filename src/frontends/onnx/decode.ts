// ONNX bytes to the protobuf messages of onnx.proto, and the first checks: a graph, known versions.
// Specification: https://github.com/onnx/onnx/blob/main/docs/IR.md, docs/Versioning.md.
import { fromBinary } from '@bufbuild/protobuf';
import {
  type FunctionProto,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type OperatorSetIdProto,
} from 'onnx-buf';
import { fail, quoteName } from '../../../ir/diagnostics.ts';

/** Versions of the default operator set that the rows were written for. */
export const oldestOpset = 1;
export const newestOpset = 28;

/** Version of each operator set by its domain; `''` is the default one, also written `ai.onnx`. */
export type Opsets = ReadonlyMap<string, number>;

export interface OnnxModel {
  readonly graph: GraphProto;
  readonly opsets: Opsets;
  /** The model's own functions by {@link functionKey}. */
  readonly functions: ReadonlyMap<string, FunctionProto>;
}

/** Domains have one spelling inside. */
export const canonicalDomain = (domain: string): string => (domain === 'ai.onnx' ? '' : domain);

export function functionKey(domain: string, name: string, overload: string): string {
  return JSON.stringify([canonicalDomain(domain), name, overload]);
}

/**
 * Reads a serialized ModelProto.
 *
 * @throws CompileError I8C0002 where the bytes are no sound message, I8C0003 for versions outside of what rows exist for.
 */
export function decodeOnnx(bytes: Uint8Array): OnnxModel {
  const model = parse(bytes);
  if (model.graph === undefined) return fail('I8C0002', 'The ONNX file has no graph.');
  const opsets = opsetsOf(model.opsetImport);
  const version = opsets.get('');
  if (version !== undefined && !(version >= oldestOpset && version <= newestOpset)) {
    fail(
      'I8C0003',
      `The model uses version ${version} of the ONNX operators; int8c reads ${oldestOpset} to ${newestOpset}.`,
      {
        hint: 'Convert it with onnx.version_converter, or export it again for a version in between.',
      },
    );
  }
  const functions = new Map(model.functions.map((f) => [functionKey(f.domain, f.name, f.overload), f]));
  return { graph: model.graph, opsets, functions };
}

function parse(bytes: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
  } catch (error) {
    // Also a nesting deeper than the stack.
    const what = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
    return fail('I8C0002', `The file is not a sound ONNX model: ${what}.`);
  }
}

export function opsetsOf(imports: readonly OperatorSetIdProto[]): Opsets {
  const opsets = new Map<string, number>();
  for (const { domain, version } of imports) {
    const name = canonicalDomain(domain);
    const number = Number(version);
    if (opsets.has(name) && opsets.get(name) !== number) {
      fail('I8C0002', `The model imports two versions of the operator set ${quoteName(domain)}.`);
    }
    opsets.set(name, number);
  }
  return opsets;
}

// A program as the library hands it around: an imported model before target decisions.

import { CompileError, type Diagnostic, fail } from '../ir/diagnostics.ts';
import { identifierOf } from '../ir/identifiers.ts';
import type { Module, Port } from '../ir/module.ts';
import type { TensorType } from '../ir/types.ts';
import type { ReadExternal } from './frontends/onnx/external-data.ts';
import type { BoundInput } from './frontends/onnx/graph-inputs.ts';

export type { BoundInput, ReadExternal };

export type ModelFormat = 'tflite' | 'onnx' | 'ir';

export interface ImportOptions {
  /** The file format; found from the bytes when absent. */
  format?: ModelFormat;
  /** Name of the program: an identifier in generated code. Default: the name that textual IR gives itself, or `model`. */
  name?: string;
  /** Which signature of a TFLite model to compile, by its key; the first subgraph when absent. */
  signature?: string;
  /** Tensors to return beside the outputs: by name, of a TFLite model also by index, or `all`. */
  expose?: 'all' | readonly (string | number)[];
  /** Extents of an ONNX model's symbolic dimensions, by name or by input and position (`image:0`); others are 1. */
  dims?: Readonly<Record<string, number>>;
  /** Inputs of an ONNX model that are fixed at compile time. */
  bind?: Readonly<Record<string, BoundInput>>;
  /** Reads the files beside an ONNX model that hold its weights. */
  readExternal?: ReadExternal;
  /** The `.ir.weights` file beside a `.ir` file. */
  weights?: Uint8Array;
}

/** A named tensor of a program's interface. */
export interface TensorInfo {
  readonly name: string;
  readonly type: TensorType;
}

/** An imported model. Its module is changed by {@link compile} on a copy of its own: a program can be compiled often. */
export interface Program {
  readonly name: string;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** What the importer has to say: notes and warnings (errors are thrown). */
  readonly diagnostics: readonly Diagnostic[];
  /** SHA-256 of the source bytes, in hex. */
  readonly sourceHash: string;
  /** A fresh copy of the module as imported. */
  module(): Module;
}

/** Tells the formats apart by their first bytes; undefined for none of them. */
export function detectFormat(bytes: Uint8Array): ModelFormat | undefined {
  const text = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  if (text(4, 8) === 'TFL3') return 'tflite';
  // A ModelProto begins with its first field, the version of the IR: field 1, a varint.
  if (bytes[0] === 0x08 && bytes[1] !== undefined && bytes[1] < 0x40) return 'onnx';
  return /^(\s|\/\/[^\n]*\n)*(module|func)\b/.test(text(0, Math.min(bytes.length, 4096))) ? 'ir' : undefined;
}

/**
 * Reads a model.
 *
 * @throws CompileError with every error found: unreadable bytes, unsupported operators, contradictions in the model.
 */
export async function importModel(bytes: Uint8Array, options: ImportOptions = {}): Promise<Program> {
  const format = options.format ?? detectFormat(bytes);
  const sourceHash = await sha256(bytes);
  switch (format) {
    case 'tflite': {
      const { importTflite } = await import('./frontends/tflite/importer.ts');
      const name = identifierOf(options.name ?? '') || 'model';
      const { signature, expose } = options;
      return programOf(name, sourceHash, () => importTflite(bytes, { name, signature, expose }));
    }
    case 'onnx': {
      const { importOnnx } = await import('./frontends/onnx/importer.ts');
      const name = identifierOf(options.name ?? '') || 'model';
      const { dims, bind, expose, readExternal } = options;
      return programOf(name, sourceHash, () => importOnnx(bytes, { name, dims, bind, expose, readExternal }));
    }
    case 'ir': {
      const { parseModule } = await import('../ir/parser.ts');
      const { decodeResources } = await import('../ir/resources.ts');
      if (options.signature !== undefined || options.expose !== undefined) {
        fail('I8C0403', 'Textual IR has no signatures and exposes no tensors.', {
          hint: 'Write what to return into its return line.',
        });
      }
      if (bytes.length > textBytesLimit) {
        fail('I8C0004', `The text has ${bytes.length} bytes; int8c reads at most ${textBytesLimit}.`, {
          hint: 'Weights belong into the .ir.weights file beside it.',
        });
      }
      const resources = options.weights === undefined ? new Map() : decodeResources(options.weights);
      const text = new TextDecoder().decode(bytes);
      return programOf(options.name, sourceHash, () => ({ module: parseModule(text, resources), diagnostics: [] }));
    }
    default:
      return fail('I8C0001', 'The bytes are no model: neither TFLite nor ONNX nor textual IR.', {
        hint: 'int8c reads .tflite files (identifier TFL3 at byte 4), .onnx files, and its own .ir text.',
      });
  }
}

/** Parsing takes some hundred times the memory of the text. */
const textBytesLimit = 2 ** 24;

/** SHA-256 in hexadecimal, by the platform's own Web Crypto: models have megabytes. */
async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes)));
  return Array.from(digest, (b) => b.toString(16).padStart(2, '0')).join('');
}

interface Imported {
  readonly module: Module;
  readonly diagnostics: readonly Diagnostic[];
}

/** The first copy is made now, so that every error is thrown here; later copies read the bytes again. */
export function programOf(name: string | undefined, sourceHash: string, readModel: () => Imported): Program {
  const read = () => {
    const imported = readModel();
    for (const { inputs, outputs } of imported.module.functions)
      for (const ports of [inputs, outputs]) tellApart(ports);
    return imported;
  };
  const { module, diagnostics } = read();
  if (module.functions.length === 0) {
    throw new CompileError([{ code: 'I8C0102', severity: 'error', message: 'The module has no function.' }]);
  }
  let first: Module | undefined = module;
  const { inputs, outputs } = module.entry;
  return {
    name: identifierOf(name ?? module.name) || 'model',
    inputs: inputs.map((p) => ({ name: p.name, type: p.value.type })),
    outputs: outputs.map((p) => ({ name: p.name, type: p.value.type })),
    diagnostics,
    sourceHash,
    module() {
      const copy = first ?? read().module;
      first = undefined;
      return copy;
    },
  };
}

/** Feeds and results are records by name: where two ports of a model have the same name, the later ones are numbered. */
function tellApart(ports: Port[]): void {
  const taken = new Set(ports.map((p) => p.name));
  const uses = new Map<string, number>();
  ports.forEach(({ name, value }, i) => {
    let use = uses.get(name) ?? 0;
    let own = name;
    while (use > 0 && taken.has(own)) own = `${name}_${use++}`;
    uses.set(name, Math.max(1, use));
    taken.add(own);
    ports[i] = { name: own, value };
  });
}

// A program as the library hands it around: an imported model before target decisions.

import { sha256Hex } from '../ir/content-hash.ts';
import { CompileError, type Diagnostic, fail } from '../ir/diagnostics.ts';
import { identifierOf } from '../ir/identifiers.ts';
import type { Module } from '../ir/module.ts';
import type { TensorType } from '../ir/types.ts';

export type ModelFormat = 'tflite' | 'ir';

export interface ImportOptions {
  /** The file format; found from the bytes when absent. */
  format?: ModelFormat;
  /** Name of the program: an identifier in generated code. Default `model`. */
  name?: string;
  /** Which signature of a TFLite model to compile; the first subgraph when absent. */
  signature?: string;
  /** Tensors to return beside the outputs, by name or index, or `all`. */
  expose?: 'all' | readonly (string | number)[];
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

/** Tells the formats apart by their first bytes; undefined for neither. */
export function detectFormat(bytes: Uint8Array): ModelFormat | undefined {
  const text = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  if (text(4, 8) === 'TFL3') return 'tflite';
  return /^(\s|\/\/[^\n]*\n)*(module|func)\b/.test(text(0, Math.min(bytes.length, 4096))) ? 'ir' : undefined;
}

/**
 * Reads a model.
 *
 * @throws CompileError with every error found: unreadable bytes, unsupported operators, contradictions in the model.
 */
export async function importModel(bytes: Uint8Array, options: ImportOptions = {}): Promise<Program> {
  const name = identifierOf(options.name ?? 'model') || 'model';
  const format = options.format ?? detectFormat(bytes);
  switch (format) {
    case 'tflite': {
      const { importTflite } = await import('./frontends/tflite/importer.ts');
      const read = () => importTflite(bytes, { name, signature: options.signature, expose: options.expose });
      return programOf(name, bytes, read);
    }
    case 'ir': {
      const { parseModule } = await import('../ir/parser.ts');
      const { decodeResources } = await import('../ir/resources.ts');
      const resources = options.weights === undefined ? new Map() : decodeResources(options.weights);
      const text = new TextDecoder().decode(bytes);
      return programOf(name, bytes, () => ({ module: parseModule(text, resources), diagnostics: [] }));
    }
    default:
      return fail('I8C0001', 'The bytes are neither a TFLite model nor textual IR.', {
        hint: 'int8c reads .tflite files (identifier TFL3 at byte 4) and its own .ir text.',
      });
  }
}

interface Imported {
  readonly module: Module;
  readonly diagnostics: readonly Diagnostic[];
}

/** The first copy is made now, so that every error is thrown here; later copies read the bytes again. */
function programOf(name: string, bytes: Uint8Array, read: () => Imported): Program {
  const { module, diagnostics } = read();
  if (module.functions.length === 0) {
    throw new CompileError([{ code: 'I8C0102', severity: 'error', message: 'The module has no function.' }]);
  }
  let first: Module | undefined = module;
  const { inputs, outputs } = module.entry;
  return {
    name,
    inputs: inputs.map((p) => ({ name: p.name, type: p.value.type })),
    outputs: outputs.map((p) => ({ name: p.name, type: p.value.type })),
    diagnostics,
    sourceHash: sha256Hex(bytes),
    module() {
      const copy = first ?? read().module;
      first = undefined;
      return copy;
    },
  };
}

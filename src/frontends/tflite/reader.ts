// Decodes the bytes of a .tflite file into plain objects, as the schema tables say. What the file claims about itself
// (offsets, lengths, vtables) is checked by VerifiedBuffer before use; what the objects mean is model.ts's business.

import { fail } from '../../../ir/diagnostics.ts';
import {
  enumName,
  fieldsOf,
  fileIdentifier,
  isTableName,
  schemaVersion,
  type Table,
  type TableName,
  type TfliteModel,
} from './schema.ts';
import { type EnumName, enums, type UnionName, unions } from './schema-enums.ts';
import { type Field, scalarBytes } from './schema-fields.ts';
import { type TableAt, VerifiedBuffer } from './verified-buffer.ts';

/** A table while it is being filled, field by field. */
type Draft = Record<string, unknown>;

/**
 * Decodes a .tflite file of schema version 3.
 *
 * Byte vectors (weights, custom options) are views into `bytes`, not copies, also where the file keeps them after the
 * flatbuffer: the decoded `Buffer.data` and `Operator.customOptions` hold the bytes either way, and the `offset` and
 * `size` fields of the large-model form read 0. Enumeration values and union members that the schema does not know
 * are kept as numbers. Heap use and time are bounded by the size of the file.
 *
 * @throws CompileError I8C0001 when the bytes are not a TFLite file, I8C0003 for another schema version, I8C0002 for
 * damage, naming the field (`Model.subgraphs[0].tensors[12].shape`).
 */
export function decodeTflite(bytes: Uint8Array): TfliteModel {
  checkIdentifier(bytes);
  const buffer = new VerifiedBuffer(bytes);
  buffer.path.push('Model');
  const model = decodeTable(buffer, 'Model', buffer.root());
  if (model.version !== schemaVersion) {
    fail('I8C0003', `The model has TFLite schema version ${model.version}; int8c reads version ${schemaVersion}.`, {
      where: 'Model.version',
      hint: 'Convert the model again with TensorFlow 1.8 or later.',
    });
  }
  return model;
}

/** Checks the file identifier, which stands after the root offset: byte 4 to 8. */
function checkIdentifier(bytes: Uint8Array): void {
  const found = String.fromCharCode(...bytes.subarray(4, 8));
  if (found === fileIdentifier) return;
  if (/^TFL[0-9]$/.test(found)) {
    fail('I8C0003', `The file is TFLite of identifier ${found}; int8c reads ${fileIdentifier}.`, {
      hint: 'Convert the model again with TensorFlow 1.8 or later.',
    });
  }
  fail('I8C0001', `The file is not TFLite: bytes 4 to 8 are not ${fileIdentifier}.`, {
    hint: isGitLfsPointer(bytes)
      ? 'It is a Git LFS pointer; fetch the file itself with `git lfs pull`.'
      : 'Give a .tflite file.',
  });
}

/** Git LFS keeps a short text in place of a large file (git-lfs specification, "The Pointer"). */
function isGitLfsPointer(bytes: Uint8Array): boolean {
  const start = 'version https://git-lfs';
  return String.fromCharCode(...bytes.subarray(0, start.length)) === start;
}

function decodeTable<N extends TableName>(buffer: VerifiedBuffer, name: N, position: number): Table<N> {
  const table = buffer.table(position);
  const draft: Draft = {};
  for (const [key, field] of fieldsOf(name)) {
    buffer.path.push(key);
    const value = decodeField(buffer, table, field);
    if (value !== undefined) draft[key] = value;
    buffer.path.pop();
  }
  finishers[name]?.(buffer, draft);
  // The draft was filled from the same declaration that the type is derived from.
  return draft as Table<N>;
}

/** The value of one field, or undefined for a string, vector, table or union that the table does not have. */
function decodeField(buffer: VerifiedBuffer, table: TableAt, field: Field): unknown {
  if (field.kind === 'scalar') {
    const at = buffer.field(table, field.slot, scalarBytes[field.type]);
    return at === undefined ? field.initial : buffer.scalar(at, field.type);
  }
  if (field.kind === 'enum') {
    const of = field.of as EnumName;
    const { storage } = enums[of];
    const at = buffer.field(table, field.slot, scalarBytes[storage]);
    return enumName(of, at === undefined ? field.initial : Number(buffer.scalar(at, storage)));
  }
  if (field.kind === 'union') return decodeUnion(buffer, table, field.slot, field.of as UnionName);

  const at = buffer.reference(table, field.slot);
  if (at === undefined) return undefined;
  switch (field.kind) {
    case 'string':
      return buffer.string(at);
    case 'bytes':
      return buffer.view(at);
    case 'vector':
      return buffer.scalars(at, field.type);
    case 'table':
      return decodeTable(buffer, field.of as TableName, at);
    case 'tables':
      return buffer.references(at).map((target, index) => {
        buffer.path.push(index);
        const value = decodeTable(buffer, field.of as TableName, target);
        buffer.path.pop();
        return value;
      });
  }
}

/** A union member with its table; its name or number alone where the schema has no table for it. */
function decodeUnion(buffer: VerifiedBuffer, table: TableAt, slot: number, name: UnionName): Draft | undefined {
  const typeAt = buffer.field(table, slot, 1);
  const number = typeAt === undefined ? 0 : Number(buffer.scalar(typeAt, 'u8'));
  const valueAt = buffer.reference(table, slot + 1);
  if (number === 0 || valueAt === undefined) return undefined;
  const type: string | undefined = unions[name][number];
  if (type === undefined) return { type: number };
  return isTableName(type) ? { type, value: decodeTable(buffer, type, valueAt) } : { type };
}

/** Offsets up to this one mean "not outside the flatbuffer" in the large-model form (schema version 3c). */
const noOffset = 1n;

/** Brings bytes that the large-model form keeps after the flatbuffer into the field where smaller files have them. */
function bringInside(data: string, offset: string, size: string) {
  return (buffer: VerifiedBuffer, draft: Draft): void => {
    const start = draft[offset] as bigint;
    if (start > noOffset) {
      buffer.path.push(data);
      draft[data] = buffer.outside(start, draft[size] as bigint);
      buffer.path.pop();
    }
    draft[offset] = 0n;
    draft[size] = 0n;
  };
}

const finishers: { readonly [N in TableName]?: (buffer: VerifiedBuffer, draft: Draft) => void } = {
  Buffer: bringInside('data', 'offset', 'size'),
  Operator: bringInside('customOptions', 'largeCustomOptionsOffset', 'largeCustomOptionsSize'),
};

// Encodes plain objects as a .tflite file, driven by the same schema tables as the reader: for every decoded model m,
// decode(encode(m)) equals m. The same objects always give the same bytes.

import { Builder } from 'flatbuffers';
import { internalError } from '../../../ir/diagnostics.ts';
import { type Encodable, fieldsOf, fileIdentifier, isTableName, type TableName, type TfliteModel } from './schema.ts';
import { type EnumName, enums, type UnionName, unions } from './schema-enums.ts';
import { type Field, type ScalarType, scalarBytes } from './schema-fields.ts';

/** A table as the writer walks it; which type each field has is said by the schema. */
type Source = Readonly<Record<string, unknown>>;

/** One field ready to be put into its table: what to write, in which slot, and how many bytes it takes there. */
interface Inline {
  readonly slot: number;
  readonly bytes: number;
  readonly write: () => void;
}

/**
 * Encodes a model as the bytes of a .tflite file. Absent fields and fields that hold the schema's default are left
 * out; `Buffer.data` is aligned to 16 bytes. `Model.version` is written as given: readers want 3.
 *
 * @throws Error (internal, I8C0901) when a value does not fit its field, which no decoded model can bring about.
 */
export function encodeTflite(model: Encodable<TfliteModel>): Uint8Array {
  const writer = new Writer();
  return writer.finish(writer.table('Model', model as Source));
}

class Writer {
  private readonly builder = new Builder();

  finish(root: number): Uint8Array {
    this.builder.finish(root, fileIdentifier);
    // The builder's own array is as large as its last growth; the copy is as large as the file.
    return this.builder.asUint8Array().slice();
  }

  /** Writes a table after everything that it refers to, and returns its offset. */
  table(name: TableName, source: Source): number {
    const fields = fieldsOf(name);
    const inline = fields.flatMap(([key, field]) => this.field(`${name}.${key}`, field, source[key]));
    // Wide fields first, so that a table needs no padding between its fields.
    inline.sort((a, b) => b.bytes - a.bytes || a.slot - b.slot);
    const slots = fields.map(([, field]) => (field.kind === 'union' ? field.slot + 2 : field.slot + 1));
    this.builder.startObject(Math.max(0, ...slots));
    for (const { slot, write } of inline) {
      write();
      this.builder.slot(slot);
    }
    return this.builder.endObject();
  }

  /** What a field puts into its table: nothing when absent or default, two things for a union. */
  private field(where: string, field: Field, value: unknown): Inline[] {
    if (value === undefined) return [];
    switch (field.kind) {
      case 'scalar':
        return this.scalar(where, field.slot, field.type, value, field.initial);
      case 'enum':
        return this.scalar(
          where,
          field.slot,
          enums[field.of as EnumName].storage,
          enumNumber(where, field.of as EnumName, value),
          field.initial,
        );
      case 'union':
        return this.union(where, field.slot, field.of as UnionName, value);
      case 'string':
        return this.reference(field.slot, this.builder.createString(expectString(where, value)));
      case 'bytes':
        return this.reference(field.slot, this.bytes(expectBytes(where, value), field.align));
      case 'vector':
        return this.reference(field.slot, this.vector(where, field.type, expectArray(where, value)));
      case 'table':
        return this.reference(field.slot, this.table(field.of as TableName, expectTable(where, value)));
      case 'tables': {
        const of = field.of as TableName;
        const offsets = expectArray(where, value).map((element) => this.table(of, expectTable(where, element)));
        return this.reference(field.slot, this.offsets(offsets));
      }
    }
  }

  private scalar(where: string, slot: number, type: ScalarType, value: unknown, initial: unknown): Inline[] {
    // Object.is, so that a float of -0 is not taken for the default 0.
    if (Object.is(value, initial)) return [];
    return [{ slot, bytes: scalarBytes[type], write: () => put[type](this.builder, where, value) }];
  }

  private reference(slot: number, offset: number): Inline[] {
    return [{ slot, bytes: 4, write: () => this.builder.addOffset(offset) }];
  }

  private union(where: string, slot: number, name: UnionName, value: unknown): Inline[] {
    const { type, value: member } = expectTable(where, value);
    const members: readonly unknown[] = unions[name];
    const number = members.indexOf(type);
    if (number <= 0 || typeof type !== 'string' || !isTableName(type)) {
      internalError(`${where} holds ${type}, which cannot be written`);
    }
    const offset = this.table(type, expectTable(where, member));
    return [{ slot, bytes: 1, write: () => this.builder.addInt8(number) }, ...this.reference(slot + 1, offset)];
  }

  private bytes(data: Uint8Array, align: number): number {
    // Pads so that the first byte will be aligned; the length in front of it then is, too.
    this.builder.prep(align, data.length);
    return this.builder.createByteVector(data);
  }

  private vector(where: string, type: ScalarType, values: readonly unknown[]): number {
    const width = scalarBytes[type];
    this.builder.startVector(width, values.length, width);
    // The builder writes from the end of the file to its start.
    for (const value of values.toReversed()) put[type](this.builder, where, value);
    return this.builder.endVector();
  }

  private offsets(offsets: readonly number[]): number {
    this.builder.startVector(4, offsets.length, 4);
    for (const offset of offsets.toReversed()) this.builder.addOffset(offset);
    return this.builder.endVector();
  }
}

/** Writes one scalar at the builder's position, aligned, after checking that it fits. */
const put: Readonly<Record<ScalarType, (builder: Builder, where: string, value: unknown) => void>> = {
  bool: (builder, where, value) => builder.addInt8(expectBoolean(where, value) ? 1 : 0),
  i8: (builder, where, value) => builder.addInt8(expectInteger(where, value, -(2 ** 7), 2 ** 7 - 1)),
  u8: (builder, where, value) => builder.addInt8(expectInteger(where, value, 0, 2 ** 8 - 1)),
  u16: (builder, where, value) => builder.addInt16(expectInteger(where, value, 0, 2 ** 16 - 1)),
  i32: (builder, where, value) => builder.addInt32(expectInteger(where, value, -(2 ** 31), 2 ** 31 - 1)),
  u32: (builder, where, value) => builder.addInt32(expectInteger(where, value, 0, 2 ** 32 - 1)),
  i64: (builder, where, value) => builder.addInt64(expectBigint(where, value, BigInt.asIntN)),
  u64: (builder, where, value) => builder.addInt64(expectBigint(where, value, BigInt.asUintN)),
  f32: (builder, where, value) => builder.addFloat32(expectNumber(where, value)),
};

function enumNumber(where: string, name: EnumName, value: unknown): number {
  if (typeof value === 'number') return value;
  const names: readonly unknown[] = enums[name].names;
  const number = names.indexOf(value);
  return number >= 0 ? number : internalError(`${where} holds ${value}, which is not a ${name}`);
}

function expectString(where: string, value: unknown): string {
  return typeof value === 'string' ? value : internalError(`${where} is not a string`);
}

function expectBytes(where: string, value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : internalError(`${where} is not a Uint8Array`);
}

function expectArray(where: string, value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : internalError(`${where} is not an array`);
}

function expectTable(where: string, value: unknown): Source {
  return typeof value === 'object' && value !== null ? (value as Source) : internalError(`${where} is not an object`);
}

function expectBoolean(where: string, value: unknown): boolean {
  return typeof value === 'boolean' ? value : internalError(`${where} is not a boolean`);
}

function expectNumber(where: string, value: unknown): number {
  return typeof value === 'number' ? value : internalError(`${where} is not a number`);
}

function expectInteger(where: string, value: unknown, lowest: number, highest: number): number {
  const number = expectNumber(where, value);
  if (Number.isInteger(number) && number >= lowest && number <= highest) return number;
  internalError(`${where} is ${number}, which is not an integer from ${lowest} to ${highest}`);
}

function expectBigint(where: string, value: unknown, wrap: (bits: number, value: bigint) => bigint): bigint {
  if (typeof value === 'bigint' && wrap(64, value) === value) return value;
  internalError(`${where} is ${value}, which is not a 64-bit integer`);
}

// The TFLite schema (version 3) as one declarative table: which tables a file has, their fields, slots and types.
// The reader, the writer and the TypeScript types of decoded models are all derived from it.
//
// Source: tflite/converter/schema/schema.fbs of LiteRT (schema version 3d, a superset of what TensorFlow Lite Micro
// has). Deprecated fields that nothing reads keep their slot and are not declared.

import { internalError } from '../../../ir/diagnostics.ts';
import { type EnumName, type EnumValue, enums, type UnionName, type unions } from './schema-enums.ts';
import {
  bool,
  bytes,
  constant,
  type EnumField,
  type Field,
  i8,
  i32,
  type ScalarField,
  type ScalarValue,
  type StringField,
  type TableField,
  type TableSpec,
  type TablesField,
  table,
  tables as tablesOf,
  text,
  type UnionField,
  u32,
  u64,
  union,
  type VectorField,
  vector,
} from './schema-fields.ts';
import { optionsTables } from './schema-options.ts';

/** The four bytes at offset 4 of every TFLite file of schema version 3. */
export const fileIdentifier = 'TFL3';

/** The value of `Model.version` in such a file. */
export const schemaVersion = 3;

const graphTables = {
  Model: {
    version: u32(0),
    operatorCodes: tablesOf(1, 'OperatorCode'),
    subgraphs: tablesOf(2, 'SubGraph'),
    description: text(3),
    buffers: tablesOf(4, 'Buffer'),
    metadataBuffer: vector(5, 'i32'),
    metadata: tablesOf(6, 'Metadata'),
    signatureDefs: tablesOf(7, 'SignatureDef'),
    externalBufferGroups: tablesOf(8, 'ExternalBufferGroup'),
    externalBuffers: tablesOf(9, 'ExternalBuffer'),
  },
  OperatorCode: {
    deprecatedBuiltinCode: i8(0),
    customCode: text(1),
    version: i32(2, 1),
    builtinCode: constant(3, 'BuiltinOperator'),
  },
  SubGraph: {
    tensors: tablesOf(0, 'Tensor'),
    inputs: vector(1, 'i32'),
    outputs: vector(2, 'i32'),
    operators: tablesOf(3, 'Operator'),
    name: text(4),
    debugMetadataIndex: i32(5, -1),
  },
  Operator: {
    opcodeIndex: u32(0),
    inputs: vector(1, 'i32'),
    outputs: vector(2, 'i32'),
    builtinOptions: union(3, 'BuiltinOptions'),
    customOptions: bytes(5),
    customOptionsFormat: constant(6, 'CustomOptionsFormat'),
    mutatingVariableInputs: vector(7, 'bool'),
    intermediates: vector(8, 'i32'),
    // Custom options outside the flatbuffer, from the start of the file; they count when the offset is above 1.
    largeCustomOptionsOffset: u64(9),
    largeCustomOptionsSize: u64(10),
    builtinOptions2: union(11, 'BuiltinOptions2'),
    debugMetadataIndex: i32(13, -1),
  },
  Tensor: {
    shape: vector(0, 'i32'),
    type: constant(1, 'TensorType'),
    buffer: u32(2),
    name: text(3),
    quantization: table(4, 'QuantizationParameters'),
    isVariable: bool(5),
    sparsity: table(6, 'SparsityParameters'),
    shapeSignature: vector(7, 'i32'),
    hasRank: bool(8),
    variantTensors: tablesOf(9, 'VariantSubType'),
    externalBuffer: u32(10),
  },
  VariantSubType: { shape: vector(0, 'i32'), type: constant(1, 'TensorType'), hasRank: bool(2) },
  Buffer: {
    data: bytes(0, 16),
    // Data outside the flatbuffer, from the start of the file; it counts when the offset is above 1.
    offset: u64(1),
    size: u64(2),
  },
  ExternalBufferGroup: { name: text(0) },
  ExternalBuffer: { id: u32(0), group: u32(1), offset: u64(2), length: u64(3), packing: text(4) },
  Metadata: { name: text(0), buffer: u32(1) },
  TensorMap: { name: text(0), tensorIndex: u32(1) },
  SignatureDef: {
    inputs: tablesOf(0, 'TensorMap'),
    outputs: tablesOf(1, 'TensorMap'),
    signatureKey: text(2),
    subgraphIndex: u32(4),
  },

  QuantizationParameters: {
    min: vector(0, 'f32'),
    max: vector(1, 'f32'),
    scale: vector(2, 'f32'),
    zeroPoint: vector(3, 'i64'),
    details: union(4, 'QuantizationDetails'),
    quantizedDimension: i32(6),
  },
  CustomQuantization: { custom: bytes(0, 16) },
  BlockwiseQuantization: { scales: i32(0), zeroPoints: i32(1), blockSize: i32(2) },
  MultiAxisQuantization: {
    scales: i32(0),
    zeroPoints: i32(1),
    blockSize: i32(2),
    quantizedDimensions: vector(3, 'i32'),
  },

  SparsityParameters: {
    traversalOrder: vector(0, 'i32'),
    blockMap: vector(1, 'i32'),
    dimMetadata: tablesOf(2, 'DimensionMetadata'),
  },
  DimensionMetadata: {
    format: constant(0, 'DimensionType'),
    denseSize: i32(1),
    arraySegments: union(2, 'SparseIndexVector'),
    arrayIndices: union(4, 'SparseIndexVector'),
  },
  Int32Vector: { values: vector(0, 'i32') },
  Uint16Vector: { values: vector(0, 'u16') },
  Uint8Vector: { values: bytes(0, 4) },
} as const satisfies Record<string, TableSpec>;

/** Every table of the schema, by its name there. Table nesting is finite: no table contains itself. */
export const tables = { ...graphTables, ...optionsTables };

type Tables = typeof tables;
export type TableName = keyof Tables;

// ---- The types of decoded values, derived from the table above.

/** One member of a union: its name with its table, or with the name alone where the schema above has no such table. */
type UnionMember<N> = N extends TableName ? { readonly type: N; readonly value: Table<N> } : { readonly type: N };

/** A decoded union: a known member, or the number of one that the schema does not know. */
export type UnionValue<U extends UnionName> =
  | UnionMember<Exclude<(typeof unions)[U][number], 'NONE'>>
  | { readonly type: number };

type FieldValue<F> =
  F extends ScalarField<infer T>
    ? ScalarValue<T>
    : F extends EnumField<infer E extends EnumName>
      ? EnumValue<E>
      : F extends StringField
        ? string
        : F extends { readonly kind: 'bytes' }
          ? Uint8Array
          : F extends VectorField<infer T>
            ? readonly ScalarValue<T>[]
            : F extends TableField<infer N extends TableName>
              ? Table<N>
              : F extends TablesField<infer N extends TableName>
                ? readonly Table<N>[]
                : F extends UnionField<infer U extends UnionName>
                  ? UnionValue<U>
                  : never;

/** Names of the fields that always have a value, because an absent scalar means its default. */
type PlainFields<S> = {
  [K in keyof S]: S[K] extends { readonly kind: 'scalar' | 'enum' } ? K : never;
}[keyof S];

type Decoded<S> = { readonly [K in PlainFields<S>]: FieldValue<S[K]> } & {
  readonly [K in Exclude<keyof S, PlainFields<S>>]?: FieldValue<S[K]>;
};

/**
 * A decoded table. Scalars and enumerations are always there (the schema's default where the file has none);
 * strings, vectors, tables and unions are absent when the file has none. Enumerations are names, or numbers where
 * the schema has no name; 64-bit integers are bigint; byte vectors are views into the file.
 */
export type Table<N extends TableName> = { [M in N]: Decoded<Tables[M]> }[N];

/** A whole decoded file. */
export type TfliteModel = Table<'Model'>;

/** A table to be encoded: what {@link Table} is, with every field and sub-field optional. */
export type Encodable<T> = T extends Uint8Array | string | number | bigint | boolean
  ? T
  : T extends readonly (infer E)[]
    ? readonly Encodable<E>[]
    : T extends { readonly type: infer N; readonly value: infer V }
      ? { readonly type: N; readonly value: Encodable<V> }
      : { readonly [K in keyof T]?: Encodable<T[K]> };

// ---- Access by name for the code that walks the schema.

/** The fields of a table with their names, in the order of their slots. */
export function fieldsOf(name: TableName): readonly (readonly [string, Field])[] {
  return fieldLists.get(name) ?? internalError(`no table ${name} in the TFLite schema`);
}

/** Whether the schema above declares a table of this name. */
export function isTableName(name: string): name is TableName {
  return Object.hasOwn(tables, name);
}

/** The name of value `value` of an enumeration, or the number itself where it has none. */
export function enumName(name: EnumName, value: number): string | number {
  return enums[name].names[value] ?? value;
}

const fieldLists: ReadonlyMap<string, readonly (readonly [string, Field])[]> = new Map(
  Object.entries(tables).map(([name, spec]: [string, TableSpec]) => [name, Object.entries(spec)]),
);

/** A table in which every field has the schema's default: what an absent table stands for. */
export function defaultTable<N extends TableName>(name: N): Table<N> {
  const value: Record<string, unknown> = {};
  for (const [key, field] of fieldsOf(name)) {
    if (field.kind === 'scalar') value[key] = field.initial;
    if (field.kind === 'enum') value[key] = enumName(field.of as EnumName, field.initial);
  }
  // The object was built from the same declaration that the type is derived from.
  return value as Table<N>;
}

// The vocabulary in which the TFLite schema tables are written: what kinds of field a flatbuffer table can have, how
// wide the scalars are, and one short constructor per kind.
//
// Source of the format: the FlatBuffers internals document ("FlatBuffers Binary Format"). A field has a slot: its
// position in the table's vtable, in declaration order. A union takes two slots, first the type, then the value.

/** The scalar types that a TFLite field can have. */
export type ScalarType = 'bool' | 'i8' | 'u8' | 'u16' | 'i32' | 'u32' | 'i64' | 'u64' | 'f32';

/** Bytes that one scalar takes in the file; also its alignment. */
export const scalarBytes: Readonly<Record<ScalarType, number>> = {
  bool: 1,
  i8: 1,
  u8: 1,
  u16: 2,
  i32: 4,
  u32: 4,
  i64: 8,
  u64: 8,
  f32: 4,
};

/** How a scalar is held once decoded. 64-bit integers stay exact. */
export type ScalarValue<T extends ScalarType> = T extends 'bool' ? boolean : T extends 'i64' | 'u64' ? bigint : number;

/** What an integer field counts, where it is an index that must be checked: `Model.subgraphs`. */
export type IndexOf = 'subgraphs';

export interface ScalarField<T extends ScalarType = ScalarType> {
  readonly kind: 'scalar';
  readonly slot: number;
  readonly type: T;
  /** The value of a field that is absent from the file. */
  readonly initial: ScalarValue<T>;
  readonly indexOf?: IndexOf;
}

export interface EnumField<E extends string = string> {
  readonly kind: 'enum';
  readonly slot: number;
  readonly of: E;
  readonly initial: number;
}

export interface StringField {
  readonly kind: 'string';
  readonly slot: number;
}

/** A vector of bytes that is data, not numbers: decoded as a view into the file, never copied. */
export interface BytesField {
  readonly kind: 'bytes';
  readonly slot: number;
  /** Alignment of the first byte, relative to the start of the file, when written. */
  readonly align: number;
}

export interface VectorField<T extends ScalarType = ScalarType> {
  readonly kind: 'vector';
  readonly slot: number;
  readonly type: T;
}

export interface TableField<N extends string = string> {
  readonly kind: 'table';
  readonly slot: number;
  readonly of: N;
}

export interface TablesField<N extends string = string> {
  readonly kind: 'tables';
  readonly slot: number;
  readonly of: N;
}

/** A union; `slot` is that of its type byte, the value's offset is in `slot + 1`. */
export interface UnionField<U extends string = string> {
  readonly kind: 'union';
  readonly slot: number;
  readonly of: U;
}

export type Field =
  | ScalarField
  | EnumField
  | StringField
  | BytesField
  | VectorField
  | TableField
  | TablesField
  | UnionField;

/** One table of the schema: its fields by (camelCase) name. */
export type TableSpec = Readonly<Record<string, Field>>;

export const bool = (slot: number, initial = false): ScalarField<'bool'> => ({
  kind: 'scalar',
  slot,
  type: 'bool',
  initial,
});
export const i8 = (slot: number): ScalarField<'i8'> => ({ kind: 'scalar', slot, type: 'i8', initial: 0 });
export const i32 = (slot: number, initial = 0): ScalarField<'i32'> => ({ kind: 'scalar', slot, type: 'i32', initial });
export const u32 = (slot: number): ScalarField<'u32'> => ({ kind: 'scalar', slot, type: 'u32', initial: 0 });
export const i64 = (slot: number): ScalarField<'i64'> => ({ kind: 'scalar', slot, type: 'i64', initial: 0n });
export const u64 = (slot: number): ScalarField<'u64'> => ({ kind: 'scalar', slot, type: 'u64', initial: 0n });
export const f32 = (slot: number): ScalarField<'f32'> => ({ kind: 'scalar', slot, type: 'f32', initial: 0 });

/** An integer that is an index into `Model.subgraphs`. */
export const subgraphIndex = <T extends 'i32' | 'u32'>(slot: number, type: T) =>
  ({ kind: 'scalar', slot, type, initial: 0, indexOf: 'subgraphs' }) as const;

/** A named constant of the enumeration `of`. */
export const constant = <E extends string>(slot: number, of: E, initial = 0): EnumField<E> => ({
  kind: 'enum',
  slot,
  of,
  initial,
});

export const text = (slot: number): StringField => ({ kind: 'string', slot });
export const bytes = (slot: number, align = 1): BytesField => ({ kind: 'bytes', slot, align });
export const vector = <T extends ScalarType>(slot: number, type: T): VectorField<T> => ({ kind: 'vector', slot, type });
export const table = <N extends string>(slot: number, of: N): TableField<N> => ({ kind: 'table', slot, of });
export const tables = <N extends string>(slot: number, of: N): TablesField<N> => ({ kind: 'tables', slot, of });
export const union = <U extends string>(slot: number, of: U): UnionField<U> => ({ kind: 'union', slot, of });

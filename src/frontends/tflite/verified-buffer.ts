// Access to the bytes of a flatbuffer in which nothing is read before it is known to lie inside the file: tables and
// their vtables, vectors, strings, scalars. It knows the flatbuffer format and nothing of TFLite.
//
// Format: the FlatBuffers internals document ("FlatBuffers Binary Format"). The checks are those that the C++
// `flatbuffers::Verifier` makes, and also that a field lies inside its own table.

import { ByteBuffer } from 'flatbuffers';
import { fail } from '../../../ir/diagnostics.ts';
import { type ScalarType, scalarBytes } from './schema-fields.ts';

/** Bytes of an offset to a table, vector, string or union value. */
const offsetBytes = 4;
/** Bytes of a vector's or string's length, which stands before its elements. */
const lengthBytes = 4;
/** A vtable begins with its own size and the size of its tables, 16 bits each. */
const vtableHeaderBytes = 4;

/**
 * What one decoded thing costs in heap, in bytes, as V8 lays it out (rounded): an object with its fields, an array or
 * string header, one array element, one boxed 64-bit integer.
 */
const heapBytes = { table: 64, vector: 32, element: 8, bigint: 24 } as const;

/**
 * Decoding may take at most this many heap bytes per byte of file, plus {@link heapSlack}. A file in which nothing
 * is shared stays below 10 (the densest thing is an 8-byte reference and empty table); the rest leaves room for
 * writers that let tables share strings and vectors. Beyond it, the file repeats itself to exhaust its reader.
 */
const heapPerFileByte = 16;
const heapSlack = 2 ** 20;

/** Nor more than this for any file: weights are not counted (they stay in the file), and all else of a model is small. */
const heapMost = 2 ** 29;

/** A table whose vtable has been checked. */
export interface TableAt {
  readonly position: number;
  /** Bytes of the table itself, with its leading vtable offset. */
  readonly size: number;
  readonly vtable: number;
  readonly vtableSize: number;
}

/** Elements of a vector or string that lie inside the file. */
export interface VectorAt {
  /** Position of the first element. */
  readonly position: number;
  readonly length: number;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** A file of flatbuffer bytes. Every method throws a CompileError (I8C0002) that names {@link path} on damage. */
export class VerifiedBuffer {
  /** Where in the model the reader is, outermost first: field names and vector indices. Kept by the reader. */
  readonly path: (string | number)[] = [];
  private readonly buffer: ByteBuffer;
  private readonly bytes: Uint8Array;
  private heapLeft: number;

  constructor(bytes: Uint8Array) {
    // A plain Uint8Array over the same memory: views of a Node Buffer would be Buffers, which copy and print otherwise.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.buffer = new ByteBuffer(this.bytes);
    this.heapLeft = Math.min(bytes.length * heapPerFileByte + heapSlack, heapMost);
  }

  /** Throws I8C0002 about the place that {@link path} names. */
  damaged(problem: string): never {
    const where = this.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
    fail('I8C0002', `${problem}.`, {
      where: where.replace(/^\./, ''),
      hint: 'The file may be truncated or was changed after it was written; export it again.',
    });
  }

  /** Position of the root table: the offset that the file begins with. */
  root(): number {
    return this.follow(0);
  }

  /** Checks the table at `position` and its vtable; counts it against the decoding budget. */
  table(position: number): TableAt {
    this.need(position, offsetBytes, 4, 'the table');
    const vtable = position - this.buffer.readInt32(position);
    this.need(vtable, vtableHeaderBytes, 2, 'the vtable');
    const vtableSize = this.buffer.readUint16(vtable);
    const size = this.buffer.readUint16(vtable + 2);
    if (vtableSize < vtableHeaderBytes || vtableSize % 2 !== 0)
      this.damaged(`a vtable cannot have ${vtableSize} bytes`);
    if (size < offsetBytes) this.damaged(`a table cannot have ${size} bytes`);
    this.need(vtable, vtableSize, 2, 'the vtable');
    this.need(position, size, 4, 'the table');
    this.spend(heapBytes.table);
    return { position, size, vtable, vtableSize };
  }

  /**
   * Position of the inline part (`bytes` wide) of the field in `slot`, or undefined when the table has no such field.
   */
  field(table: TableAt, slot: number, bytes: number): number | undefined {
    const entry = vtableHeaderBytes + 2 * slot;
    if (entry + 2 > table.vtableSize) return undefined;
    const offset = this.buffer.readUint16(table.vtable + entry);
    if (offset === 0) return undefined;
    if (offset < offsetBytes || offset + bytes > table.size) {
      this.damaged(`the field is at byte ${offset} of a table of ${table.size} bytes`);
    }
    const position = table.position + offset;
    if (position % bytes !== 0) this.damaged(`a field of ${bytes} bytes is at byte ${position}, which is not aligned`);
    return position;
  }

  /** Position that the offset in `slot` leads to, or undefined when the table has no such field. */
  reference(table: TableAt, slot: number): number | undefined {
    const position = this.field(table, slot, offsetBytes);
    return position === undefined ? undefined : this.follow(position);
  }

  /** The scalar at `position`, which {@link field} or {@link vector} has checked. */
  scalar(position: number, type: ScalarType): number | bigint | boolean {
    switch (type) {
      case 'bool':
        return this.buffer.readUint8(position) !== 0;
      case 'i8':
        return this.buffer.readInt8(position);
      case 'u8':
        return this.buffer.readUint8(position);
      case 'u16':
        return this.buffer.readUint16(position);
      case 'i32':
        return this.buffer.readInt32(position);
      case 'u32':
        return this.buffer.readUint32(position);
      case 'i64':
        return this.buffer.readInt64(position);
      case 'u64':
        return this.buffer.readUint64(position);
      case 'f32':
        return this.buffer.readFloat32(position);
    }
  }

  /** Every scalar of the vector at `position`. */
  scalars(position: number, type: ScalarType): (number | bigint | boolean)[] {
    const width = scalarBytes[type];
    const vector = this.vector(position, width);
    this.spend(vector.length * (width === 8 ? heapBytes.element + heapBytes.bigint : heapBytes.element));
    const values = new Array<number | bigint | boolean>(vector.length);
    for (let i = 0; i < vector.length; i++) values[i] = this.scalar(vector.position + i * width, type);
    return values;
  }

  /** Where each table of the vector of tables at `position` is; the tables themselves are not checked yet. */
  references(position: number): number[] {
    const vector = this.vector(position, offsetBytes);
    this.spend(vector.length * heapBytes.element);
    const targets = new Array<number>(vector.length);
    for (let i = 0; i < vector.length; i++) targets[i] = this.follow(vector.position + i * offsetBytes);
    return targets;
  }

  /** The byte vector at `position` as a view into the file. */
  view(position: number): Uint8Array {
    const vector = this.vector(position, 1);
    return this.bytes.subarray(vector.position, vector.position + vector.length);
  }

  /** `size` bytes at `offset` from the start of the file, as a view. */
  outside(offset: bigint, size: bigint): Uint8Array {
    if (offset + size > BigInt(this.bytes.length)) {
      this.damaged(`${size} bytes at ${offset} are beyond the end of the file, which has ${this.bytes.length} bytes`);
    }
    return this.bytes.subarray(Number(offset), Number(offset + size));
  }

  /** The string at `position`. Bytes that are not UTF-8 become U+FFFD: names serve people, not programs. */
  string(position: number): string {
    const { position: start, length } = this.vector(position, 1);
    this.need(start, length + 1, 1, 'the string');
    if (this.buffer.readUint8(start + length) !== 0) this.damaged('the string does not end with a zero byte');
    this.spend(2 * length);
    return utf8.decode(this.bytes.subarray(start, start + length));
  }

  /** Checks the vector at `position` whose elements are `width` bytes; counts its header, not its elements. */
  private vector(position: number, width: number): VectorAt {
    this.need(position, lengthBytes, 4, 'the vector');
    const length = this.buffer.readUint32(position);
    const start = position + lengthBytes;
    if (length * width > this.bytes.length - start) {
      this.damaged(`${length} elements of ${width} bytes at ${start} are beyond the end of the file`);
    }
    this.spend(heapBytes.vector);
    return { position: start, length };
  }

  /** Position that the offset at `position` leads to. Offsets are unsigned and relative to where they stand. */
  private follow(position: number): number {
    this.need(position, offsetBytes, 4, 'the offset');
    const distance = this.buffer.readUint32(position);
    if (distance === 0) this.damaged('an offset points to itself');
    return position + distance;
  }

  private need(position: number, bytes: number, alignment: number, what: string): void {
    if (position < 0 || position + bytes > this.bytes.length) {
      this.damaged(`${what} at byte ${position} is outside the file, which has ${this.bytes.length} bytes`);
    }
    if (position % alignment !== 0) this.damaged(`${what} at byte ${position} is not aligned to ${alignment} bytes`);
  }

  private spend(heap: number): void {
    this.heapLeft -= heap;
    if (this.heapLeft < 0)
      this.damaged('the file refers to its own bytes more often than a model of its size can need');
  }
}

// Finds its way through the bytes of a flatbuffer and changes them in place: how tests make damaged files. It trusts
// the file, as nothing else may.

export class FlatbufferEdit {
  readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  u32At(position: number): number {
    return this.view.getUint32(position, true);
  }

  u16(position: number, value: number): void {
    this.view.setUint16(position, value, true);
  }

  u32(position: number, value: number): void {
    this.view.setUint32(position, value, true);
  }

  /** Where the offset at `position` leads. */
  target(position: number): number {
    return position + this.u32At(position);
  }

  /** The root table. */
  root(): number {
    return this.target(0);
  }

  vtable(table: number): number {
    return table - this.view.getInt32(table, true);
  }

  /** The entry of a slot in a table's vtable. */
  entry(table: number, slot: number): number {
    return this.vtable(table) + 4 + 2 * slot;
  }

  /** A field inside its table. */
  field(table: number, slot: number): number {
    return table + this.view.getUint16(this.entry(table, slot), true);
  }

  /** The string, vector or table that a field refers to. */
  child(table: number, slot: number): number {
    return this.target(this.field(table, slot));
  }

  /** Element `index` of the vector of offsets in a field. */
  element(table: number, slot: number, index: number): number {
    return this.child(table, slot) + 4 + 4 * index;
  }

  /**
   * The file with a vector of `count` offsets at its end, and the offset at `field` leading to it. Offsets go forward
   * only, so the elements lead to a copy of everything before them, which follows the vector: `table` in that copy.
   */
  withVector(field: number, count: number, table: number): Uint8Array {
    const start = this.bytes.length;
    const copy = start + 4 + 4 * count;
    const padding = (16 - (copy % 16)) % 16;
    const edit = new FlatbufferEdit(new Uint8Array(copy + padding + start));
    edit.bytes.set(this.bytes);
    edit.bytes.set(this.bytes, copy + padding);
    edit.u32(field, start - field);
    edit.u32(start, count);
    for (let i = 0; i < count; i++) {
      const at = start + 4 + 4 * i;
      edit.u32(at, copy + padding + table - at);
    }
    return edit.bytes;
  }
}

// Writes ZIP archives as Python's zipfile does for numpy.savez: every local header has a ZIP64 field.
import { deflateRawSync } from 'node:zlib';

export interface ZipOptions {
  deflate?: boolean;
  /** Sizes and offsets in the directory by ZIP64 fields too, as in archives of more than 4 GB. */
  wide?: boolean;
}

/** An archive of these files, in this order. */
export function writeZip(files: Readonly<Record<string, Uint8Array>>, { deflate, wide }: ZipOptions = {}): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  const put = (to: Buffer[], bytes: Uint8Array) => to.push(Buffer.from(bytes));
  for (const [name, contents] of Object.entries(files)) {
    const packed = deflate ? deflateRawSync(contents) : contents;
    const method = deflate ? 8 : 0;
    const nameBytes = Buffer.from(name);
    const local = Buffer.alloc(30 + 20);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(45, 4);
    local.writeUInt16LE(method, 8);
    local.writeUInt32LE(0xffffffff, 18);
    local.writeUInt32LE(0xffffffff, 22);
    local.writeUInt16LE(nameBytes.length, 26);
    local.writeUInt16LE(20, 28);
    local.writeUInt16LE(1, 30);
    local.writeUInt16LE(16, 32);
    local.writeBigUInt64LE(BigInt(contents.length), 34);
    local.writeBigUInt64LE(BigInt(packed.length), 42);
    put(parts, local.subarray(0, 30));
    put(parts, nameBytes);
    put(parts, local.subarray(30));
    put(parts, packed);

    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(wide ? 0xffffffff : packed.length, 20);
    entry.writeUInt32LE(wide ? 0xffffffff : contents.length, 24);
    entry.writeUInt16LE(nameBytes.length, 28);
    entry.writeUInt16LE(wide ? 28 : 0, 30);
    entry.writeUInt32LE(wide ? 0xffffffff : offset, 42);
    put(directory, entry);
    put(directory, nameBytes);
    if (wide) {
      const extra = Buffer.alloc(28);
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(24, 2);
      extra.writeBigUInt64LE(BigInt(contents.length), 4);
      extra.writeBigUInt64LE(BigInt(packed.length), 12);
      extra.writeBigUInt64LE(BigInt(offset), 20);
      put(directory, extra);
    }
    offset = parts.reduce((sum, { length }) => sum + length, 0);
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end64 = Buffer.alloc(wide ? 56 + 20 : 0);
  if (wide) {
    end64.writeUInt32LE(0x06064b50, 0);
    end64.writeBigUInt64LE(BigInt(size), 40);
    end64.writeBigUInt64LE(BigInt(offset), 48);
    end64.writeUInt32LE(0x07064b50, 56);
    end64.writeBigUInt64LE(BigInt(offset + size), 64);
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt32LE(wide ? 0xffffffff : size, 12);
  end.writeUInt32LE(wide ? 0xffffffff : offset, 16);
  return new Uint8Array(Buffer.concat([...parts, ...directory, end64, end]));
}

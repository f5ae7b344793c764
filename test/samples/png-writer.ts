// Writes PNG files of any depth and kind, sound ones and others. Rows are not filtered.
import { deflateSync } from 'node:zlib';

export interface PngOptions {
  width: number;
  height: number;
  /** Bits of a sample, and the colour type. */
  depth: number;
  type: number;
  /** Rows of bytes without the byte of their filter. */
  data?: Uint8Array;
  /** What the data chunk holds, in place of `data`. */
  compressed?: Uint8Array;
  palette?: Uint8Array;
  transparency?: Uint8Array;
}

export function writePng({ width, height, depth, type, ...options }: PngOptions): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = depth;
  header[9] = type;
  const { data = new Uint8Array(), palette, transparency } = options;
  const line = height === 0 ? 0 : Math.max(1, Math.floor(data.length / height));
  const rows = [];
  for (let at = 0; at < data.length; at += line) rows.push(Buffer.of(0), data.subarray(at, at + line));
  const compressed = options.compressed ?? deflateSync(Buffer.concat(rows));
  // The decoder is not asked to check the CRC.
  const chunk = (name: string, bytes: Uint8Array) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, Buffer.from(name, 'latin1'), bytes, Buffer.alloc(4)]);
  };
  return new Uint8Array(
    Buffer.concat([
      Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
      chunk('IHDR', header),
      ...(palette ? [chunk('PLTE', palette)] : []),
      ...(transparency ? [chunk('tRNS', transparency)] : []),
      chunk('IDAT', compressed),
      chunk('IEND', new Uint8Array()),
    ]),
  );
}

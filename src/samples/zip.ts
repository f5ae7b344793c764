// Reads the directory of a ZIP archive, and its entries in parts (APPNOTE.TXT of PKWARE, version 6.3.10, sections 4.3
// and 4.5.3): what numpy.savez writes, archives of more than 4 GB included.
import { promisify } from 'node:util';
import { constants, inflateRaw, inflateRawSync } from 'node:zlib';
import { fail } from '../../ir/diagnostics.ts';
import { type ByteSource, partOf } from './byte-source.ts';

export interface ZipEntry {
  readonly name: string;
  readonly deflated: boolean;
  /** Bytes in the archive, and as they were before. */
  readonly packedSize: number;
  readonly size: number;
  /** Where the header before the entry's bytes begins. */
  readonly headerOffset: number;
}

const endSignature = 0x06054b50;
const end64LocatorSignature = 0x07064b50;
const end64Signature = 0x06064b50;
const directorySignature = 0x02014b50;
const localSignature = 0x04034b50;

const endBytes = 22;
const end64LocatorBytes = 20;
const end64Bytes = 56;
const directoryEntryBytes = 46;
const localHeaderBytes = 30;

/** A comment may follow the end record, of at most this many bytes. */
const maxComment = 0xffff;
/** Directories larger than this hold more than arrays. */
const maxDirectoryBytes = 2 ** 24;
/** What 32-bit fields hold where the number is in the ZIP64 fields. */
const in64 = 0xffffffff;

function damaged(what: string): never {
  return fail('I8C0002', `The file is no sound ZIP archive: ${what}.`);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** An unsigned 64-bit number; beyond 2^53 there is no file. */
function getUint64(view: DataView, at: number): number {
  const number = Number(view.getBigUint64(at, true));
  return Number.isSafeInteger(number) ? number : damaged('a size in it is beyond that of any file');
}

/** The entries of an archive by their names. Throws CompileError I8C0002 where its directory is damaged. */
export async function readZipDirectory(archive: ByteSource): Promise<ReadonlyMap<string, ZipEntry>> {
  const { start, size } = await findDirectory(archive);
  if (size > maxDirectoryBytes) damaged(`its directory has ${size} bytes`);
  if (start + size > archive.size) damaged('its directory lies outside of it');
  const bytes = await archive.slice(start, size);
  const view = viewOf(bytes);
  const entries = new Map<string, ZipEntry>();
  for (let at = 0; at < size; ) {
    if (at + directoryEntryBytes > size || view.getUint32(at, true) !== directorySignature) damaged('its directory is');
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((o) => view.getUint16(at + o, true)) as [
      number,
      number,
      number,
    ];
    const extraAt = at + directoryEntryBytes + nameBytes;
    const next = extraAt + extraBytes + commentBytes;
    if (next > size) damaged('its directory ends inside of an entry');
    const name = new TextDecoder().decode(bytes.subarray(at + directoryEntryBytes, extraAt));
    const method = view.getUint16(at + 10, true);
    if ((view.getUint16(at + 8, true) & 1) !== 0) fail('I8C0001', 'The ZIP archive is encrypted.');
    if (method !== 0 && method !== 8) fail('I8C0001', `The ZIP archive is packed by method ${method}, not by Deflate.`);
    const extra = viewOf(bytes.subarray(extraAt, extraAt + extraBytes));
    const [packedSize, unpackedSize, headerOffset] = wideNumbers(view, at, extra);
    if (method === 0 && packedSize !== unpackedSize) damaged('an entry that is not packed has two sizes');
    entries.set(name, { name, deflated: method === 8, packedSize, size: unpackedSize, headerOffset });
    at = next;
  }
  return entries;
}

async function findDirectory(archive: ByteSource): Promise<{ start: number; size: number }> {
  const tailBytes = Math.min(archive.size, endBytes + maxComment);
  const tailAt = archive.size - tailBytes;
  const tail = viewOf(await archive.slice(tailAt, tailBytes));
  let at = tailBytes - endBytes;
  while (at >= 0 && tail.getUint32(at, true) !== endSignature) at--;
  if (at < 0) damaged('it has no directory');
  const [size, start] = [tail.getUint32(at + 12, true), tail.getUint32(at + 16, true)];
  const locator = at - end64LocatorBytes;
  if (locator < 0 || tail.getUint32(locator, true) !== end64LocatorSignature) return { start, size };
  const end64 = getUint64(tail, locator + 8);
  if (end64 + end64Bytes > archive.size) damaged('its directory lies outside of it');
  const record = viewOf(await archive.slice(end64, end64Bytes));
  if (record.getUint32(0, true) !== end64Signature) damaged('its directory is not where it says');
  return { size: getUint64(record, 40), start: getUint64(record, 48) };
}

/** Packed size, size and offset of a directory entry: where a field says so, they are in its ZIP64 field, in this order. */
function wideNumbers(view: DataView, at: number, extra: DataView): [number, number, number] {
  const packed = view.getUint32(at + 20, true);
  const size = view.getUint32(at + 24, true);
  const offset = view.getUint32(at + 42, true);
  let field = 0;
  while (field + 4 <= extra.byteLength && extra.getUint16(field, true) !== 1)
    field += 4 + extra.getUint16(field + 2, true);
  let wide = field + 4;
  const take = (narrow: number) => {
    if (narrow !== in64) return narrow;
    if (wide + 8 > extra.byteLength) damaged('an entry lacks its ZIP64 sizes');
    wide += 8;
    return getUint64(extra, wide - 8);
  };
  // The field has the unpacked size first.
  const wideSize = take(size);
  return [take(packed), wideSize, take(offset)];
}

/** The bytes of an entry as they lie in the archive. */
export async function packedBytes(archive: ByteSource, entry: ZipEntry): Promise<ByteSource> {
  if (entry.headerOffset + localHeaderBytes > archive.size) damaged('an entry lies outside of it');
  const header = viewOf(await archive.slice(entry.headerOffset, localHeaderBytes));
  if (header.getUint32(0, true) !== localSignature) damaged('an entry is not where its directory says');
  const start = entry.headerOffset + localHeaderBytes + header.getUint16(26, true) + header.getUint16(28, true);
  return partOf(archive, start, entry.packedSize);
}

/** At most `length` bytes at the start of a deflated entry; of its packed bytes only as many are read. */
export async function inflateStart(packed: ByteSource, length: number): Promise<Uint8Array> {
  // Deflate makes nothing longer than a stored block does: 5 bytes for every 65535 (RFC 1951, 3.2.4), and a few more.
  const bytes = await packed.slice(0, Math.min(packed.size, length + 64));
  try {
    return inflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, length);
  } catch (error) {
    return damaged(`an entry cannot be inflated (${zlibCode(error)})`);
  }
}

/** A deflated entry as it was before. Throws CompileError I8C0002 where it is damaged, or larger than it says. */
export async function inflateEntry(packed: ByteSource, entry: ZipEntry): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    const data = await packed.slice(0, packed.size);
    // One byte more than it may have, so that zlib need not fail for an entry of no bytes.
    const buffer = await promisify<Uint8Array, { maxOutputLength: number }, Buffer>(inflateRaw)(data, {
      maxOutputLength: entry.size + 1,
    });
    // A Buffer's slice is no copy, unlike that of the arrays that callers count on.
    bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return damaged(`an entry cannot be inflated (${zlibCode(error)})`);
  }
  if (bytes.length !== entry.size) damaged(`an entry has ${bytes.length} bytes, and says ${entry.size}`);
  return bytes;
}

const zlibCode = (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error);

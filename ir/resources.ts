// Weights beside a text: content-hashed byte strings, and the `.ir.weights` file that holds them.
//
// The file, all numbers little-endian: "I8CW", u32 version (1), u32 count; then for each resource, in ascending order of
// its hash, the 16 hash bytes and a u64 length; then the contents in the same order, each padded with zeros to a multiple
// of 16 bytes (so that a mapped file can be read in place). Equal resources give equal files.
import { sha256Hex } from './content-hash.ts';
import { fail } from './diagnostics.ts';

/** Contents by hash: 32 hexadecimal digits. */
export type Resources = ReadonlyMap<string, Uint8Array>;

const magic = [0x49, 0x38, 0x43, 0x57];
const version = 1;
const headerBytes = 12;
const hashBytes = 16;
const entryBytes = hashBytes + 8;
const alignment = 16;

/** The name of a content: the first 16 bytes of its SHA-256, in hexadecimal. */
export function contentHash(bytes: Uint8Array): string {
  return sha256Hex(bytes).slice(0, 2 * hashBytes);
}

const hexOf = (bytes: Uint8Array) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
const padded = (length: number) => Math.ceil(length / alignment) * alignment;

/** The `.ir.weights` file of these resources. */
export function encodeResources(resources: Resources): Uint8Array {
  const entries = [...resources].sort(([a], [b]) => (a < b ? -1 : 1));
  let at = padded(headerBytes + entries.length * entryBytes);
  const file = new Uint8Array(entries.reduce((sum, [, bytes]) => sum + padded(bytes.length), at));
  const view = new DataView(file.buffer);
  file.set(magic);
  view.setUint32(4, version, true);
  view.setUint32(8, entries.length, true);
  entries.forEach(([hash, bytes], i) => {
    const entry = headerBytes + i * entryBytes;
    for (let b = 0; b < hashBytes; b++) file[entry + b] = Number.parseInt(hash.slice(2 * b, 2 * b + 2), 16);
    view.setBigUint64(entry + hashBytes, BigInt(bytes.length), true);
    file.set(bytes, at);
    at += padded(bytes.length);
  });
  return file;
}

/**
 * Reads an `.ir.weights` file; the contents are views of `file`, not copies. Throws I8C0103 where the file is damaged:
 * wrong magic or version, lengths that do not add up to the file, hashes out of order or of other contents.
 */
export function decodeResources(file: Uint8Array): Map<string, Uint8Array> {
  const damaged = (what: string): never =>
    fail('I8C0103', `The weights file is damaged: ${what}.`, { hint: 'Write it again together with its .ir file.' });
  if (file.length < headerBytes || !magic.every((byte, i) => file[i] === byte)) {
    fail('I8C0103', 'The weights file does not start with "I8CW".', { hint: 'Give the .ir.weights file of this .ir.' });
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const found = view.getUint32(4, true);
  if (found !== version) fail('I8C0103', `The weights file has version ${found}; int8c reads version ${version}.`);
  const count = view.getUint32(8, true);
  let at = padded(headerBytes + count * entryBytes);
  if (at > file.length) damaged(`it says ${count} resources, and ends before their table does`);
  const resources = new Map<string, Uint8Array>();
  let previous = '';
  for (let i = 0; i < count; i++) {
    const entry = headerBytes + i * entryBytes;
    const hash = hexOf(file.subarray(entry, entry + hashBytes));
    const length = view.getBigUint64(entry + hashBytes, true);
    if (hash <= previous) damaged('its resources are not in ascending order of their hashes');
    if (length > BigInt(file.length - at)) damaged(`resource ${hash} reaches past the end of the file`);
    const bytes = file.subarray(at, at + Number(length));
    if (contentHash(bytes) !== hash) damaged(`the contents of resource ${hash} do not have this hash`);
    resources.set(hash, bytes);
    previous = hash;
    at += padded(Number(length));
  }
  if (at !== file.length) damaged(`it should have ${at} bytes, and has ${file.length}`);
  return resources;
}

// The `.ir.weights` file: what goes in comes out, and no byte of it can be wrong unnoticed.
import { describe, expect, it } from 'vitest';
import { CompileError } from '../../ir/diagnostics.ts';
import { contentHash, decodeResources, encodeResources } from '../../ir/resources.ts';
import { Random } from '../../src/example/random.ts';

const contents = [Uint8Array.of(), Uint8Array.of(1), new Uint8Array(16).fill(7), new Uint8Array(100).fill(9)];
const resources = new Map(contents.map((bytes) => [contentHash(bytes), bytes]));

function messageOf(file: Uint8Array): string {
  try {
    decodeResources(file);
  } catch (error) {
    expect(error).toBeInstanceOf(CompileError);
    return (error as Error).message;
  }
  return 'no error';
}

function edited(edit: (file: Uint8Array, view: DataView) => void): Uint8Array {
  const file = encodeResources(resources);
  edit(file, new DataView(file.buffer));
  return file;
}

describe('encodeResources and decodeResources', () => {
  it('hashes by the first half of SHA-256', () => {
    // FIPS 180-2, the empty message: e3b0c44298fc1c149afbf4c8996fb924 27ae41e4649b934c...
    expect(contentHash(Uint8Array.of())).toBe('e3b0c44298fc1c149afbf4c8996fb924');
  });

  it('round trips, in whatever order the resources come', () => {
    const file = encodeResources(resources);
    const reversed = encodeResources(new Map([...resources].reverse()));
    expect(reversed).toEqual(file);
    const read = decodeResources(file);
    expect(new Map([...read].map(([hash, bytes]) => [hash, Uint8Array.from(bytes)]))).toEqual(resources);
    expect(decodeResources(encodeResources(new Map())).size).toBe(0);
  });

  it('reads a file that lies inside a larger buffer', () => {
    const file = encodeResources(resources);
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    expect(decodeResources(shifted.subarray(3)).size).toBe(resources.size);
  });

  const entry = (i: number) => 12 + 24 * i;
  it.each([
    ['an empty file', new Uint8Array(0), 'does not start with "I8CW"'],
    ['another magic', edited((f) => f.fill(0, 0, 1)), 'does not start with "I8CW"'],
    ['another version', edited((_, v) => v.setUint32(4, 2, true)), 'version 2; int8c reads version 1'],
    ['a count beyond the file', edited((_, v) => v.setUint32(8, 0xffffffff, true)), 'ends before their table does'],
    ['hashes out of order', edited((f) => f.copyWithin(entry(1), entry(0), entry(1))), 'ascending order'],
    [
      'a length beyond the file',
      edited((_, v) => v.setBigUint64(entry(0) + 16, 2n ** 64n - 1n, true)),
      'reaches past the end',
    ],
    ['contents of another hash', edited((f) => f.fill(8, 112, 113)), 'do not have this hash'],
    ['bytes behind the end', Uint8Array.from([...encodeResources(resources), 0]), 'should have'],
  ])('refuses %s', (_, file, message) => {
    expect(messageOf(file)).toContain('error[I8C0103]');
    expect(messageOf(file)).toContain(message);
  });

  it('gives a diagnostic for every truncation', () => {
    const file = encodeResources(resources);
    for (let n = 0; n < file.length; n++) expect(messageOf(file.subarray(0, n))).toContain('error[I8C0103]');
  });

  it('notices changed bits, except in padding', () => {
    const random = new Random(1);
    for (let i = 0; i < 500; i++) {
      const file = encodeResources(resources);
      const at = random.next() % file.length;
      file[at] = (file[at] ?? 0) ^ (1 << ((random.next() >>> 8) % 8));
      const message = messageOf(file);
      // Only the padding behind a content may change without a word.
      if (message === 'no error') expect(decodeResources(file)).toEqual(decodeResources(encodeResources(resources)));
      else expect(message).toContain('error[I8C0103]');
    }
  });
});

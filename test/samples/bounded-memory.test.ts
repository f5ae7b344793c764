// Data sets larger than memory: 10,000 samples of 224x224x3, in files that take no space on disk, are read one by one, and
// no more is read than asked for.
import { open } from 'node:fs/promises';
import { describe, expect, test, vi } from 'vitest';
import { encodeNpy } from '../../src/files/npy.ts';
import { openSamples } from '../../src/samples/open-samples.ts';
import { input, temporaryFolder } from './temporary-folder.ts';

/** Bytes that parts of files have had in all; the module's only other way to read takes whole files. */
const read = vi.hoisted(() => ({ bytes: 0, largest: 0, whole: 0 }));
vi.mock(import('../../src/files/read-file.ts'), async (original) => {
  const actual = await original();
  return {
    ...actual,
    async readSlice(...args) {
      const slice = await actual.readSlice(...args);
      read.bytes += slice.bytes.length;
      read.largest = Math.max(read.largest, slice.bytes.length);
      return slice;
    },
    async readBoundedFile(...args) {
      read.whole++;
      return actual.readBoundedFile(...args);
    },
  };
});

const folder = temporaryFolder();
const count = 10_000;
const shape = [224, 224, 3] as const;
const sampleBytes = 224 * 224 * 3;

/** A file of `start`, then zeros up to `size` bytes, with `marks` at some places. */
async function sparseFile(name: string, start: Uint8Array, size: number, marks: Readonly<Record<number, number>>) {
  const path = await folder.write(name, start);
  const file = await open(path, 'r+');
  await file.truncate(size);
  for (const [at, value] of Object.entries(marks)) await file.write(Uint8Array.of(value), 0, 1, Number(at));
  await file.close();
  return path;
}

/** The first 128 bytes of the .npy file of all samples, written for one of them. */
function npyHeader(): Uint8Array {
  const one = encodeNpy('u8', new Uint8Array(sampleBytes), [1, ...shape]).subarray(0, 128);
  // The header is padded with blanks, of which a longer extent takes some.
  const text = new TextDecoder('latin1').decode(one).replace(/\(1, (.*?)( +)\n$/, (_, rest: string, pad: string) => {
    return `(${count}, ${rest}${pad.slice(String(count).length - 1)}\n`;
  });
  return Buffer.from(text, 'latin1');
}

const last = count - 1;
const files: [string, () => Promise<string>][] = [
  ['.npy', () => sparseFile('big.npy', npyHeader(), 128 + count * sampleBytes, { [128 + last * sampleBytes]: 77 })],
  ['.bin', () => sparseFile('big.bin', new Uint8Array(), count * sampleBytes, { [last * sampleBytes]: 77 })],
];

describe.each(files)('%s', (_, make) => {
  test('1.5 GB: samples are read by their own bytes, and none stays', async () => {
    const path = await make();
    const target = input('x', 'f32', [1, ...shape]);
    Object.assign(read, { bytes: 0, largest: 0, whole: 0 });
    const source = await openSamples([path], [target], { preprocess: 'dtype=u8,scale=1/255' });
    expect(source.count).toBe(count);
    expect(read.bytes).toBeLessThan(20_000);

    const indices = [0, 1, last, 5000, ...Array.from({ length: 60 }, (_, i) => 100 + i)];
    const before = read.bytes;
    let most = 0;
    for (const index of indices) {
      const x = (await source.read(index)).x as Float32Array;
      expect(x.length).toBe(sampleBytes);
      expect(x[0]).toBe(index === last ? Math.fround(77 / 255) : 0);
      most = Math.max(most, process.memoryUsage().arrayBuffers);
    }
    expect(read.bytes - before).toBe(indices.length * sampleBytes);
    expect([read.largest, read.whole]).toEqual([sampleBytes, 0]);
    // 64 samples kept would be 48 MB of numbers and bytes; garbage may wait to be collected, the data set may not.
    expect(most).toBeLessThan(600e6);
  });
});

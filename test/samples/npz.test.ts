// .npz archives: the array of an input by its name, stored or packed, small directories and ZIP64 ones, damaged ones.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CompileError } from '../../ir/diagnostics.ts';
import { encodeNpy } from '../../src/files/npy.ts';
import { openSamples } from '../../src/samples/open-samples.ts';
import { readAll } from './read-all.ts';
import { input, messageOf, temporaryFolder } from './temporary-folder.ts';
import { writeZip, type ZipOptions } from './zip-writer.ts';

const folder = temporaryFolder();
const x = input('x', 'f32', [1, 2]);
const y = input('y', 'i8', [1]);
const arrays = {
  'y.npy': encodeNpy('i8', Int8Array.of(-1, -2), [2, 1]),
  'x.npy': encodeNpy('f32', Float32Array.of(1, 2, 3, 4), [2, 2]),
};

const forms: [string, ZipOptions][] = [
  ['stored', {}],
  ['packed', { deflate: true }],
  ['stored, ZIP64', { wide: true }],
  ['packed, ZIP64', { deflate: true, wide: true }],
];

describe.each(forms)('%s', (_, options) => {
  test('each input has its array, in one file or several', async () => {
    await folder.write('s/1.npz', writeZip(arrays, options));
    await folder.write('s/2.npz', writeZip(arrays, options));
    const samples = [
      { x: [1, 2], y: [-1] },
      { x: [3, 4], y: [-2] },
    ];
    const source = await openSamples([folder.path('s')], [x, y]);
    expect(await readAll(source)).toEqual([...samples, ...samples]);
    expect(await readAll({ ...source, count: 1, read: () => source.read(3) })).toEqual([samples[1]]);
  });

  test('a program of one input takes the only array, whatever its name', async () => {
    const path = await folder.write('a.npz', writeZip({ 'arr_0.npy': arrays['x.npy'] }, options));
    expect(await readAll(await openSamples([path], [x]))).toEqual([{ x: [1, 2] }, { x: [3, 4] }]);
    const two = await folder.write('b.npz', writeZip({ 'x1.npy': arrays['x.npy'], 'z.npy': arrays['y.npy'] }, options));
    expect(await messageOf(() => openSamples([two], [x]))).toContain('has no array "x". Did you mean x1?');
  });

  test('big-endian elements are swapped for every read anew', async () => {
    const little = Buffer.from(arrays['x.npy']);
    const swapped = Buffer.concat([
      Buffer.from(little.subarray(0, 128).toString('latin1').replace('<f4', '>f4'), 'latin1'),
      Buffer.from(little.subarray(128)).swap32(),
    ]);
    const path = await folder.write('a.npz', writeZip({ 'x.npy': new Uint8Array(swapped) }, options));
    const source = await openSamples([path], [x]);
    expect(await readAll(source)).toEqual([{ x: [1, 2] }, { x: [3, 4] }]);
    expect(await readAll(source)).toEqual([{ x: [1, 2] }, { x: [3, 4] }]);
  });

  test('any damage ends in a diagnostic, or in numbers', async () => {
    const file = writeZip(arrays, options);
    const path = folder.path('d.npz');
    const damage = fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(damage, fc.nat(file.length), async (edits, length) => {
        const damaged = Uint8Array.from(file);
        for (const [at, byte] of edits) damaged[at] = byte;
        await folder.write('d.npz', damaged.subarray(0, length % 3 === 0 ? length : file.length));
        try {
          const source = await openSamples([path], [x, y]);
          expect(source.count).toBeLessThanOrEqual(file.length);
          await source.read(source.count - 1);
        } catch (error) {
          expect(error).toBeInstanceOf(CompileError);
        }
      }),
      { seed: 5, numRuns: 150 },
    );
  });
});

test('a packed array that says less than it inflates to is refused, and so is one that says too much', async () => {
  const zeros = writeZip({ 'x.npy': encodeNpy('f32', new Float32Array(100_000), [50_000, 2]) }, { deflate: true });
  const sizeAt = zeros.length - 22 - 'x.npy'.length - 46 + 24;
  const view = new DataView(zeros.buffer, zeros.byteOffset);
  expect(view.getUint32(sizeAt, true)).toBe(400_128);
  view.setUint32(sizeAt, 400_000, true);
  const path = await folder.write('a.npz', zeros);
  expect(await messageOf(() => openSamples([path], [x]))).toContain('needs 400000 bytes, it has 399872');
  view.setUint32(sizeAt, 2 ** 31, true);
  await folder.write('a.npz', zeros);
  expect(await messageOf(() => openSamples([path], [x]))).toContain('inflates at most');
});

test('other archives are refused', async () => {
  const encrypted = writeZip(arrays);
  const at = Buffer.from(encrypted).indexOf(Buffer.of(0x50, 0x4b, 1, 2));
  encrypted[at + 8] = 1;
  const path = await folder.write('a.npz', encrypted);
  expect(await messageOf(() => openSamples([path], [x]))).toContain('is encrypted');
  await folder.write('a.npz', new TextEncoder().encode('no archive at all'));
  expect(await messageOf(() => openSamples([path], [x]))).toContain('no sound ZIP archive');
  await folder.write('a.npz', writeZip({ 'readme.txt': Uint8Array.of(65) }));
  expect(await messageOf(() => openSamples([path], [x]))).toContain('has no array "x". It has none.');
});

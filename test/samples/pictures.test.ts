// PNG and JPEG pictures as samples: decoding, colours, sizes, layouts, and pictures that are damaged or mean harm.
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { encode as encodePng } from 'fast-png';
import jpeg from 'jpeg-js';
import { describe, expect, test } from 'vitest';
import { CompileError } from '../../ir/diagnostics.ts';
import { encodeNpy } from '../../src/files/npy.ts';
import { decodeImage } from '../../src/samples/image-file.ts';
import { openSamples } from '../../src/samples/open-samples.ts';
import { withColor } from '../../src/samples/picture.ts';
import { writePng } from './png-writer.ts';
import { readAll } from './read-all.ts';
import { input, messageOf, quantizedInput, temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();

/** 3x2 pixels of RGB. */
const rgb = Uint8Array.of(10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150, 160, 170, 180);
const png = encodePng({ width: 3, height: 2, channels: 3, depth: 8, data: rgb });

/** The only sample of a picture for an input of this shape. */
async function sampleOf(file: Uint8Array, shape: readonly number[], preprocess = ''): Promise<number[]> {
  const path = await folder.write('a.png', file);
  const [sample] = await readAll(await openSamples([path], [input('x', 'f32', shape)], { preprocess }));
  return sample?.x ?? [];
}

describe('PNG', () => {
  test.each<['null' | 'Adam7']>([['null'], ['Adam7']])('interlacing %s', async (interlace) => {
    const file = encodePng({ width: 3, height: 2, channels: 3, depth: 8, data: rgb }, { interlace });
    const { data, ...size } = await decodeImage(file);
    expect(size).toEqual({ width: 3, height: 2, channels: 3 });
    expect([...Array.from(data)]).toEqual([...rgb]);
  });

  test.each<[number, number[], number[]]>([
    [1, [0b10100000, 0b01000000], [255, 0, 255, 0, 255, 0]],
    [2, [0b00011011, 0b11000000], [0, 85, 170, 255, 0, 0]],
    [4, [0x0f, 0x80, 0x12, 0x30], [0, 255, 136, 17, 34, 51]],
    [8, [0, 1, 2, 3, 4, 255], [0, 1, 2, 3, 4, 255]],
    [16, [0, 0, 255, 255, 1, 1, 2, 2, 3, 3, 4, 4], [0, 255, 1, 2, 3, 4]],
  ])('%i bits of gray', async (depth, bytes, values) => {
    const file = writePng({ width: 3, height: 2, depth, type: 0, data: Uint8Array.from(bytes) });
    expect(Array.from((await decodeImage(file)).data)).toEqual(values);
  });

  test.each([
    [8, [0, 1, 2, 2, 1, 0]],
    [2, [0b00011000, 0b10010000]],
  ])('a palette of %i bits, with and without transparency', async (depth, data) => {
    const palette = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
    const picture = { width: 3, height: 2, depth, type: 3, data: Uint8Array.from(data), palette };
    const expected = [1, 2, 3, 4, 5, 6, 7, 8, 9, 7, 8, 9, 4, 5, 6, 1, 2, 3];
    for (const transparency of [undefined, Uint8Array.of(0, 128)]) {
      const decoded = await decodeImage(writePng({ ...picture, ...(transparency && { transparency }) }));
      expect(Array.from(withColor(decoded, 'rgb').data)).toEqual(expected);
    }
  });

  test('colours that a palette suggests for poor displays do not matter', async () => {
    const palette = Uint8Array.of(1, 2, 3);
    const file = writePng({ width: 3, height: 2, depth: 8, type: 2, data: rgb, palette });
    expect(Array.from((await decodeImage(file)).data)).toEqual([...rgb]);
  });

  test.each<[string, Uint8Array, string]>([
    ['cut short', png.subarray(0, -16), 'ends inside of a chunk'],
    ['cut in its data', writePng({ width: 9, height: 9, depth: 8, type: 0, data: new Uint8Array(72) }), 'less data'],
    ['of no pixels', writePng({ width: 0, height: 2, depth: 8, type: 0, data: new Uint8Array() }), 'contradicts'],
    ['of an unknown kind', writePng({ width: 1, height: 1, depth: 8, type: 5, data: Uint8Array.of(1) }), 'contradicts'],
    [
      'of too many pixels',
      writePng({ width: 2 ** 31, height: 2 ** 31, depth: 8, type: 0, data: new Uint8Array() }),
      'I8C0004',
    ],
    [
      'that inflates beyond its size',
      writePng({ width: 3, height: 2, depth: 8, type: 0, compressed: deflateSync(new Uint8Array(2 ** 20)) }),
      'is damaged',
    ],
    [
      'with a colour beyond its palette',
      writePng({ width: 1, height: 1, depth: 8, type: 3, data: Uint8Array.of(7), palette: Uint8Array.of(1, 2, 3) }),
      'Incorrect index',
    ],
  ])('a picture %s is refused', async (_, file, message) => {
    expect(await messageOf(() => decodeImage(file))).toContain(message);
  });

  test('any damage ends in a diagnostic, or in a picture of its size', async () => {
    const damage = fc.array(fc.tuple(fc.nat(png.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(damage, async (edits) => {
        const file = Uint8Array.from(png);
        // A width or height far beyond the data is refused, but not before it is tried.
        for (const [at, byte] of edits) file[at] = byte;
        try {
          const { width, height, channels, data } = await decodeImage(file);
          expect(data.length).toBe(width * height * channels);
        } catch (error) {
          expect(error).toBeInstanceOf(CompileError);
        }
      }),
      { seed: 9, numRuns: 400 },
    );
  });
});

describe('JPEG', () => {
  const data = new Uint8Array(16 * 8 * 4).map((_, i) => [200, 100, 50, 255][i % 4] ?? 0);
  const photo = new Uint8Array(jpeg.encode({ width: 16, height: 8, data }, 95).data);

  test('decodes to about its colours', async () => {
    const picture = await decodeImage(photo);
    expect([picture.width, picture.height, picture.channels]).toEqual([16, 8, 3]);
    for (const [i, value] of Array.from(picture.data).entries()) {
      expect(Math.abs(value - ([200, 100, 50][i % 3] ?? 0))).toBeLessThanOrEqual(3);
    }
  });

  test('is told by its bytes, whatever its name', async () => {
    expect((await sampleOf(photo, [1, 8, 16, 3])).length).toBe(8 * 16 * 3);
  });

  test('without a picture, or of a size beyond any, is refused', async () => {
    expect(await messageOf(() => decodeImage(photo.subarray(0, 20)))).toContain('has no frame');
    const frame = Buffer.from(photo).indexOf(Buffer.of(0xff, 0xc0));
    const huge = Uint8Array.from(photo).fill(0xff, frame + 5, frame + 9);
    expect(await messageOf(() => decodeImage(huge))).toContain('65535x65535 pixels');
    expect(await messageOf(() => decodeImage(photo.subarray(0, frame + 30)))).toContain('ends inside of its picture');
    expect(await messageOf(() => decodeImage(photo.subarray(0, -8)))).toContain('ends inside of its picture');
  });

  test('with scans without end is refused before it is decoded', async () => {
    const scan = Buffer.from(photo).indexOf(Buffer.of(0xff, 0xda));
    const frame = Buffer.from(photo).indexOf(Buffer.of(0xff, 0xc0));
    const large = Buffer.from(photo);
    large.writeUInt16BE(8000, frame + 5);
    large.writeUInt16BE(8000, frame + 7);
    const scans = Buffer.concat([
      large.subarray(0, scan),
      ...Array(1000).fill(large.subarray(scan, scan + 14)),
      Buffer.of(0xff, 0xd9),
    ]);
    expect(await messageOf(() => decodeImage(new Uint8Array(scans)))).toContain('8000x8000 pixels in 1000 scans');
  });

  test('any damage ends in a diagnostic, or in a picture of its size', async () => {
    // The size itself stays: a larger one is sound, and takes its time.
    const frame = Buffer.from(photo).indexOf(Buffer.of(0xff, 0xc0));
    const edit = fc.tuple(fc.nat(photo.length - 1), fc.nat(255)).filter(([at]) => at < frame || at > frame + 8);
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
        const file = Uint8Array.from(photo);
        for (const [at, byte] of edits) file[at] = byte;
        try {
          const { width, height, channels, data } = await decodeImage(file);
          expect(data.length).toBe(width * height * channels);
        } catch (error) {
          expect(error).toBeInstanceOf(CompileError);
        }
      }),
      { seed: 9, numRuns: 150 },
    );
  });
});

test('other files are refused by their bytes, and named', async () => {
  const path = await folder.write('x.jpg', new TextEncoder().encode('GIF89a'));
  const source = await openSamples([path], [input('x', 'f32', [1, 2, 2, 3])]);
  const message = await messageOf(() => source.read(0));
  expect(message).toContain('neither a PNG nor a JPEG');
  expect(message).toContain('x.jpg');
});

describe('colours and layouts', () => {
  const first = [10, 20, 30];
  test.each<[readonly number[], string, number[]]>([
    [[1, 2, 3, 3], '', [...rgb]],
    [
      [1, 2, 3, 3],
      'layout=nhwc,color=bgr',
      [30, 20, 10, 60, 50, 40, 90, 80, 70, 120, 110, 100, 150, 140, 130, 180, 170, 160],
    ],
    [[1, 3, 2, 3], 'layout=nchw', [10, 40, 70, 100, 130, 160, 20, 50, 80, 110, 140, 170, 30, 60, 90, 120, 150, 180]],
  ])('%j with %j', async (shape, preprocess, expected) => {
    const asked = shape[1] === 2 ? `layout=nhwc,${preprocess.replace('layout=nhwc,', '')}` : preprocess;
    expect(await sampleOf(png, shape, asked)).toEqual(expected);
  });

  test('gray is the luma of BT.601', async () => {
    const gray = await sampleOf(png, [1, 2, 3, 1]);
    expect(gray[0]).toBeCloseTo(0.299 * 10 + 0.587 * 20 + 0.114 * 30, 4);
    expect(await sampleOf(png, [2, 3])).toEqual(gray);
  });

  test('a gray picture has equal channels, alpha is dropped', async () => {
    const gray = encodePng({ width: 1, height: 1, channels: 2, depth: 8, data: Uint8Array.of(7, 100) });
    expect(await sampleOf(gray, [1, 1, 1, 3], 'layout=nhwc')).toEqual([7, 7, 7]);
    const rgba = encodePng({ width: 1, height: 1, channels: 4, depth: 8, data: Uint8Array.of(...first, 0) });
    expect(await sampleOf(rgba, [1, 1, 1, 3], 'layout=nhwc')).toEqual(first);
    expect(await sampleOf(rgba, [1, 1, 1, 3], 'layout=nhwc,color=bgr')).toEqual([30, 20, 10]);
  });

  test('numbers by channel are in the order of the channels of the input', async () => {
    const one = encodePng({ width: 1, height: 1, channels: 3, depth: 8, data: Uint8Array.of(...first) });
    const text = 'scale=1/10,mean=1:2:3,std=1:2:4';
    expect(await sampleOf(one, [1, 1, 1, 3], `layout=nhwc,${text}`)).toEqual([0, 0, 0]);
    expect(await sampleOf(one, [1, 3, 1, 1], `layout=nchw,color=bgr,${text}`)).toEqual([2, 0, -0.5]);
  });

  test('quantized inputs and integers', async () => {
    const path = await folder.write('a.png', png);
    const codes = async (target: ReturnType<typeof quantizedInput>) =>
      (await readAll(await openSamples([path], [target], { preprocess: 'layout=nhwc' })))[0]?.x;
    expect(await codes(quantizedInput([1, 2, 3, 3], 1, -128))).toEqual(Array.from(rgb, (x) => x - 128));
    expect(await codes(input('x', 'u8', [1, 2, 3, 3]))).toEqual([...rgb]);
    expect(await messageOf(() => codes(input('x', 'i8', [1, 2, 3, 3])))).toContain('cannot hold');
  });
});

describe('sizes', () => {
  test('another size is refused, with the file and the way out', async () => {
    const message = await messageOf(() => sampleOf(png, [1, 4, 5, 3]));
    expect(message).toMatch(/from ".*a\.png": The picture is 3x2; the input, f32 \[1, 4, 5, 3\], takes 5x4\./);
    expect(message).toContain('Give --preprocess resize=5x4');
    expect(await messageOf(() => sampleOf(png, [1, 4, 5, 3], 'resize=4x5'))).toContain('resize gives 4x5');
    expect(await messageOf(() => sampleOf(png, [1, 4, 5, 3], 'crop=center'))).toContain('The picture is 3x2');
  });

  test('an input that is no picture is refused', async () => {
    expect(await messageOf(() => sampleOf(png, [1, 18]))).toContain('The picture is 3x2');
    expect(await messageOf(() => sampleOf(png, [18]))).toContain('which is no picture');
  });

  test('the middle is cut out', async () => {
    expect(await sampleOf(png, [1, 2, 1, 3], 'layout=nhwc,crop=center')).toEqual([40, 50, 60, 130, 140, 150]);
  });

  test('arrays are pictures where a step for pictures is named', async () => {
    const two = await folder.write('two.npy', encodeNpy('u8', Uint8Array.of(...rgb, ...rgb), [2, 2, 3, 3]));
    const planar = input('x', 'f32', [1, 3, 2, 3]);
    const [a, b] = await readAll(await openSamples([two], [planar], { preprocess: 'layout=nchw' }));
    expect(a?.x).toEqual(await sampleOf(png, [1, 3, 2, 3], 'layout=nchw'));
    expect(b).toEqual(a);
    const small = input('x', 'f32', [1, 1, 1, 1]);
    const path = await folder.write('gray.npy', encodeNpy('u8', Uint8Array.of(1, 3, 5, 7), [2, 2]));
    const [mean] = await readAll(await openSamples([path], [small], { preprocess: 'layout=nhwc,resize=1' }));
    expect(mean?.x).toEqual([4]);
  });

  test('arrays of the shape of the input get its colours', async () => {
    const path = await folder.write('a.npy', encodeNpy('u8', rgb, [1, 2, 3, 3]));
    const target = input('x', 'f32', [1, 2, 3, 3]);
    const [sample] = await readAll(await openSamples([path], [target], { preprocess: 'layout=nhwc,color=bgr' }));
    expect(sample?.x?.slice(0, 6)).toEqual([30, 20, 10, 60, 50, 40]);
  });
});

// Data sets of arrays and raw files: which files patterns mean, how many samples they hold, and what a program gets.
import { symlink, truncate } from 'node:fs/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import { TensorProto_DataType as DataType, TensorProtoSchema } from 'onnx-buf';
import { describe, expect, test } from 'vitest';
import { encodeNpy } from '../../src/files/npy.ts';
import { openSamples } from '../../src/samples/open-samples.ts';
import { readAll } from './read-all.ts';
import { input, messageOf, quantizedInput, temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const x = input('x', 'f32', [1, 2]);
const f32 = (...values: number[]) => Float32Array.from(values);
const npy = (shape: readonly number[], ...values: number[]) => encodeNpy('f32', f32(...values), shape);
const raw = (...values: number[]) => new Uint8Array(f32(...values).buffer);

/** All samples of a data set, as lists of numbers of their only input. */
async function valuesOf(...[patterns, inputs, options]: Parameters<typeof openSamples>): Promise<number[][]> {
  const samples = await readAll(await openSamples(patterns, inputs, options));
  return samples.map((sample) => sample[inputs[0]?.name ?? ''] ?? []);
}

describe('files and their order', () => {
  test('a folder is all that is below it, in natural order, other files and hidden ones aside', async () => {
    for (const [i, name] of ['a10.npy', 'a9.npy', 'sub/a1.npy', 'a-1.npy', 'a/0.npy'].entries()) {
      await folder.write(`set/${name}`, npy([2], i, i));
    }
    await folder.write('set/labels.json', '[]');
    await folder.write('set/.a0.npy', npy([2], 9, 9));
    const source = await openSamples([folder.path('set')], [x]);
    const short = source.names?.map((name) => name.slice(folder.path('set').length + 1).replaceAll('\\', '/'));
    expect(short).toEqual(['a/0.npy', 'a9.npy', 'a10.npy', 'a-1.npy', 'sub/a1.npy']);
    expect((await readAll(source)).map(({ x }) => x?.[0])).toEqual([4, 1, 0, 3, 2]);
    expect(source.labels).toBeUndefined();
  });

  test('globs and lists of files mean the same, in whatever order, and each file once', async () => {
    const paths = [];
    for (const i of [2, 1, 10]) paths.push(await folder.write(`s${i}.npy`, npy([2], i, i)));
    const expected = [
      [1, 1],
      [2, 2],
      [10, 10],
    ];
    expect(await valuesOf(paths, [x])).toEqual(expected);
    expect(await valuesOf([...paths].reverse(), [x])).toEqual(expected);
    expect(await valuesOf([folder.path('s*.npy'), ...paths], [x])).toEqual(expected);
    expect(await valuesOf([folder.path('s{1,2}.npy')], [x])).toEqual(expected.slice(0, 2));
  });

  test('a name that looks like a glob is the file that has it', async () => {
    const path = await folder.write('a[1].npy', npy([2], 5, 6));
    await folder.write('a1.npy', npy([2], 7, 8));
    expect(await valuesOf([path], [x])).toEqual([[5, 6]]);
  });

  test('a folder that links to itself is listed in finite time', async () => {
    await folder.write('loop/a.npy', npy([2], 1, 2));
    await symlink(folder.path('loop'), folder.path('loop/again'));
    expect((await valuesOf([folder.path('loop')], [x]))[0]).toEqual([1, 2]);
  });

  test('a folder for each class gives labels by the order of names, numbers by their value', async () => {
    for (const name of ['cat/1.npy', 'cat/2.npy', 'Zebra/1.npy']) await folder.write(`animals/${name}`, npy([2], 0, 0));
    expect((await openSamples([folder.path('animals')], [x])).labels).toEqual([0, 1, 1]);
    for (const name of ['10/a.npy', '9/a.npy']) await folder.write(`digits/${name}`, npy([2, 2], 0, 0, 0, 0));
    const digits = await openSamples([folder.path('digits')], [x]);
    expect([digits.count, digits.labels]).toEqual([4, [0, 0, 1, 1]]);
    await folder.write('digits/loose.npy', npy([2], 0, 0));
    expect((await openSamples([folder.path('digits')], [x])).labels).toBeUndefined();
  });

  test.each<[string, string, string]>([
    ['a folder without samples', 'empty', 'holds no samples. int8c reads .npy'],
    ['a glob that nothing is named like', 'none*.npy', 'No file is named like'],
    ['a missing file', 'none.npy', 'There is no sample file'],
    ['a file of another form', 'empty/notes.txt', 'Samples are not kept in .txt files.'],
  ])('%s is refused', async (_, name, message) => {
    await folder.write('empty/notes.txt', 'no samples');
    expect(await messageOf(() => openSamples([folder.path(name)], [x]))).toContain(message);
  });
});

describe('.npy', () => {
  test.each<[string, readonly number[], number]>([
    ['the shape of the input', [1, 2], 1],
    ['without extents of 1', [2], 1],
    ['N in place of the batch', [3, 2], 3],
    ['N before the input', [3, 1, 2], 3],
  ])('%s', async (_, shape, count) => {
    const values = Array.from({ length: 2 * count }, (_, i) => i);
    const path = await folder.write('a.npy', npy(shape, ...values));
    expect((await valuesOf([path], [x])).flat()).toEqual(values);
    expect((await openSamples([path], [x])).count).toBe(count);
  });

  test('a batch larger than 1 belongs to the sample', async () => {
    const batch = input('x', 'f32', [3, 2]);
    const path = await folder.write('a.npy', npy([2, 3, 2], ...Array(12).keys()));
    expect((await openSamples([path], [batch])).count).toBe(2);
  });

  test('integers and doubles are numbers for an f32 input', async () => {
    const u8 = await folder.write('u8.npy', encodeNpy('u8', Uint8Array.of(0, 255), [2]));
    expect(await valuesOf([u8], [x], { preprocess: 'scale=1/255,mean=0.5,std=0.5' })).toEqual([[-1, 1]]);
    expect(await valuesOf([u8], [x])).toEqual([[0, 255]]);
  });

  test('real numbers are quantized with the scale of the input, codes are taken as they are', async () => {
    const q = quantizedInput([1, 2], 0.5, -3);
    const reals = await folder.write('r.npy', npy([2], 1.25, -1000));
    expect(await valuesOf([reals], [q])).toEqual([[0, -128]]);
    const codes = await folder.write('q.npy', encodeNpy('i8', Int8Array.of(7, -7), [2]));
    expect(await valuesOf([codes], [q])).toEqual([[7, -7]]);
    // What is normalized is no code: 7 * 0.5 = 3.5, which is 7 steps above the zero point.
    expect(await valuesOf([codes], [q], { preprocess: 'scale=0.5' })).toEqual([[4, -10]]);
  });

  test('indices keep their values in wider and narrower integers', async () => {
    const ids = input('ids', 'i64', [1, 2]);
    const path = await folder.write('i.npy', encodeNpy('i32', Int32Array.of(-5, 70000), [2]));
    expect(await valuesOf([path], [ids])).toEqual([[-5, 70000]]);
    const narrow = input('ids', 'i16', [1, 2]);
    expect(await messageOf(() => valuesOf([path], [narrow]))).toMatch(/Element 1 is 70000.*i16 \[1, 2\], cannot hold/);
    const halves = await folder.write('h.npy', npy([2], 0.5, 1));
    expect(await messageOf(() => valuesOf([halves], [ids]))).toContain('Element 0 is 0.5');
  });

  test.each<[string, Uint8Array, string]>([
    ['cut short', npy([2, 2], 1, 2, 3, 4).subarray(0, -1), 'I8C0002'],
    ['no .npy file', new TextEncoder().encode('hello'), 'does not start with the bytes of an .npy file'],
    ['of no bytes', new Uint8Array(), 'does not start with the bytes of an .npy file'],
    ['of another shape', npy([3], 1, 2, 3), 'The input is f32 [1, 2], the file holds f32 [3]'],
    ['of no samples', npy([0, 2]), 'The file holds no samples'],
    ['with NaN', npy([2], 1, Number.NaN), 'Element 1 is NaN'],
  ])('a file %s is refused, by its name', async (_, bytes, message) => {
    await folder.write('b/good.npy', npy([2], 1, 2));
    const path = await folder.write('b/not-good.npy', bytes);
    const found = await messageOf(() => valuesOf([folder.path('b')], [x]));
    expect(found).toContain(message);
    expect(found).toContain(JSON.stringify(path));
  });

  test('samples in Fortran order lie in pieces, one alone does not', async () => {
    const text = new TextDecoder('latin1').decode(npy([2, 2], 1, 2, 3, 4)).replace('False', 'True ');
    const path = await folder.write('f.npy', Buffer.from(text, 'latin1'));
    expect(await messageOf(() => openSamples([path], [x]))).toContain('numpy.ascontiguousarray');
    expect(await valuesOf([path], [input('x', 'f32', [2, 2])])).toEqual([[1, 3, 2, 4]]);
  });
});

describe('.bin', () => {
  test('as many samples as there are', async () => {
    const path = await folder.write('a.bin', raw(1, 2, 3, 4, 5, 6));
    expect(await valuesOf([path], [x])).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
  });

  test('of the type that dtype names', async () => {
    const path = await folder.write('a.bin', Uint8Array.of(1, 2, 254, 255));
    expect(await valuesOf([path], [x], { preprocess: 'dtype=u8' })).toEqual([
      [1, 2],
      [254, 255],
    ]);
    expect(await valuesOf([path], [x], { preprocess: 'dtype=i8' })).toEqual([
      [1, 2],
      [-2, -1],
    ]);
    expect(await valuesOf([path], [quantizedInput([1, 2], 1, -128)], { preprocess: 'dtype=u8' })).toEqual([
      [-127, -126],
      [126, 127],
    ]);
  });

  test('pictures where a layout is named: pixel by pixel, brought plane by plane', async () => {
    const planes = input('x', 'f32', [1, 3, 1, 2]);
    const path = await folder.write('a.bin', Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
    expect(await valuesOf([path], [planes], { preprocess: 'dtype=u8,layout=nchw,mean=0:0:1' })).toEqual([
      [1, 4, 2, 5, 2, 5],
      [7, 10, 8, 11, 8, 11],
    ]);
    expect((await valuesOf([path], [planes], { preprocess: 'dtype=u8' }))[0]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('no whole number of samples is refused, with the way out', async () => {
    const path = await folder.write('a.bin', Uint8Array.of(1, 2, 3, 4, 5, 6));
    expect(await messageOf(() => openSamples([path], [x]))).toMatch(/has 8 bytes; the file has 6\..*dtype=u8/);
    const empty = await folder.write('e.bin', new Uint8Array());
    expect(await messageOf(() => openSamples([empty], [x]))).toContain('the file has 0');
  });

  test('a file that shrank since is named', async () => {
    const path = await folder.write('a.bin', raw(1, 2, 3, 4));
    const source = await openSamples([path], [x]);
    await folder.write('a.bin', raw(1, 2));
    const message = await messageOf(() => source.read(1));
    expect(message).toContain('ends at byte 8, and byte 16 is needed');
    expect(message).toContain(JSON.stringify(path));
  });
});

describe('.pb', () => {
  const proto = (dims: bigint[], floatData: number[]) =>
    toBinary(TensorProtoSchema, create(TensorProtoSchema, { dims, dataType: DataType.FLOAT, floatData }));

  test('one sample in each', async () => {
    await folder.write('p/1.pb', proto([1n, 2n], [1, 2]));
    await folder.write('p/2.pb', proto([2n], [3, 4]));
    expect(await valuesOf([folder.path('p')], [x])).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test.each<[string, Uint8Array, string]>([
    ['damaged', proto([1n, 2n], [1, 2]).subarray(0, -2), 'not a sound ONNX TensorProto'],
    ['of another shape', proto([3n], [1, 2, 3]), 'the file holds f32 [3]'],
    ['of several samples', proto([2n, 2n], [1, 2, 3, 4]), 'holds 2 samples'],
  ])('a file %s is refused', async (_, bytes, message) => {
    const path = await folder.write('x.pb', bytes);
    expect(await messageOf(() => valuesOf([path], [x]))).toContain(message);
  });
});

describe('programs of several inputs', () => {
  const ids = input('ids', 'i32', [1]);

  test('each has its own files, paired in order', async () => {
    const a = await folder.write('a.npy', npy([2, 2], 1, 2, 3, 4));
    for (const i of [1, 2]) await folder.write(`ids/${i}.npy`, encodeNpy('i32', Int32Array.of(10 * i), [1]));
    const source = await openSamples([`ids=${folder.path('ids')}`, `x=${a}`], [x, ids]);
    expect(await readAll(source)).toEqual([
      { x: [1, 2], ids: [10] },
      { x: [3, 4], ids: [20] },
    ]);
  });

  test('numbers are normalized where they are real, indices are not', async () => {
    const a = await folder.write('a.npy', npy([2], 2, 4));
    const i = await folder.write('i.npy', encodeNpy('i32', Int32Array.of(8), [1]));
    const source = await openSamples([`x=${a}`, `ids=${i}`], [x, ids], { preprocess: 'scale=1/2' });
    expect(await readAll(source)).toEqual([{ x: [1, 2], ids: [8] }]);
  });

  test.each<[string, string[], string]>([
    ['unequal counts', ['x=two.npy', 'ids=one.npy'], '2 for input "x", 1 for input "ids"'],
    ['no files for an input', ['x=two.npy'], 'Input "ids" has no samples. Give ids=PATTERN.'],
    ['files for no input', ['two.npy', 'ids=one.npy'], 'not said which input'],
    ['an unknown input', ['x=two.npy', 'idz=one.npy'], 'no input "idz". Did you mean ids?'],
  ])('%s', async (_, patterns, message) => {
    await folder.write('two.npy', npy([2, 2], 1, 2, 3, 4));
    await folder.write('one.npy', encodeNpy('i32', Int32Array.of(1), [1]));
    const placed = patterns.map((p) => p.replace(/(\w+\.npy)/, (name) => folder.path(name)));
    expect(await messageOf(() => openSamples(placed, [x, ids]))).toContain(message);
  });
});

test('more samples than fit in memory as names are refused at once, whatever a file says', async () => {
  const path = await folder.write('a.bin', new Uint8Array());
  await truncate(path, 2 ** 40);
  expect(await messageOf(() => openSamples([path], [input('x', 'i8', [1])]))).toContain('error[I8C0004]');
});

test('steps for pictures need an input that is one', async () => {
  const path = await folder.write('a.npy', npy([2], 1, 2));
  const asked = () => openSamples([path], [input('x', 'f32', [2])], { preprocess: 'color=gray' });
  expect(await messageOf(asked)).toContain('which are for pictures. The input is f32 [2], which is no picture.');
});

test('samples are read in any order, and again', async () => {
  const a = await folder.write('1.npy', npy([2, 2], 1, 2, 3, 4));
  const b = await folder.write('2.bin', raw(5, 6, 7, 8));
  const source = await openSamples([a, b], [x]);
  for (const [i, expected] of [
    [3, [7, 8]],
    [0, [1, 2]],
    [2, [5, 6]],
    [3, [7, 8]],
    [1, [3, 4]],
  ] as const) {
    expect([...((await source.read(i)).x ?? [])]).toEqual(expected);
  }
  await expect(source.read(4)).rejects.toThrow('no sample 4 of 4');
});

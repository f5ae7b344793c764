// .npy files: what NumPy writes reads back, and damaged headers end in diagnostics.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CompileError } from '../../ir/diagnostics.ts';
import { allocateArray, bytesOf } from '../../ir/tensor-data.ts';
import { type ElementType, elementCount } from '../../ir/types.ts';
import { decodeNpy, encodeNpy } from '../../src/files/npy.ts';

/** A file with this header text, as version 1, 2 or 3. */
function npy(header: string, data: Uint8Array | readonly number[], version = 1): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = new DataView(new ArrayBuffer(4));
  length.setUint32(0, text.length, true);
  const lengthBytes = new Uint8Array(length.buffer, 0, version === 1 ? 2 : 4);
  return Uint8Array.from([0x93, ...new TextEncoder().encode('NUMPY'), version, 0, ...lengthBytes, ...text, ...data]);
}

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof CompileError) return error.message;
    throw error;
  }
  throw new Error('no error was thrown');
}

test('the bytes of a file: magic, version, a header padded to 64 bytes, elements', () => {
  const header = `{'descr': '<i2', 'fortran_order': False, 'shape': (1, 3,), }`;
  const file = encodeNpy('i16', Int16Array.of(1, 2, 3), [1, 3]);
  expect(file.length).toBe(128 + 6);
  expect(new TextDecoder('latin1').decode(file.subarray(10, 128))).toBe(`${header.padEnd(117)}\n`);
  expect([...file.subarray(0, 10)]).toEqual([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]);
  expect([...file.subarray(128)]).toEqual([1, 0, 2, 0, 3, 0]);
});

test.each<[ElementType, readonly number[]]>([
  ['f32', [2, 3]],
  ['f16', [4]],
  ['i8', [1, 5, 1]],
  ['u8', []],
  ['i16', [0, 7]],
  ['i32', [3, 1]],
  ['i64', [2]],
  ['bool', [2, 2]],
])('%s %j is read as it was written', (element, shape) => {
  const data = allocateArray(element, elementCount(shape));
  bytesOf(data).forEach((_, i, all) => {
    all[i] = (37 * i) % 2;
  });
  const { bytes, ...rest } = decodeNpy(encodeNpy(element, data, shape));
  expect(rest).toEqual({ element, shape });
  expect([...bytes]).toEqual([...bytesOf(data)]);
});

describe('headers that others write', () => {
  const plain = { element: 'i8', shape: [2, 3], bytes: Uint8Array.of(1, 2, 3, 4, 5, 6) };

  test.each([1, 2, 3])('version %i', (version) => {
    const file = npy(`{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3), }  \n`, plain.bytes, version);
    expect(decodeNpy(file)).toEqual(plain);
  });

  test('keys in another order, no trailing comma, the long integers of Python 2', () => {
    expect(decodeNpy(npy(`{'shape':(2L, 3L),'fortran_order':False,'descr':'|i1'}`, plain.bytes))).toEqual(plain);
  });

  test('Fortran order is transposed', () => {
    const file = npy(`{'descr': '|i1', 'fortran_order': True, 'shape': (2, 3), }`, [1, 4, 2, 5, 3, 6]);
    expect(decodeNpy(file)).toEqual(plain);
    // The array of shape [2, 2, 2] whose element [i, j, k] is 4 i + 2 j + k, in 16 bits.
    const cube = npy(
      `{'descr': '<u2', 'fortran_order': True, 'shape': (2, 2, 2), }`,
      [0, 4, 2, 6, 1, 5, 3, 7].flatMap((x) => [x, 0]),
    );
    expect([...decodeNpy(cube).bytes]).toEqual([0, 1, 2, 3, 4, 5, 6, 7].flatMap((x) => [x, 0]));
  });

  test('big-endian elements are swapped', () => {
    const file = npy(`{'descr': '>i4', 'fortran_order': False, 'shape': (2,), }`, [0, 0, 1, 2, 255, 255, 255, 254]);
    expect(decodeNpy(file)).toEqual({
      element: 'i32',
      shape: [2],
      bytes: Uint8Array.of(2, 1, 0, 0, 254, 255, 255, 255),
    });
  });
});

describe('files that are refused', () => {
  const good = `{'descr': '|i1', 'fortran_order': False, 'shape': (2,), }`;
  test.each<[string, Uint8Array, string]>([
    ['no bytes', new Uint8Array(), 'error[I8C0002]'],
    ['other magic', Uint8Array.from(npy(good, [1, 2])).fill(0x50, 0, 1), 'error[I8C0002]'],
    ['version 9', npy(good, [1, 2]).fill(9, 6, 7), 'version 9'],
    ['end before the header', npy(good, []).subarray(0, 9), 'ends before its header'],
    ['end inside the header', npy(good, []).subarray(0, 30), 'ends inside its header'],
    ['too few elements', npy(good, [1]), 'needs 2 bytes, it has 1'],
    ['too many elements', npy(good, [1, 2, 3]), 'needs 2 bytes, it has 3'],
    ['an overflowing shape', npy(good.replace('2,', '4294967296, 4294967296, 4294967296'), [1]), 'more bytes than any'],
    ['a negative extent', npy(good.replace('2,', '-2,'), []), 'its header is'],
    ['a shape that is no tuple', npy(good.replace('(2,)', '2'), [1, 2]), 'its header is'],
    ['a missing key', npy(`{'descr': '|i1', 'shape': (2,), }`, [1, 2]), 'its header is'],
    ['a key twice', npy(good.replace('{', `{'shape': (2,), `), [1, 2]), 'its header is'],
    ['code for a header', npy(`__import__('os').system('true')`, []), 'its header is'],
    ['something after the header', npy(`${good} + 1`, [1, 2]), 'its header is'],
    ['records', npy(`{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,), }`, []), 'records'],
    ['objects', npy(good.replace('|i1', '|O'), []), 'elements of type "|O"'],
    ['text', npy(good.replace('|i1', '<U8'), []), 'elements of type "<U8"'],
  ])('%s', (_, file, message) => {
    expect(messageOf(() => decodeNpy(file))).toContain(message);
  });

  test('any damage to a file ends in a diagnostic, or in as many bytes as the shape says', () => {
    const file = encodeNpy('f32', Float32Array.of(1, 2, 3, 4), [2, 2]);
    const damage = fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(damage, fc.nat(file.length), (edits, length) => {
        const damaged = Uint8Array.from(file);
        for (const [at, byte] of edits) damaged[at] = byte;
        try {
          const { shape, bytes } = decodeNpy(damaged.subarray(0, length % 3 === 0 ? length : file.length));
          expect(bytes.length % Math.max(1, elementCount(shape))).toBe(0);
        } catch (error) {
          expect(error).toBeInstanceOf(CompileError);
        }
      }),
      { seed: 11, numRuns: 2000 },
    );
  });

  test('a long hostile header is read in little time', () => {
    const header = `{${`'descr': '|i1', `.repeat(600)}`;
    expect(messageOf(() => decodeNpy(npy(header, [])))).toContain('its header is');
    const spaces = `{'shape': (${' '.repeat(9000)}`;
    expect(messageOf(() => decodeNpy(npy(spaces, [])))).toContain('its header is');
  });
});

// int8c run: inputs from files of every kind, the same bytes on every target, and what it refuses.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { TensorProto_DataType as DataType, TensorProtoSchema } from 'onnx-buf';
import { describe, expect, test } from 'vitest';
import { decodeNpy, encodeNpy } from '../../src/files/npy.ts';
import { hasCompiler } from '../c-compiler.ts';
import { example, int8c, temporaryFolder } from './int8c.ts';

const folder = temporaryFolder();
const model = example('shapes_int8.tflite');
const star = example('star_int8.npy');
const starClass = 6;

/** Writes a file of this test's own, and returns its path. */
function file(name: string, contents: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, contents);
  return path;
}

/** 2 x a + b, in which every input has a say of its own; and c, which passes through. */
const three = file(
  'three.ir',
  `module @three rounding=double

func @main(%a "left": tensor<3xi32>, %b "right=b": tensor<3xi32>, %c "flag": tensor<2xbool>) {
  %twice = add %a, %a : tensor<3xi32>
  %sum = add %twice, %b : tensor<3xi32>
  return %sum "sum", %c "same"
}
`,
);
const left = file('left.npy', encodeNpy('i32', Int32Array.of(1, 2, 3), [3]));
const right = file('right.bin', new Uint8Array(Int32Array.of(10, 20, 30).buffer));
const flag = file('flag.npy', encodeNpy('bool', Uint8Array.of(1, 0), [2]));

test.each(['interp', 'js', 'wasm', 'c'])('%s writes raw elements, .npy and a description of them', (target) => {
  if (target === 'c' && !hasCompiler('cc')) return;
  const out = join(folder, target);
  const { code, stdout, stderr } = int8c(['run', model, '--target', target, '--input', star, '-o', out]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`the largest is element ${starClass}`);
  expect(readdirSync(out).sort()).toEqual(['out0.bin', 'out0.npy', 'outputs.json']);
  const raw = readFileSync(join(out, 'out0.bin'));
  expect([...new Int8Array(raw)].indexOf(Math.max(...new Int8Array(raw)))).toBe(starClass);
  const npy = decodeNpy(readFileSync(join(out, 'out0.npy')));
  expect({ ...npy, bytes: [...npy.bytes] }).toEqual({ element: 'i8', shape: [1, 8], bytes: [...raw] });
  expect(JSON.parse(readFileSync(join(out, 'outputs.json'), 'utf8'))).toEqual([
    {
      name: 'probabilities',
      type: 'i8',
      shape: [1, 8],
      quantization: { scale: [1 / 256], zeroPoint: [-128] },
      bin: 'out0.bin',
      npy: 'out0.npy',
    },
  ]);
  // All targets agree: the first one's bytes are every one's.
  expect(raw).toEqual(readFileSync(join(folder, 'interp', 'out0.bin')));
});

describe('inputs', () => {
  const answer = () => readFileSync(join(folder, 'interp', 'out0.bin'));
  const levels = Int8Array.from(decodeNpy(readFileSync(star)).bytes);

  test.each<[string, () => string]>([
    ['raw elements', () => file('star.raw', Uint8Array.from(levels))],
    ['an ONNX tensor', () => file('star.pb', proto())],
    ['extents of 1 left out', () => file('flat.npy', encodeNpy('i8', levels, [24, 24]))],
  ])('%s', (_, path) => {
    const out = join(folder, 'inputs');
    const { code, stderr } = int8c(['run', model, '-i', path(), '-o', out]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(readFileSync(join(out, 'out0.bin'))).toEqual(answer());
  });

  test('real numbers are quantized, which a note says', () => {
    const out = join(folder, 'real');
    const { code, stderr } = int8c(['run', model, '-i', example('star.npy'), '-o', out]);
    expect(code).toBe(0);
    expect(stderr).toContain('f32 [1, 24, 24, 1]: real numbers, quantized here for the i8 input.');
    expect(readFileSync(join(out, 'out0.bin'))).toEqual(answer());
  });

  function proto(): Uint8Array {
    const dims = [1n, 24n, 24n, 1n];
    return toBinary(
      TensorProtoSchema,
      create(TensorProtoSchema, { dims, dataType: DataType.INT8, int32Data: [...levels] }),
    );
  }

  test.each<[string, readonly string[]]>([
    ['in order', [left, right, flag]],
    ['by name, in any order', [`flag=${flag}`, `right=b=${right}`, `left=${left}`]],
    ['some by name, the rest in order', [`right=b=${right}`, left, flag]],
  ])('several, %s', (_, inputs) => {
    const out = join(folder, 'three');
    const { code, stderr, stdout } = int8c(['run', three, '--input', ...inputs, '-o', out, '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const names = (JSON.parse(stdout) as { outputs: { name: string }[] }).outputs.map((o) => o.name);
    expect(names).toEqual(['sum', 'same']);
    expect([...decodeNpy(readFileSync(join(out, 'out0.npy'))).bytes.filter((_, i) => i % 4 === 0)]).toEqual([
      12, 24, 36,
    ]);
    expect([...readFileSync(join(out, 'out1.bin'))]).toEqual([1, 0]);
  });
});

describe('inputs that are refused', () => {
  const f64 = () => {
    const npy = encodeNpy('i64', BigInt64Array.of(1n, 2n, 3n), [3]);
    return file(
      'f64.npy',
      Uint8Array.from(Buffer.from(Buffer.from(npy).toString('latin1').replace('<i8', '<f8'), 'latin1')),
    );
  };

  test.each<[string, readonly string[], number, string]>([
    ['missing ones', [left], 1, 'error[I8C0402] Input "right=b", i32 [3], is missing. Give it with --input FILE'],
    ['too many', [left, right, flag, left], 2, 'error[I8C0401] The program takes 3 inputs, and 4 files without a name'],
    ['an unknown name', [`rigth=${right}`], 2, 'error[I8C0403] The program has no input "rigth".'],
    ['a near name', [`lefty=${right}`], 2, 'Did you mean left?'],
    ['a name twice', [`left=${left}`, `left=${left}`], 2, 'error[I8C0401] Input "left" is given twice.'],
    ['a missing file', [left, 'nowhere.bin', flag], 1, 'error[I8C0005]'],
    ['a folder', [left, folder, flag], 1, 'is a directory.'],
    ['other types', [flag, right, flag], 1, 'The input is i32 [3], the file holds bool [2].'],
    [
      'real numbers for integers',
      [f64(), right, flag],
      1,
      'The input is i32 [3], the file holds f64 [3]. Convert it to i32.',
    ],
    ['raw bytes of another length', [left, file('short.bin', 'eight by'), flag], 1, 'takes 12 bytes; the file has 8.'],
    ['damaged files', [file('bad.npy', 'x'), right, flag], 1, 'The .npy file is damaged'],
    ['damaged tensors', [file('bad.pb', 'x'), right, flag], 1, 'is not a sound ONNX TensorProto'],
  ])('%s', (_, inputs, exit, message) => {
    const { code, stdout, stderr } = int8c(['run', three, '--input', ...inputs]);
    expect(stderr).toContain(message);
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
  });

  test.each<[string, Uint8Array, string]>([
    [
      'bytes of an image',
      encodeNpy('u8', new Uint8Array(576), [1, 24, 24, 1]),
      'Convert it to i8, or give real numbers',
    ],
    ['a whole batch', encodeNpy('i8', new Int8Array(1152), [2, 24, 24, 1]), 'the file holds i8 [2, 24, 24, 1].'],
    ['other places of the extents', encodeNpy('i8', new Int8Array(576), [1, 12, 48, 1]), 'i8 [1, 12, 48, 1].'],
    ['no number', encodeNpy('f32', new Float32Array(576).fill(Number.NaN, 9), [1, 24, 24, 1]), 'Element 9 is NaN'],
  ])('%s for a quantized image', (_, contents, message) => {
    const { code, stderr } = int8c(['run', model, '-i', file('image.npy', contents)]);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^error\[I8C0402\] input "image" from /);
    expect(code).toBe(1);
  });

  test('a tensor file far too large for its input is not even decoded', () => {
    const { code, stderr } = int8c(['run', model, '-i', file('large.pb', new Uint8Array(2 ** 22))]);
    expect(stderr).toContain('has 4194304 bytes, more than the 1055488 that int8c reads.');
    expect(code).toBe(1);
  });

  test('a C compiler that is not there', () => {
    const { code, stderr } = int8c(['run', model, '-i', star, '-t', 'c'], { env: { CC: 'no-such-cc' } });
    expect(stderr).toBe('error[I8C0005] There is no C compiler "no-such-cc". Install one, or set CC.\n');
    expect(code).toBe(1);
  });
});

test('exposed tensors are outputs too, by name or index', () => {
  const out = join(folder, 'exposed');
  expect(int8c(['run', model, '--expose', 'block1/pointwise', '#0', '--input', star, '-o', out]).code).toBe(0);
  const outputs = JSON.parse(readFileSync(join(out, 'outputs.json'), 'utf8')) as { name: string; shape: number[] }[];
  expect(outputs.map((o) => [o.name, o.shape])).toEqual([
    ['probabilities', [1, 8]],
    ['block1/pointwise', [1, 12, 12, 16]],
    ['image', [1, 24, 24, 1]],
  ]);
  expect(readFileSync(join(out, 'out2.npy')).subarray(128)).toEqual(readFileSync(star).subarray(128));
});

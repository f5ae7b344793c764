// --dim and --bind: what they make of an ONNX model, and what is said to those that do not fit it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TensorProto_DataType as DataType } from 'onnx-buf';
import { describe, expect, test } from 'vitest';
import { decodeNpy, encodeNpy } from '../../src/files/npy.ts';
import type { Inspection } from '../../src/inspection.ts';
import { node, tensorInput, writeModel } from '../onnx/write-model.ts';
import { int8c, temporaryFolder } from './int8c.ts';

const folder = temporaryFolder();
const model = join(folder, 'net.onnx');
writeFileSync(
  model,
  writeModel({
    input: [
      tensorInput('image', ['batch', undefined, 4]),
      tensorInput('shape', [2], DataType.INT64),
      tensorInput('gain', []),
    ],
    node: [node('Mul', ['image', 'gain'], ['louder']), node('Reshape', ['louder', 'shape'], ['flat'])],
    output: [{ name: 'flat' }],
  }),
);

/** The interface that `int8c inspect` states, and its diagnostics. */
function inspected(...args: string[]) {
  const { code, stdout, stderr } = int8c(['inspect', model, '--json', ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { inputs, outputs, diagnostics } = JSON.parse(stdout) as Inspection;
  return {
    inputs: Object.fromEntries(inputs.map((i) => [i.name, i.shape])),
    outputs: Object.fromEntries(outputs.map((o) => [o.name, o.shape])),
    notes: diagnostics.filter((d) => d.code === 'I8C0204').map((d) => d.message),
  };
}

const bound = ['--bind', 'shape=[-1, 2]'];

describe('extents', () => {
  test('are 1 by default, which is said', () => {
    expect(inspected(...bound)).toEqual({
      inputs: { image: [1, 1, 4], gain: [] },
      outputs: { flat: [2, 2] },
      notes: ['Dimension "batch" is open and taken as 1.', 'Dimension "image:1" is open and taken as 1.'],
    });
  });

  test('are given by name, and by input and position', () => {
    const expected = { inputs: { image: [3, 5, 4], gain: [] }, outputs: { flat: [30, 2] }, notes: [] };
    expect(inspected(...bound, '--dim', 'batch=3', 'image:1=5')).toEqual(expected);
    expect(inspected(...bound, '--dim', 'batch=3', '--dim', 'image:1=5')).toEqual(expected);
    expect(inspected(...bound, '--dim', 'image:0=3', 'image:1=5')).toEqual(expected);
  });
});

describe('bound inputs', () => {
  test('are numbers', () => {
    expect(inspected(...bound, '--bind', 'gain=0.5').inputs).toEqual({ image: [1, 1, 4] });
    const input = join(folder, 'image.npy');
    writeFileSync(input, encodeNpy('f32', Float32Array.of(1, 2, 3, 4), [1, 1, 4]));
    const { code, stderr } = int8c(['run', model, ...bound, '--bind', 'gain=0.5', '-i', input, '-o', folder]);
    expect(code, stderr).toBe(0);
    expect(decodeNpy(Uint8Array.from(readFileSync(join(folder, 'out0.npy'))))).toEqual({
      element: 'f32',
      shape: [2, 2],
      bytes: new Uint8Array(Float32Array.of(0.5, 1, 1.5, 2).buffer),
    });
  });

  test('are files', () => {
    const path = join(folder, 'shape.npy');
    writeFileSync(path, encodeNpy('i64', BigInt64Array.of(4n, 1n), [2]));
    expect(inspected('--bind', `shape=${path}`).outputs).toEqual({ flat: [4, 1] });
  });
});

test.each<[string, readonly string[], string]>([
  ['no equals sign', ['--dim', 'batch'], `error[I8C0401] Option '--dim' takes NAME=VALUE, not "batch".`],
  ['no name', ['--bind', '=3'], `error[I8C0401] Option '--bind' takes NAME=VALUE, not "=3".`],
  ['an extent that is none', ['--dim', 'batch=-1'], 'error[I8C0401] The extent of dimension "batch" is "-1".'],
  ['an extent without end', ['--dim', 'batch=1e99'], 'error[I8C0401] The extent of dimension "batch" is "1e99".'],
  [
    'an unknown dimension',
    [...bound, '--dim', 'bach=2'],
    'error[I8C0403] The model has no dimension "bach". Did you mean batch?',
  ],
  ['an unknown input', ['--bind', 'shap=[1]'], 'error[I8C0403] The model has no input "shap". Did you mean shape?'],
  ['an input of every object', ['--bind', '__proto__=1'], 'error[I8C0403] The model has no input "__proto__".'],
  ['ragged lists', ['--bind', 'shape=[[1], [2, 3]]'], 'error[I8C0401] The value of input "shape" is'],
  ['a list of words', ['--bind', 'shape=["a", 2]'], 'error[I8C0401] The value of input "shape" is'],
  ['a value that is neither', ['--bind', `shape=${model}`], 'error[I8C0401] The value of input "shape" is'],
  ['a file that is missing', ['--bind', `shape=${join(folder, 'none.npy')}`], 'error[I8C0005]'],
  [
    'half an element',
    ['--bind', 'shape=[0.5, 2]'],
    'error[I8C0402] input "shape": The input takes i64; the value given for it is no whole number.',
  ],
  [
    'another shape',
    ['--bind', 'shape=[1, 2, 4]'],
    'error[I8C0402] input "shape": The input has the shape [2], the value given for it [3].',
  ],
])('%s is refused', (_, args, message) => {
  const { code, stdout, stderr } = int8c(['inspect', model, ...args]);
  expect(stderr).toContain(message);
  expect(stdout).toBe('');
  expect(code).toBe(/I8C040[13]/.test(message) ? 2 : 1);
});

test('a shape that is not bound is refused with the way out', () => {
  const { code, stderr } = int8c(['inspect', model]);
  expect(code).toBe(1);
  expect(stderr).toContain('error[I8C0205]');
  expect(stderr).toContain('--bind NAME=VALUE');
});

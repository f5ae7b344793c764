// int8c quantize and compile --calibrate: from a float model to integer files, and what they refuse.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Inspection } from '../../src/inspection.ts';
import { example, int8c, temporaryFolder } from './int8c.ts';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const model = example('shapes.tflite');
const data = ['--data', example('samples.npy')];
const minmax = ['--method', 'minmax'];

/** A layer, and a product that has no integer form. */
const product = fileURLToPath(new URL('float-product.ir', import.meta.url));

beforeAll(() => {
  const samples = Float32Array.from({ length: 4 * 10 }, (_, i) => Math.sin(i));
  writeFileSync(at('product.bin'), new Uint8Array(samples.buffer));
});

const inspected = (path: string) => JSON.parse(int8c(['inspect', path, '--json']).stdout) as Inspection;

/** Operators that compute on integers, with the multiply-accumulates of the program. */
function integerOperators(path: string): readonly string[] {
  const conversions = ['quantize', 'dequantize'];
  const { operators, float } = inspected(path);
  expect(float.filter(({ operator }) => !conversions.includes(operator))).toEqual([]);
  return operators.filter((o) => o.macs > 0).map((o) => `${o.count} ${o.operator}`);
}

describe('files', () => {
  test.each(['net.onnx', 'net.tflite', 'net.ir'])('%s holds the same layers, in integers', (name) => {
    const { code, stdout, stderr } = int8c(['quantize', model, ...data, ...minmax, '--require-int8', '-o', at(name)]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^shapes: every operator computes in integers; ranges from 24 samples\n/);
    expect(stdout).toContain(at(name));
    expect(integerOperators(at(name))).toEqual(expect.arrayContaining(['4 conv2d', '3 depthwise_conv2d']));
  });

  test('the same command writes the same bytes', () => {
    const names = ['first.tflite', 'second.tflite'].map(at);
    for (const name of names) expect(int8c(['quantize', model, ...data, '-o', name]).code).toBe(0);
    const [first, second] = names.map((name) => readFileSync(name));
    expect(second?.equals(first ?? new Uint8Array())).toBe(true);
  });

  test('--ports integer gives a model of integers alone', () => {
    const path = at('ports.tflite');
    expect(int8c(['quantize', model, ...data, ...minmax, '--ports', 'integer', '-o', path]).code).toBe(0);
    const { inputs, outputs, float } = inspected(path);
    expect([...inputs, ...outputs].map((t) => t.type)).toEqual(['i8', 'i8']);
    expect(float).toEqual([]);
  });

  test('--wide says what has 16 bits', () => {
    const sums = at('sums.ir');
    const text = readFileSync(product, 'utf8');
    writeFileSync(sums, text.replace(/.* reduce_prod .*\n/, '').replace('%z "z"', '%y "y"'));
    const account = (wide: string) => {
      const samples = ['--data', at('product.bin'), ...minmax];
      const { code, stdout } = int8c(['quantize', sums, ...samples, '--wide', wide, '-o', at('wide.ir')]);
      expect(code).toBe(0);
      expect(readFileSync(at('wide.ir'), 'utf8').includes('x4xi16')).toBe(wide === 'outputs');
      return stdout.split('\n')[0];
    };
    expect(account('outputs')).toMatch(/: every operator computes in integers; 1 layer gives 16 bits; ranges from 10/);
    expect(account('none')).toMatch(/: every operator computes in integers; ranges from 10 samples$/);
  });

  test('--report writes a page beside', () => {
    const args = ['quantize', model, ...data, ...minmax, '--report', at('report.html'), '-o', at('reported.onnx')];
    const { code, stdout } = int8c(args);
    expect(code).toBe(0);
    expect(stdout).toContain(at('report.html'));
    const page = readFileSync(at('report.html'), 'utf8');
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).toContain('shapes');
  });
});

describe('statistics', () => {
  beforeAll(() => {
    expect(int8c(['calibrate', model, ...data, '-o', at('stats.json')]).code).toBe(0);
  });

  test('give what the samples that they are of give', () => {
    const methods = ['--method', 'mse', '-o'];
    expect(int8c(['quantize', model, '--stats', at('stats.json'), ...methods, at('stats.onnx')]).code).toBe(0);
    expect(int8c(['quantize', model, ...data, ...methods, at('samples.onnx')]).code).toBe(0);
    expect(readFileSync(at('stats.onnx')).equals(readFileSync(at('samples.onnx')))).toBe(true);
  });

  test('of another model are refused', () => {
    const { code, stderr } = int8c(['quantize', product, '--stats', at('stats.json'), '-o', at('other.onnx')]);
    expect(stderr).toMatch(
      /^error\[I8C0402\] \S+stats\.json: The statistics are of another model than this one: of "shapes"/,
    );
    expect(code).toBe(1);
  });
});

describe('--require-int8', () => {
  const calibrated = ['--calibrate', at('product.bin'), '--method', 'mse'];

  test('lists what stays float, why, and the way out; writes nothing', () => {
    const out = at('none');
    const { code, stderr } = int8c(['compile', product, ...calibrated, '--require-int8', '-o', out]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[I8C0302\] ReduceProd "product": reduce_prod: .*\. Put operators in its place/);
    expect(stderr).not.toContain('Gemm');
    expect(existsSync(out)).toBe(false);
  });

  test('is content where all computes in integers', () => {
    const args = ['compile', model, '--calibrate', example('samples.npy'), ...minmax, '--require-int8', '-t', 'c,js'];
    const { code, stderr } = int8c([...args, '-o', at('integers')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(readdirSync(at('integers')).sort()).toEqual(['c', 'js']);
    const source = readFileSync(at('integers/c/shapes.c'), 'utf8');
    expect(source).toContain('int8_t');
    expect(int8c(['compile', example('shapes_int8.tflite'), '--require-int8', '-o', at('int8')]).code).toBe(0);
  });

  test('of a model that was not quantized names all of it', () => {
    const { code, stderr } = int8c(['compile', model, '--require-int8', '-o', at('float')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/FULLY_CONNECTED #24 "logits": fully_connected: .*Quantize the model: .*--calibrate\.\n/);
    expect(stderr).toMatch(/^ {4}CONV_2D #0 "stem\/convolution"$/m);
  });

  test('says which flag keeps an operator float', () => {
    const keep = ['--keep-float', 'logits', '--require-int8'];
    const { code, stderr } = int8c(['quantize', model, ...data, ...minmax, ...keep, '-o', at('kept.onnx')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error\[I8C0302\] FULLY_CONNECTED #24 "logits": .*--keep-float names it\. Leave it out there\.$/m,
    );
  });
});

test('what stays float is told as a note, and why', () => {
  const { code, stdout, stderr } = int8c(['quantize', product, '--data', at('product.bin'), '-o', at('product.ir')]);
  expect(code).toBe(0);
  expect(stdout).toContain('1 operator stays in floating point; ranges from 10 samples');
  expect(stderr).toMatch(/^note\[I8C0302\] ReduceProd "product": reduce_prod: /);
});

describe('refused', () => {
  const quantize = ['quantize', model, ...data];
  const to = ['-o', at('refused.onnx')];
  test.each<[string, readonly string[], number, RegExp]>([
    [
      'a kind of file that is none',
      [...quantize, '-o', 'net.pt'],
      2,
      /"net\.pt" does not say .*\.onnx, \.tflite, \.ir/,
    ],
    [
      'no samples',
      ['quantize', model, ...to],
      2,
      /neither samples nor statistics to quantize with\. Give samples with --data/,
    ],
    [
      'a name that is near another',
      [...quantize, '--keep-float', 'logitz', ...to],
      2,
      /I8C0403.*"logitz".*Did you mean logits\?/,
    ],
    ['a method', [...quantize, '--method', 'best', ...to], 2, /Allowed choices are minmax, mean, percentile/],
    [
      'a share that is none',
      [...quantize, '--max-drop', '0.5', ...to],
      2,
      /--max-drop takes a percentage such as 0\.5%/,
    ],
    ['more than all', [...quantize, '--prune', '120%', ...to], 2, /--prune takes a percentage/],
    ['a budget of nothing', [...quantize, '--budget', 'ram=0', ...to], 2, /--budget takes amounts such as/],
    ['a budget of something else', [...quantize, '--budget', 'disk=1k', ...to], 2, /takes ram=BYTES,flash=BYTES/],
    ['two kinds of weights alone', ['quantize', model, '--dynamic', '--weight-only', ...to], 2, /exclude each other/],
    ['a rounding of another format', [...quantize, '--rounding', 'double', ...to], 2, /rounds half-even, not double/],
    [
      'outputs of another format',
      [...quantize, '--wide', 'outputs', '-o', 'n.tflite'],
      2,
      /no form for results of 16 bits .* Leave out --wide/,
    ],
    [
      'bits of outputs that are integers',
      [...quantize, '--wide', 'vectors', '--ports', 'integer', ...to],
      2,
      /--ports integer has none/,
    ],
    ['a report without samples', ['quantize', model, '--dynamic', '--report', 'r.html', ...to], 2, /it needs --data/],
    [
      'a model of integers',
      ['quantize', example('shapes_int8.tflite'), '--data', example('samples_int8.npy'), ...to],
      2,
      /no float tensors: it computes in integers already\. It compiles as it is/,
    ],
    ['nothing to keep', [...quantize, '--method', 'keep', ...to], 2, /has no quantization of its own to keep/],
    ['quantizing with nothing', ['compile', model, '--method', 'mse'], 2, /Option --method is for quantizing/],
    [
      'what --keep-float needs',
      ['compile', model, '--keep-float', 'logits'],
      2,
      /Option --keep-float is for quantizing/,
    ],
  ])('%s', (_, args, exitCode, message) => {
    const { code, stderr } = int8c(args, { cwd: folder });
    expect(stderr).toMatch(message);
    expect(code).toBe(exitCode);
  });
});

// WGSL where there is no WebGPU: one error that says what is missing and what to do, from every command that needs it.
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { example, int8c } from './int8c.ts';

const replacement = fileURLToPath(new URL('replace-webgpu.mjs', import.meta.url));
const model = example('shapes_int8.tflite');

const commands: readonly (readonly string[])[] = [
  ['run', model, '-t', 'wgsl', '-i', example('star_int8.npy')],
  ['bench', model, '-t', 'wgsl'],
];

describe.each(commands.map((args) => [args[0] ?? '', args] as const))('%s', (_, args) => {
  test.each<[string, string]>([
    [
      'missing',
      'There is no WebGPU here. In Node.js, install the npm package webgpu beside int8c: npm install webgpu.',
    ],
    ['broken', 'The npm package webgpu does not load: dawn.node is for another machine. It has binaries for Windows'],
    ['no adapter', 'WebGPU finds no adapter on this machine. Without a GPU, a software one will do: SwiftShader comes'],
    ['no device', 'WebGPU gives no device: the GPU is lost.'],
  ])('%s', (state, message) => {
    const { code, stdout, stderr } = int8c(args, {
      node: ['--import', replacement],
      env: { INT8C_TEST_WEBGPU: state },
    });
    expect(stderr).toContain(`error[I8C0406] ${message}`);
    expect(stderr.trim().split('\n').length).toBe(1);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });
});

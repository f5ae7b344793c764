// What each command loads: heavy packages only where they are needed.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { example, int8c, repository, temporaryFolder } from './int8c.ts';

const folder = temporaryFolder();
const recorder = fileURLToPath(new URL('record-modules.mjs', import.meta.url));

interface Loaded {
  readonly packages: readonly string[];
  /** From the repository's root. */
  readonly files: readonly string[];
}

const record = join(folder, 'modules.txt');

/** Packages and own files that a command loads. */
function loadedBy(args: readonly string[]): Loaded {
  rmSync(record, { force: true });
  const { code, stderr } = int8c(args, { node: ['--import', recorder], env: { INT8C_LOADED_MODULES: record } });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return recorded();
}

function recorded(): Loaded {
  const paths = readFileSync(record, 'utf8')
    .split('\n')
    .filter((url) => url.startsWith('file:'))
    .map((url) => fileURLToPath(url).slice(repository.length));
  const packageOf = (path: string) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
  return {
    packages: [...new Set(paths.map(packageOf).filter((name) => name !== undefined))].sort(),
    files: paths.filter((path) => packageOf(path) === undefined),
  };
}

test('--help loads the command line and nothing of the compiler', () => {
  const { packages, files } = loadedBy(['--help']);
  expect(packages).toEqual(['commander', 'fastest-levenshtein']);
  expect(files.filter((path) => /passes|frontends|ir\/ops|backends/.test(path))).toEqual([]);
});

test('compile --target c loads no parser, no protobuf, no wasm or GPU tools, and no other backend', () => {
  const { packages, files } = loadedBy(['compile', example('shapes_int8.tflite'), '-o', join(folder, 'out')]);
  expect(packages).toEqual(['@noble/hashes', 'commander', 'fastest-levenshtein', 'flatbuffers', 'ts-pattern']);
  expect([...new Set(files.map((path) => /backends\/[^/]+/.exec(path)?.[0]))]).toEqual([undefined, 'backends/c']);
});

test('quantizing loads the readers of the samples that there are, and no exporter of another format', () => {
  const samples = ['--calibrate', example('samples.npy'), '--method', 'minmax', '--workers', '1'];
  const { packages } = loadedBy(['compile', example('shapes.tflite'), ...samples, '-o', join(folder, 'quantized')]);
  expect(packages).toContain('binaryen');
  for (const name of [
    'fast-png',
    'jpeg-js',
    'fflate',
    'tinypool',
    'yocto-spinner',
    '@bufbuild/protobuf',
    'chevrotain',
  ]) {
    expect(packages).not.toContain(name);
  }
});

test('the library loads nothing heavy before it is asked for', () => {
  rmSync(record, { force: true });
  const { status } = spawnSync(process.execPath, ['--import', recorder, join(repository, 'dist/src/index.js')], {
    env: { ...process.env, INT8C_LOADED_MODULES: record },
  });
  expect(status).toBe(0);
  expect(recorded().packages).toEqual(['fastest-levenshtein', 'ts-pattern']);
});

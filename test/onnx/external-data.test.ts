// Weights beside a model are read from its folder and from nowhere else.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TensorProto_DataLocation as DataLocation, TensorProto_DataType as DataType } from 'onnx-buf';
import { afterAll, describe, expect, test } from 'vitest';
import type { DiagnosticCode } from '../../ir/diagnostics.ts';
import { externalReader } from '../../src/files/external-data.ts';
import { createRunner, importModel } from '../../src/index.ts';
import { codes, graphOf } from './refused.ts';
import { node, writeModel } from './write-model.ts';

describe('data in other files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'int8c-onnx-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const models = join(folder, 'models');
  mkdirSync(join(models, 'parts'), { recursive: true });
  const weights = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
  writeFileSync(join(models, 'parts', 'weights.bin'), weights);
  writeFileSync(join(models, 'short.bin'), weights.subarray(0, 8));
  writeFileSync(join(folder, 'secret.bin'), weights);
  symlinkSync(join(folder, 'secret.bin'), join(models, 'link.bin'));
  symlinkSync(folder, join(models, 'folder'));
  const readExternal = externalReader(join(models, 'net.onnx'));

  const external = (entries: Readonly<Record<string, string>>) =>
    writeModel(
      graphOf(
        [node('Add', ['x', 'w'], ['y'])],
        [
          {
            name: 'w',
            dataType: DataType.FLOAT,
            dims: [4n],
            dataLocation: DataLocation.EXTERNAL,
            externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
          },
        ],
      ),
    );

  test('inside of the folder it is read', async () => {
    const bytes = external({ location: 'parts/weights.bin', offset: '0', length: '16' });
    const runner = await createRunner(await importModel(bytes, { readExternal }), { target: 'js' });
    expect(await runner.run({ x: Float32Array.of(1, 1, 1, 1) })).toEqual({ y: Float32Array.of(2, 3, 4, 5) });
  });

  const cases: readonly [string, Readonly<Record<string, string>>, DiagnosticCode][] = [
    ['an absolute path', { location: join(folder, 'secret.bin') }, 'I8C0005'],
    ['an absolute path of Windows', { location: 'C:/secret.bin' }, 'I8C0005'],
    ['a path upwards', { location: '../secret.bin' }, 'I8C0005'],
    ['a path down and upwards', { location: 'parts/../../secret.bin' }, 'I8C0005'],
    ['a path upwards by backslashes', { location: '..\\secret.bin' }, 'I8C0005'],
    ['a zero byte', { location: 'parts/weights.bin\0.txt' }, 'I8C0005'],
    ['no path', {}, 'I8C0005'],
    ['a link out of the folder', { location: 'link.bin' }, 'I8C0005'],
    ['a path through a link out of the folder', { location: 'folder/secret.bin' }, 'I8C0005'],
    ['the folder itself', { location: '.' }, 'I8C0005'],
    ['a folder', { location: 'parts' }, 'I8C0005'],
    ['a file that is not there', { location: 'missing.bin' }, 'I8C0005'],
    ['a file that is too short', { location: 'short.bin', length: '16' }, 'I8C0002'],
    ['a file with fewer elements', { location: 'short.bin' }, 'I8C0002'],
    ['an offset beyond the file', { location: 'parts/weights.bin', offset: '999999999999' }, 'I8C0002'],
    ['a length beyond all memory', { location: 'parts/weights.bin', length: '999999999999999' }, 'I8C0002'],
    ['a negative offset', { location: 'parts/weights.bin', offset: '-4' }, 'I8C0002'],
    ['an offset that is no number', { location: 'parts/weights.bin', offset: '0x10' }, 'I8C0002'],
  ];
  test.each(cases)('%s', async (_, entries, code) => {
    expect(await codes(external(entries), { readExternal })).toEqual([code]);
  });

  test('nobody to read it', async () => {
    expect(await codes(external({ location: 'parts/weights.bin' }))).toEqual(['I8C0005']);
  });
});

// NAME.d.ts of the WGSL artifact, as TypeScript reads it in a project with and without WebGPU's own types.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { printWgsl } from '../../backends/wgsl/print.ts';
import { chainProgram } from '../loops/small-programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'int8c-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const consumer = `
import { type Buffer, createModel, type Device, inputs, requiredLimits } from './chain.js';
export async function infer(device: Device, buffer: Buffer) {
  const model = await createModel(device, { builtins: false });
  const four: 4 = inputs.x.shape[0];
  const y: Int8Array = (await model.run({ x: new Int8Array(four) })).y;
  const kept: Buffer = (await model.run({ x: buffer }, { outputs: { y: buffer } })).y;
  const bytes: number | undefined = requiredLimits['maxBufferSize'];
  // @ts-expect-error
  await model.run({ x: new Float32Array(4) });
  // @ts-expect-error
  await model.run({});
  // @ts-expect-error
  await model.run({ x: buffer }, { outputs: { z: buffer } });
  // @ts-expect-error
  model.outputs.z;
  model.reset();
  model.destroy();
  return { y, kept, bytes, offset: model.inputs.x.offset };
}
`;

/** With the browser's types: a GPUDevice and its buffers are what the loader takes. */
const page = `
import { createModel } from './chain.js';
const adapter = await navigator.gpu.requestAdapter();
if (adapter === null) throw new Error('no adapter');
const device = await adapter.requestDevice();
const model = await createModel(device, { gpu: navigator.gpu });
const buffer = device.createBuffer({ size: 4, usage: 4 });
const encoder = device.createCommandEncoder();
model.encode(encoder);
console.log((await model.run({ x: buffer })).y);
`;

it('says what tensors are, and what run takes and gives', { timeout: 60_000 }, () => {
  for (const [name, contents] of printWgsl(chainProgram('good')).files) writeFileSync(join(folder, name), contents);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'consumer.ts'), consumer);
  writeFileSync(join(folder, 'page.ts'), page);
  const compiler = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url));
  const flags = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext', '--types', ''];
  const check = (lib: string, file: string) => () => {
    try {
      execFileSync(compiler, [...flags, '--lib', lib, file], { cwd: folder, stdio: 'pipe' });
    } catch (error) {
      throw new Error(String((error as { readonly stdout: Uint8Array }).stdout));
    }
  };
  expect(check('es2023', 'consumer.ts')).not.toThrow();
  expect(check('es2023,dom', 'page.ts')).not.toThrow();
});

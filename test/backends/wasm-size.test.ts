// What a browser downloads: the module and its loader against the weights of the network (weights, biases and tables of
// the model). Sizes are the same on every machine. test/bench/web-size.bench.ts prints them all.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compile, importModel, type Program } from '../../src/index.ts';
import { modelBytes, networks, readNetwork } from '../bench/web/networks.ts';
import { hasShared } from '../shared-folder.ts';

/** What code, loader and the numbers of the rounding may add to the weights. */
const allowance = 24 * 1024;

/** Bytes of the module that is fetched, and of its loader. */
async function downloaded(program: Program, wasm: 'simd' | 'relaxed'): Promise<number> {
  const { files } = await compile(program, { target: 'wasm', wasm, name: 'model' });
  return ['model.wasm', 'model.js'].reduce((n, name) => n + (files.get(name)?.length ?? Number.NaN), 0);
}

describe.each(['simd', 'relaxed'] as const)('the download for wasm %s', (wasm) => {
  it('of the bundled example is its weights and 24 KB', { timeout: 30_000 }, async () => {
    const bytes = readFileSync(new URL('../../docs/example/shapes_int8.tflite', import.meta.url));
    const program = await importModel(bytes, { name: 'shapes' });
    expect(await downloaded(program, wasm)).toBeLessThanOrEqual(modelBytes(program).weights + allowance);
  });

  const small = networks.filter((n) => n.name !== 'MobileNetV2 224');
  it.skipIf(!hasShared('golden-tflite')).each(small)('of $name is its weights and 24 KB', async (network) => {
    const program = await readNetwork(network);
    expect(await downloaded(program, wasm)).toBeLessThanOrEqual(modelBytes(program).weights + allowance);
  });

  const large = networks.filter((n) => n.name === 'MobileNetV2 224');
  // Its 17,000 channels have a scale each, and there are many shapes of depthwise layers: more than 24 KB for now.
  it.skipIf(!hasShared('golden-tflite')).each(large)(
    'of $name is its weights, their scales and 96 KB',
    { timeout: 60_000 },
    async (network) => {
      const program = await readNetwork(network);
      const { weights, scales } = modelBytes(program);
      expect(await downloaded(program, wasm)).toBeLessThanOrEqual(weights + scales + 4 * allowance);
    },
  );
});

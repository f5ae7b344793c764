// What a browser downloads: the wasm module and its loader, beside the weights that the network has. (Its scales, which
// become multipliers of the rounding, are shown apart.)
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, it } from 'vitest';
import { hasShared } from '../shared-folder.ts';
import { printTable } from './table.ts';
import { ArtifactFolder } from './web/artifact-folder.ts';
import { modelBytes, networks, readNetwork } from './web/networks.ts';

/** Bytes that code may add to the weights, before compression. */
const allowance = 24 * 1024;

const folder = new ArtifactFolder();
afterAll(() => folder.remove());

it.skipIf(!hasShared('golden-tflite'))('web, download size', async () => {
  const rows: (string | number)[][] = [];
  for (const network of networks) {
    const { weights, scales } = modelBytes(await readNetwork(network));
    for (const wasm of ['simd', 'relaxed'] as const) {
      const { files } = await folder.add(network, wasm, { target: 'wasm', wasm });
      const sent = ['network.wasm', 'network.js'].map((name) => files.get(name) ?? new Uint8Array());
      const [module, loader] = sent.map((file) => file.length) as [number, number];
      const compressed = (how: (file: Uint8Array) => Uint8Array) => sent.reduce((n, file) => n + how(file).length, 0);
      const over = module + loader - weights;
      const row = [network.name, wasm, weights, scales, module, loader, over, over <= allowance ? 'yes' : 'no'];
      rows.push([...row, compressed((file) => gzipSync(file, { level: 9 })), compressed(brotliCompressSync)]);
    }
  }
  printTable(
    `Download, bytes; goal: module and loader no more than ${allowance} over the weights`,
    ['network', 'wasm', 'weights', 'scales', 'module', 'loader', 'over', 'met', 'gzip', 'brotli'],
    rows,
  );
});

// Time from asking for a page to its first result, in a browser that was just started and has nothing in its caches; the
// server is this machine. int8c's artifact against the web's other runtimes; an empty page shows what is the browser's.
import { afterAll, it } from 'vitest';
import { launchChromium } from '../browser/chromium.ts';
import { printTable } from './table.ts';
import { ArtifactFolder } from './web/artifact-folder.ts';
import { peer, resnet8 } from './web/networks.ts';
import { hasPeers, startPeers } from './web/peers.ts';

const labels = { litert: 'LiteRT.js', tfjstflite: 'tfjs-tflite', ort: 'ORT-web' } as const;

const repetitions = 9;

/** Time in which a browser that was just started becomes idle. */
const settleMs = 1000;

/** Starts a browser, opens the page, and returns milliseconds from asking for it to its first result. */
async function firstResult(url: string): Promise<number> {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.waitForTimeout(settleMs);
    await page.goto(url);
    await page.waitForFunction('globalThis.firstResult');
    return await page.evaluate<number>('globalThis.firstResult');
  } finally {
    await browser.close();
  }
}

const folder = new ArtifactFolder();
afterAll(() => folder.remove());

it.skipIf(!hasPeers)('web, first result', async () => {
  const simd = await folder.add(resnet8, 'int8c simd', { target: 'wasm', wasm: 'simd' });
  const relaxed = await folder.add(resnet8, 'int8c relaxed', { target: 'wasm', wasm: 'relaxed' });
  const inline = await folder.add(resnet8, 'int8c simd inline', { target: 'wasm', wasm: 'simd', inline: true });
  const peers = (['litert', 'tfjstflite', 'ort'] as const).map((kind) => peer(kind, labels[kind], resnet8));
  const pages = [
    { label: 'an empty page', path: '/int8c/first-result-empty.html' },
    ...[simd, relaxed, inline].map(({ contestant, firstResult }) => ({ label: contestant.label, path: firstResult })),
    ...peers.map((contestant) => {
      const query = new URLSearchParams({ contestant: JSON.stringify(contestant) });
      return { label: contestant.label, path: `/int8c/first-result-peer.html?${query}` };
    }),
  ];
  const harness = await startPeers(folder.path);
  try {
    const times = pages.map((): number[] => []);
    for (let k = 0; k < repetitions; k++) {
      for (const [i, { path }] of pages.entries()) times[i]?.push(await firstResult(harness.url + path));
    }
    const rows = pages.map(({ label }, i) => {
      const sorted = [...(times[i] ?? [])].sort((a, b) => a - b).map((ms) => Math.round(ms));
      return [label, sorted[sorted.length >> 1] ?? 0, sorted[0] ?? 0, sorted.at(-1) ?? 0];
    });
    printTable(
      `ResNet8 in a fresh browser, milliseconds from page load to the first result, ${repetitions} times (goal: 60)`,
      ['runtime', 'median', 'least', 'most'],
      rows,
    );
  } finally {
    harness.close();
  }
});

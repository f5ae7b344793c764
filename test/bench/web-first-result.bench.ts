// Time from asking for a page to its first result, in a browser that was just started and has nothing in its caches; the
// server is this machine. int8c's artifact against the web's other runtimes.
import { afterAll, it } from 'vitest';
import { chromiumPath, launchChromium } from '../browser/chromium.ts';
import { printTable } from './table.ts';
import { ArtifactFolder } from './web/artifact-folder.ts';
import { peer, resnet8 } from './web/networks.ts';
import { type Contestant, hasPeers, type Peers, startPeers } from './web/peers.ts';

const repetitions = 9;

/** What the page leaves: milliseconds since it was asked for. */
interface FirstResult {
  readonly ms: number;
}

async function firstResult(harness: Peers, contestant: Contestant): Promise<number> {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    const query = new URLSearchParams({ contestant: JSON.stringify(contestant) });
    await page.goto(`${harness.url}/int8c/first-result.html?${query}`);
    await page.waitForFunction('globalThis.firstResult');
    return (await page.evaluate<FirstResult>('globalThis.firstResult')).ms;
  } finally {
    await browser.close();
  }
}

const folder = new ArtifactFolder();
afterAll(() => folder.remove());

it.skipIf(!hasPeers || chromiumPath === undefined)('web, first result', async () => {
  const simd = await folder.add(resnet8, 'int8c simd', { target: 'wasm', wasm: 'simd' });
  const relaxed = await folder.add(resnet8, 'int8c relaxed', { target: 'wasm', wasm: 'relaxed' });
  const inline = await folder.add(resnet8, 'int8c simd inline', { target: 'wasm', wasm: 'simd', inline: true });
  const contestants = [
    ...[simd, relaxed, inline].map((artifact) => artifact.contestant),
    peer('litert', 'LiteRT.js', resnet8),
    peer('tfjstflite', 'tfjs-tflite', resnet8),
    peer('ort', 'ORT-web', resnet8),
  ];
  const harness = await startPeers(folder.path);
  try {
    const times = contestants.map((): number[] => []);
    for (let k = 0; k < repetitions; k++) {
      for (const [i, contestant] of contestants.entries()) times[i]?.push(await firstResult(harness, contestant));
    }
    const rows = contestants.map(({ label }, i) => {
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

// int8c's shaders against LiteRT.js on WebGPU, in turns in one Chromium page: ResNet8 on SwiftShader, a GPU in software.
// LiteRT.js computes its float network there; int8c its int8 one, in integers. Such figures do not rank real GPUs.
import type { Page } from 'playwright-core';
import { afterAll, it } from 'vitest';
import { launchChromium } from '../browser/chromium.ts';
import { printTable } from './table.ts';
import { ArtifactFolder } from './web/artifact-folder.ts';
import { resnet8 } from './web/networks.ts';
import { type Contestant, hasPeers, type Rounds, startPeers } from './web/peers.ts';

const rounds: Rounds = { rounds: 40, roundMs: 80, warmMs: 600, sampleMs: 80 };

/** Counts what is dispatched in the page from now on. */
const startCounting = `
globalThis.dispatched = 0;
const { dispatchWorkgroups } = GPUComputePassEncoder.prototype;
GPUComputePassEncoder.prototype.dispatchWorkgroups = function (...counts) {
  globalThis.dispatched++;
  return dispatchWorkgroups.apply(this, counts);
};
`;

/** Dispatches of one inference: how many more an additional one makes. */
async function dispatchesOf(page: Page, contestant: Contestant): Promise<number> {
  return page.evaluate(`(async () => {
    const runners = await import('/bench/runners.js');
    const contestant = ${JSON.stringify(contestant)};
    const runner = await runners[contestant.kind](contestant);
    await runner.run();
    const before = globalThis.dispatched;
    await runner.run();
    const count = globalThis.dispatched - before;
    runner.dispose?.();
    return count;
  })()`);
}

const folder = new ArtifactFolder();
afterAll(() => folder.remove());

it.skipIf(!hasPeers)('web, WebGPU', async () => {
  const ours = await folder.add(resnet8, 'int8c int8', { target: 'wgsl' });
  const litert = {
    kind: 'litert',
    label: 'LiteRT.js fp32',
    url: '/golden/pretrainedResnet/model.tflite',
    accelerator: 'webgpu',
  } as const;
  const harness = await startPeers(folder.path);
  const browser = await launchChromium();
  try {
    const page = await harness.open(browser);
    const contestants = [ours.contestant, litert];
    const { res, err } = await harness.runModel(page, { name: resnet8.name, runners: contestants }, rounds);
    for (const { kind, error } of err) console.log(`${kind} fails: ${error}`);
    await page.evaluate(startCounting);
    const counts = new Map<string, number>();
    for (const c of contestants) counts.set(c.label, await dispatchesOf(page, c));
    printTable(
      'ResNet8 on WebGPU (SwiftShader), milliseconds with feed and read',
      ['runtime', 'median', 'best round', 'dispatches'],
      res.map((m) => [m.name, m.api_ms.toFixed(2), m.api_min.toFixed(2), counts.get(m.name) ?? 0]),
    );
    console.log(`int8c has ${ours.calls} calls of kernels in an inference.`);
  } finally {
    await browser.close();
    harness.close();
  }
});

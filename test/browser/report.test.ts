// The report in headless Chromium, opened from disk: no complaints, nothing loaded, nothing wider than the screen. The
// screenshots go to the folder that INT8C_SCREENSHOTS names, for people to look at, or to a temporary one.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compare, htmlReport, sensitivity } from '../../src/compare/index.ts';
import { importModel } from '../../src/program.ts';
import { quantize } from '../../src/quantize/quantize.ts';
import { type SampleSource, samplesOf } from '../../src/samples/sample-source.ts';
import { exampleNetwork, randomSamples } from '../quantize/calibration-networks.ts';
import { hasShared, sharedPath } from '../shared-folder.ts';
import { hasChromium, launchChromium, openPage } from './chromium.ts';

const views = [
  { name: 'desktop', width: 1280, colorScheme: 'light' },
  { name: 'desktop-dark', width: 1280, colorScheme: 'dark' },
  { name: 'phone', width: 400, colorScheme: 'light' },
  { name: 'phone-dark', width: 400, colorScheme: 'dark' },
] as const;

/** Pictures of 32x32 in the order of dimensions that ONNX has, from the public files of CIFAR-10. */
function cifarPictures(count: number): SampleSource {
  const bytes = readFileSync(sharedPath('data', 'cifar10', 'test.bin'));
  const picture = (k: number) =>
    Float32Array.from({ length: 3072 }, (_, i) => bytes[3072 * k + (i % 1024) * 3 + Math.floor(i / 1024)] ?? 0);
  return samplesOf(Array.from({ length: count }, (_, k) => ({ input: picture(k) })));
}

async function resnet8() {
  const program = await importModel(readFileSync(sharedPath('models', 'onnx', 'resnet8_float.onnx')), {
    name: 'resnet8',
  });
  return { program, samples: cifarPictures(32) };
}

async function example() {
  const network = await exampleNetwork();
  return { program: network.program, samples: randomSamples(network, 16) };
}

const networks = [
  { name: 'example', make: example, there: true },
  { name: 'resnet8', make: resnet8, there: hasShared('models', 'onnx', 'resnet8_float.onnx') },
];

describe.skipIf(!hasChromium())('the report in Chromium', () => {
  const temporary = mkdtempSync(join(tmpdir(), 'int8c-report-'));
  const { INT8C_SCREENSHOTS: folder = temporary } = process.env;
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    rmSync(temporary, { recursive: true, force: true });
  });

  it.each(networks.filter((n) => n.there))('of $name opens from disk', { timeout: 300_000 }, async ({ name, make }) => {
    const { program, samples } = await make();
    const quantized = await quantize(program, samples, { method: 'minmax' });
    const comparison = await compare(quantized, samples);
    const costs = await sensitivity(quantized.network, quantized.decisions, samples, { samples: 4, gains: 2 });
    const file = join(folder, `${name}.html`);
    writeFileSync(file, htmlReport({ comparison, sensitivity: costs, quantized }));

    for (const { name: view, width, colorScheme } of views) {
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
      try {
        const { page, problems } = await openPage(context, pathToFileURL(file).href);
        const measured = await page.evaluate(`({
          width: document.documentElement.scrollWidth,
          loaded: performance.getEntriesByType('resource').map((r) => r.name),
          rows: document.querySelectorAll('section[aria-labelledby=layers] tbody tr').length,
          plots: [...document.querySelectorAll('svg.plot')].map((svg) => svg.getAttribute('aria-label') !== '' && svg.getBBox().width > 0),
          background: getComputedStyle(document.body).backgroundColor,
        })`);
        await page.screenshot({ path: join(folder, `${name}-${view}.png`), fullPage: true });
        expect(problems).toEqual([]);
        expect(measured).toEqual({
          width,
          loaded: [],
          rows: comparison.layers.length,
          plots: expect.arrayContaining([true]),
          background: colorScheme === 'dark' ? 'rgb(20, 23, 26)' : 'rgb(251, 251, 250)',
        });
        expect((measured as { plots: boolean[] }).plots).not.toContain(false);
      } finally {
        await context.close();
      }
    }
  });

  it('would run no script that a name brought in', async () => {
    const { program, samples } = await example();
    const page = htmlReport({
      comparison: await compare(await quantize(program, samples, { method: 'minmax' }), samples),
    });
    const file = join(temporary, 'broken.html');
    writeFileSync(
      file,
      page.replace('</main>', '<script>globalThis.ran = true</script><img src="https://example.invalid/x.png"></main>'),
    );
    const opened = await openPage(browser, pathToFileURL(file).href);
    expect(await opened.page.evaluate('globalThis.ran')).toBeUndefined();
    expect(opened.problems.join()).toContain('Content Security Policy');
    await opened.page.close();
  });
});

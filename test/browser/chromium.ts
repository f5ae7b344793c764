// Headless Chromium for tests and benches. The one that is installed is used (Debian's package `chromium`, or what the
// environment's CHROMIUM_PATH names); none is downloaded.
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const usualPaths = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const { CHROMIUM_PATH: given } = process.env;

/** Where Chromium is; undefined where there is none. */
export const chromiumPath: string | undefined = (given === undefined ? usualPaths : [given]).find(existsSync);

/** True where Chromium is installed. Throws in CI where it is not; says elsewhere that tests are skipped. */
export function hasChromium(): boolean {
  if (chromiumPath !== undefined) return true;
  const problem = 'Chromium is missing (install it, or set CHROMIUM_PATH)';
  if (process.env.CI === 'true') throw new Error(`${problem}, and CI must not skip its tests`);
  console.warn(`Nothing is tested in a browser: ${problem}.`);
  return false;
}

/** As root, which containers run as, Chromium starts only without its sandbox; the pages are our own. */
const commonFlags = ['--no-sandbox', '--no-first-run', '--disable-background-networking', '--disable-component-update'];

/** WebGPU on SwiftShader, a GPU in software that Chromium brings. It counts as unsafe: it is not hardened for the web. */
const webGpuFlags = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

/** Starts a browser, which `close()` ends. `flags` are added to those that tests need. */
export function launchChromium(flags: readonly string[] = []): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('there is no Chromium here');
  return chromium.launch({ executablePath: chromiumPath, args: [...commonFlags, ...webGpuFlags, ...flags] });
}

export interface OpenPage {
  readonly page: Page;
  /** What the page's console and its workers' say is wrong, policy violations included. */
  readonly problems: readonly string[];
}

/** Opens a page and collects its complaints from the first byte on. */
export async function openPage(browser: Browser | BrowserContext, url: string): Promise<OpenPage> {
  const page = await browser.newPage();
  // How long a test may take is said by the test.
  page.setDefaultTimeout(0);
  const problems: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('requestfailed', (request) => problems.push(`${request.url()} failed`));
  await page.goto(url);
  return { page, problems };
}

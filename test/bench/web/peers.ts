// The web's other runtimes, for comparison: the given harness (tools/web-peers) and the exact versions of their packages,
// installed on demand into a cache folder of the user's, outside of this repository.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { chromiumPath } from '../../browser/chromium.ts';
import { hasShared, sharedPath } from '../../shared-folder.ts';

/** What the harness takes: a model and who runs it. */
export interface Contest {
  readonly name: string;
  readonly runners: readonly Contestant[];
}

export interface Contestant {
  readonly kind: 'litert' | 'tfjstflite' | 'ort' | 'external';
  readonly label: string;
  readonly [option: string]: string | number | boolean;
}

/** What it measures. `api` is feed, infer and read; `core`, where a runtime can say, is infer only. Milliseconds. */
export interface Measured {
  readonly name: string;
  readonly api_ms: number;
  readonly api_min: number;
  readonly core_ms: number | null;
  readonly core_min: number | null;
  /** What the runner says of itself: the file that it loaded, for int8c. */
  readonly info: { readonly module?: string };
  /** Hashes of the outputs. */
  readonly out: readonly { readonly h: number }[];
}

export interface ContestResult {
  readonly res: readonly Measured[];
  readonly err: readonly { readonly kind: string; readonly error: string }[];
}

export interface Rounds {
  readonly rounds: number;
  readonly roundMs: number;
  readonly warmMs: number;
  readonly sampleMs: number;
}

/** The harness's server; `extra` gives folders names under which they are served. */
interface HarnessServer {
  start(options: { extra: Readonly<Record<string, string>> }): Promise<{ readonly srv: Server; readonly url: string }>;
}

/** Runs a contest in a page, round by round, in turns. */
interface HarnessRunner {
  runModel(page: Page, model: Contest, options: Rounds): Promise<ContestResult>;
}

/** Whether peers can be run; says once why not. */
export const hasPeers: boolean = (() => {
  if (chromiumPath === undefined) console.warn('Web peers are not run: there is no Chromium.');
  else if (!hasShared('tools', 'web-peers')) console.warn('Web peers are not run: the given harness is absent.');
  else return true;
  return false;
})();

const harness = sharedPath('tools', 'web-peers');
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'int8c', 'web-peers');

/** Puts the harness and its packages into the cache, where they are not there yet, and says so. */
function install(): void {
  mkdirSync(cache, { recursive: true });
  for (const file of readdirSync(harness)) writeFileSync(join(cache, file), readFileSync(join(harness, file)));
  const wanted = readFileSync(join(cache, 'package.json'), 'utf8');
  const stamp = join(cache, 'node_modules', '.installed.json');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const { dependencies } = JSON.parse(wanted) as { readonly dependencies: Readonly<Record<string, string>> };
  const packages = Object.entries(dependencies).map(([name, version]) => `${name} ${version}`);
  console.log(`Installing into ${cache}: ${packages.join(', ')} (240 MB)`);
  // Their peer dependencies contradict each other, and their install scripts are not needed.
  const flags = ['--legacy-peer-deps', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
  execFileSync('npm', ['install', ...flags], { cwd: cache, stdio: ['ignore', 'ignore', 'inherit'] });
  writeFileSync(stamp, wanted);
}

export interface Peers extends HarnessRunner {
  /** Where the harness's pages are. */
  readonly url: string;
  /** A page in which contests run. */
  open(browser: Browser): Promise<Page>;
  close(): void;
}

/** Serves the peers, the given models, and `folder` as /int8c. */
export async function startPeers(folder: string): Promise<Peers> {
  install();
  const load = <T>(file: string): Promise<T> => import(/* @vite-ignore */ pathToFileURL(join(cache, file)).href);
  const [{ start }, { runModel }] = await Promise.all([
    load<HarnessServer>('server.mjs'),
    load<HarnessRunner>('run.mjs'),
  ]);
  const extra = { golden: sharedPath('golden-tflite'), derived: sharedPath('models', 'onnx-derived'), int8c: folder };
  const { srv, url } = await start({ extra });
  return {
    url,
    runModel,
    async open(browser) {
      const page = await browser.newPage();
      await page.goto(`${url}/bench/page.html`);
      await page.waitForFunction('window.ready === true');
      return page;
    },
    close: () => {
      srv.closeAllConnections();
      srv.close();
    },
  };
}

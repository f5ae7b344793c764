// int8c's WebAssembly against the web's other runtimes: the int8 networks in one Chromium page, one thread, in turns.
// Absolute times move with the machine; ratios of one run hold.
import { cpus } from 'node:os';
import type { Page } from 'playwright-core';
import { afterAll, it } from 'vitest';
import { launchChromium } from '../browser/chromium.ts';
import { printTable } from './table.ts';
import { ArtifactFolder } from './web/artifact-folder.ts';
import { type Network, networks, peer } from './web/networks.ts';
import { hasPeers, type Measured, type Peers, type Rounds, startPeers } from './web/peers.ts';

/** Rounds are many and short, so that the best of them falls between what else the machine does. */
const rounds: Rounds = { rounds: 60, roundMs: 12, warmMs: 300, sampleMs: 6 };

const ours = { relaxed: 'int8c relaxed', simd: 'int8c simd' };
const peers = { litert: 'LiteRT.js', tfjstflite: 'tfjs-tflite', ort: 'ORT-web' } as const;
const peerLabels: readonly string[] = Object.values(peers);

/** A network's measured runners. */
interface Race {
  readonly network: string;
  readonly macs: number;
  readonly measured: readonly Measured[];
  /** Whether the engine computes relaxed dots exactly, so that the relaxed module ran and not the plain one behind it. */
  readonly exact: boolean;
}

/** Milliseconds of inference; ONNX Runtime cannot leave out feeding and reading. */
const median = (m: Measured) => m.core_ms ?? m.api_ms;
const best = (m: Measured) => m.core_min ?? m.api_min;

const geometricMean = (values: readonly number[]) =>
  Math.exp(values.reduce((sum, v) => sum + Math.log(v), 0) / values.length);

async function race(network: Network, folder: ArtifactFolder, harness: Peers, page: Page): Promise<Race> {
  const relaxed = await folder.add(network, ours.relaxed, { target: 'wasm', wasm: 'relaxed' });
  const simd = await folder.add(network, ours.simd, { target: 'wasm', wasm: 'simd' });
  const others = (['litert', 'tfjstflite', 'ort'] as const).map((kind) => peer(kind, peers[kind], network));
  const runners = [relaxed.contestant, simd.contestant, ...others];
  const { res, err } = await harness.runModel(page, { name: network.name, runners }, rounds);
  for (const { kind, error } of err) console.log(`${network.name}: ${kind} fails: ${error}`);
  const answers = [ours.relaxed, ours.simd].map((label) => res.find((m) => m.name === label)?.out);
  if (JSON.stringify(answers[0]) !== JSON.stringify(answers[1])) throw new Error(`${network.name}: answers differ`);
  const exact = res.find((m) => m.name === ours.relaxed)?.info.module === 'network.wasm';
  return { network: network.name, macs: relaxed.macs, measured: res, exact };
}

function find({ network, measured }: Race, label: string): Measured {
  const found = measured.find((m) => m.name === label);
  if (found === undefined) throw new Error(`${network}: ${label} did not run`);
  return found;
}

/** How many times as long the fastest of the peers takes as `label`, of medians and of best rounds. */
function lead(r: Race, label: string, against: readonly string[]): { median: number; best: number } {
  const mine = find(r, label);
  const others = r.measured.filter((m) => against.includes(m.name));
  const of = (time: (m: Measured) => number) => Math.min(...others.map(time)) / time(mine);
  return { median: of(median), best: of(best) };
}

const text = ({ median: m, best: b }: { median: number; best: number }) => `${m.toFixed(2)} (${b.toFixed(2)})`;

function printRaces(races: readonly Race[]): void {
  const labels = [...Object.values(ours), ...peerLabels];
  const milliseconds = (m: Measured) => `${median(m).toPrecision(3)} (${best(m).toPrecision(3)})`;
  const rate = (m: Measured, macs: number) => (macs / best(m) / 1e6).toFixed(1);
  printTable(
    'Web, milliseconds of an inference: median (best round). Infer only, but ORT-web with feed and read',
    ['network', ...labels],
    races.map((r) => [r.network, ...labels.map((label) => milliseconds(find(r, label)))]),
  );
  printTable(
    'GMAC/s of the best round',
    ['network', 'MMAC', ...labels],
    races.map((r) => [r.network, (r.macs / 1e6).toFixed(2), ...labels.map((label) => rate(find(r, label), r.macs))]),
  );
  const comparisons = [
    { label: ours.relaxed, against: peerLabels },
    { label: ours.simd, against: [peers.tfjstflite] },
  ];
  const leads = races.map((r) => comparisons.map(({ label, against }) => lead(r, label, against)));
  const means = comparisons.map((_, c) => {
    const of = (key: 'median' | 'best') => geometricMean(leads.map((row) => row[c]?.[key] ?? Number.NaN));
    return { median: of('median'), best: of('best') };
  });
  printTable(
    'Their time / ours: of medians (of best rounds)',
    ['network', 'best peer / relaxed', 'tfjs-tflite / simd'],
    [
      ...races.map((r, i) => [r.network, ...(leads[i] ?? []).map(text)]),
      ['geometric mean', ...means.map(text)],
      ['goal', '1.2 each, 1.6 mean', '1.3 mean'],
    ],
  );
}

const folder = new ArtifactFolder();
afterAll(() => folder.remove());

it.skipIf(!hasPeers)('web, speed', async () => {
  const harness = await startPeers(folder.path);
  const browser = await launchChromium();
  try {
    const page = await harness.open(browser);
    const races: Race[] = [];
    for (const network of networks) races.push(await race(network, folder, harness, page));
    console.log(`Chromium ${browser.version()} on ${cpus()[0]?.model}`);
    if (!races.every(({ exact }) => exact)) {
      console.log('Relaxed dot products are not exact here: int8c relaxed ran the plain module that is behind it.');
    }
    printRaces(races);
  } finally {
    await browser.close();
    harness.close();
  }
});

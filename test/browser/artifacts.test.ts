// The artifacts for the web in headless Chromium, from a static server with a strict content security policy and
// without cross-origin isolation: the bundled example against the reference interpreter, networks against TensorFlow
// Lite Micro's answers.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TensorArray } from '../../ir/tensor-data.ts';
import { type CompileOptions, compile, createRunner, importModel, type Program } from '../../src/index.ts';
import { randomTensor, seededRandom } from '../../src/random-tensor.ts';
import { GoldenModel, goldenNames } from '../golden/golden-model.ts';
import { sharedPath } from '../shared-folder.ts';
import { hasChromium, launchChromium, openPage } from './chromium.ts';
import { StaticServer } from './static-server.ts';

/** What a page answers: for each run, the elements of each output. */
interface Answer {
  readonly outputs?: readonly (readonly (readonly number[])[])[];
  readonly crossOriginIsolated?: boolean;
  readonly error?: string;
}

interface Visit {
  readonly answer: Answer;
  readonly problems: readonly string[];
}

type Build = Omit<CompileOptions, 'name'>;

const builds: readonly Build[] = [
  { target: 'wasm', wasm: 'scalar' },
  { target: 'wasm', wasm: 'simd' },
  { target: 'wasm', wasm: 'relaxed' },
  { target: 'wasm', wasm: 'simd', inline: true },
  { target: 'wasm', wasm: 'relaxed', inline: true },
  { target: 'wgsl' },
];

const titleOf = ({ target, wasm, inline }: Build) =>
  [target, wasm, inline === true ? 'inline' : undefined].filter((word) => word !== undefined).join(' ');

const pages = ['page.html', 'page.js', 'worker.js', 'run-artifact.js'].map((name) => {
  const file = fileURLToPath(new URL(`pages/${name}`, import.meta.url));
  return [name, readFileSync(file)] as const;
});

const elements = (tensors: readonly TensorArray[]) => tensors.map((array) => Array.from(array, Number));

const networks = [
  'kws_ref_model',
  'pretrainedResnet_quant',
  'vww_96_int8',
  'ad01_int8',
  'mobilenet_v2_quantized_1x3x224x224',
].filter((name) => goldenNames.includes(name));

if (networks.length === 0) console.warn('No network is tested in a browser: the given data is absent.');

describe.skipIf(!hasChromium())('in Chromium', () => {
  let browser: Browser;
  let server: StaticServer;

  beforeAll(async () => {
    [browser, server] = await Promise.all([launchChromium(), StaticServer.start()]);
    server.add('', pages);
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Puts the artifact and its samples on a server; returns what the page is told. */
  async function publish(
    on: StaticServer,
    program: Program,
    build: Build,
    inputs: readonly TensorArray[][],
  ): Promise<Record<string, string>> {
    const folder = `/${program.name} ${titleOf(build)}`;
    on.add(folder, (await compile(program, { ...build, name: 'network' })).files);
    on.add(folder, [['inputs.json', new TextEncoder().encode(JSON.stringify(inputs.map(elements)))]]);
    return { module: `${folder}/network.js`, target: build.target };
  }

  /** Opens the page and waits for its answer. */
  async function ask(from: StaticServer, request: Readonly<Record<string, string>>): Promise<Visit> {
    const { page, problems } = await openPage(browser, `${from.url}/page.html?${new URLSearchParams(request)}`);
    try {
      await page.waitForFunction('globalThis.answer');
      return { answer: await page.evaluate<Answer>('globalThis.answer'), problems };
    } finally {
      await page.close();
    }
  }

  function expectVisit({ answer, problems }: Visit, expected: readonly TensorArray[][]): void {
    expect(answer).toEqual({ outputs: expected.map(elements), crossOriginIsolated: false });
    expect(problems).toEqual([]);
  }

  describe('the bundled example gives what the reference interpreter gives', () => {
    const samples = 4;
    let program: Program;
    let inputs: TensorArray[][];
    let expected: TensorArray[][];

    beforeAll(async () => {
      const file = fileURLToPath(new URL('../../docs/example/shapes_int8.tflite', import.meta.url));
      program = await importModel(readFileSync(file), { name: 'shapes' });
      const random = seededRandom(20);
      inputs = Array.from({ length: samples }, () => program.inputs.map(({ type }) => randomTensor(type, random).data));
      const reference = await createRunner(program, { target: 'interp' });
      expected = [];
      for (const run of inputs) {
        const feeds = Object.fromEntries(program.inputs.map(({ name }, i) => [name, run[i] as TensorArray]));
        expected.push(Object.values(await reference.run(feeds)));
      }
      expect(new Set(expected.map((run) => JSON.stringify(elements(run)))).size).toBeGreaterThan(1);
    }, 60_000);

    it.each(builds.map((build) => [titleOf(build), build] as const))(
      '%s, in a page and in a worker',
      async (_, build) => {
        const request = await publish(server, program, build, inputs);
        expectVisit(await ask(server, request), expected);
        expectVisit(await ask(server, { ...request, worker: 'yes' }), expected);
      },
    );

    it('and a page that breaks the policy is found out', async () => {
      const silent = await StaticServer.start("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'");
      try {
        silent.add('', pages);
        const request = await publish(silent, program, { target: 'wasm' }, inputs);
        const { answer, problems } = await ask(silent, request);
        expect(answer.error).toContain('Failed to fetch');
        expect(problems.join()).toContain('Content Security Policy');
      } finally {
        await silent.close();
      }
    });
  });

  const golden = networks.flatMap((name) => builds.filter((b) => b.inline !== true).map((build) => ({ name, build })));

  describe.skipIf(networks.length === 0)('networks give what TensorFlow Lite Micro gives', () => {
    it.each(golden.map(({ name, build }) => [name, titleOf(build), build] as const))(
      '%s as %s',
      { timeout: 300_000 },
      async (name, _, build) => {
        const model = new GoldenModel(name, false);
        const program = await importModel(readFileSync(sharedPath('golden-tflite', name, 'model.tflite')), { name });
        const vectors = Array.from({ length: model.vectorCount }, (_, v) => v);
        const inputs = vectors.map((v) => model.inputs(v));
        const visit = await ask(server, await publish(server, program, build, inputs));
        expectVisit(
          visit,
          vectors.map((v) => model.outputs(v)),
        );
      },
    );
  });
});

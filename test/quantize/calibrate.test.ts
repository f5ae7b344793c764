// Calibration: what is seen of the tensors of a float network, whatever the threads, interruptions and shards.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { calibrate, type NetworkStatistics } from '../../src/quantize/calibrate.ts';
import { floatNetwork } from '../../src/quantize/float-network.ts';
import { TensorStatistics } from '../../src/quantize/tensor-statistics.ts';
import { type SampleSource, samplesOf } from '../../src/samples/sample-source.ts';
import { example, repository, temporaryFolder } from '../cli/int8c.ts';
import { exampleNetwork, networkOf, randomSamples } from './calibration-networks.ts';

const folder = temporaryFolder();

const textOf = (statistics: NetworkStatistics) =>
  JSON.stringify([...statistics].map(([name, s]) => [name, s.toJSON()]));

const doubling = () =>
  networkOf(`module @m
func @main(%x "x": tensor<1x3xf32>) {
  %y = add %x, %x : tensor<1x3xf32>
  return %y "y"
}`);

describe('statistics', () => {
  test('are those of the tensors of every sample', async () => {
    const samples = [Float32Array.of(1, -2, 3), Float32Array.of(0, 5, -7)];
    const statistics = await calibrate(await doubling(), samplesOf(samples.map((x) => ({ x }))));
    const expected = [1, 2].map((factor) => {
      const s = new TensorStatistics(3);
      for (const x of samples) s.add(x.map((v) => factor * v));
      return s.toJSON();
    });
    expect([...statistics].map(([, s]) => s.toJSON())).toEqual(expected);
  });

  test('count NaN and infinities of samples apart', async () => {
    const x = Float32Array.of(Number.NaN, 1, Number.POSITIVE_INFINITY);
    const [input] = (await calibrate(await doubling(), samplesOf([{ x }]))).values();
    expect([input?.nonFinite, input?.min, input?.max]).toEqual([2, 1, 1]);
  });

  test('of a network with state are those of consecutive steps', async () => {
    const statistics = await calibrate(
      await counting(),
      samplesOf([1, 10, 100].map((v) => ({ x: Float32Array.of(v) }))),
    );
    expect([...statistics.values()].at(-1)?.max).toBe(111);
  });

  test('of no samples are empty', async () => {
    const statistics = await calibrate(await doubling(), samplesOf([]));
    expect([...statistics.values()].map((s) => s.samples)).toEqual([0, 0]);
  });

  test('do not take a sample that does not fit', async () => {
    const run = calibrate(await doubling(), samplesOf([{ x: Float32Array.of(1, 2) }]));
    await expect(run).rejects.toThrow(/I8C0402.*needs 3 elements/);
  });
});

/** Adds up its inputs from run to run. */
const counting = () =>
  networkOf(`module @m
func @main(%x "x": tensor<1xf32>) state(%s "sum" = splat<0> : tensor<1xf32>) {
  %y = add %x, %s : tensor<1xf32>
  return %y "y" next(%y)
}`);

describe('threads', () => {
  test('do not change a bit of the statistics, whatever their number', async () => {
    // Workers run JavaScript, so that the built modules are taken for this.
    const built = pathToFileURL(join(repository, 'dist/src/')).href;
    const { calibrate: builtCalibrate } = (await import(
      `${built}quantize/calibrate.js`
    )) as typeof import('../../src/quantize/calibrate.ts');
    const { floatNetwork: builtNetwork } = (await import(
      `${built}quantize/float-network.js`
    )) as typeof import('../../src/quantize/float-network.ts');
    const { importModel } = (await import(`${built}program.js`)) as typeof import('../../src/program.ts');
    const network = builtNetwork(await importModel(readFileSync(example('shapes.tflite'))));
    const samples = randomSamples(network, 150);
    const [one, two, five] = await Promise.all(
      [1, 2, 5].map(async (workers) => textOf(await builtCalibrate(network, samples, { workers }))),
    );
    expect(two).toBe(one);
    expect(five).toBe(one);
    // And this thread's TypeScript says the same.
    expect(textOf(await calibrate(await exampleNetwork(), samples))).toBe(one);
  });

  test('end with the calibration that failed, which names the sample', async () => {
    const built = pathToFileURL(join(repository, 'dist/src/quantize/calibrate.js')).href;
    const { calibrate: builtCalibrate } = (await import(built)) as typeof import('../../src/quantize/calibrate.ts');
    const network = await exampleNetwork();
    const good = randomSamples(network, 100);
    const failing: SampleSource = {
      count: 100,
      read: (i) => (i === 70 ? Promise.reject(new Error('sample 70 is torn')) : good.read(i)),
    };
    await expect(builtCalibrate(network, failing, { workers: 2 })).rejects.toThrow('sample 70 is torn');
  });
});

describe('interruptions', () => {
  /** Calibrates until `most` samples are done at least. */
  async function interrupted(samples: SampleSource, most: number, resume: string): Promise<void> {
    const controller = new AbortController();
    const onProgress = ({ done }: { done: number }) => {
      if (done >= most) controller.abort(new Error('enough'));
    };
    const run = calibrate(await exampleNetwork(), samples, { resume, onProgress, signal: controller.signal });
    await expect(run).rejects.toThrow('enough');
  }

  test('do not change a bit of the statistics', async () => {
    const network = await exampleNetwork();
    const samples = randomSamples(network, 100);
    const whole = textOf(await calibrate(network, samples));
    const resume = join(folder, 'part.json');
    await interrupted(samples, 30, resume);
    await interrupted(samples, 60, resume);
    const seen: number[] = [];
    const onProgress = ({ done }: { done: number }) => seen.push(done);
    expect(textOf(await calibrate(network, samples, { resume, onProgress }))).toBe(whole);
    expect(seen[0]).toBeGreaterThanOrEqual(60);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(100);
    // What is finished is not run again.
    const unread: SampleSource = { count: 100, read: samples.read };
    expect(textOf(await calibrate(network, unread, { resume }))).toBe(whole);
  });

  test('do not change a state', async () => {
    const samples = samplesOf(Array.from({ length: 40 }, (_, i) => ({ x: Float32Array.of(i) })));
    const whole = textOf(await calibrate(await counting(), samples));
    const resume = join(folder, 'state.json');
    const torn: SampleSource = {
      count: 40,
      read: (i) => (i === 35 && !existsSync(resume) ? Promise.reject(new Error('torn')) : samples.read(i)),
    };
    await expect(calibrate(await counting(), torn, { resume })).rejects.toThrow('torn');
    expect(existsSync(resume)).toBe(true);
    expect(textOf(await calibrate(await counting(), samples, { resume }))).toBe(whole);
  });

  test('are not gone on from with another model, other samples, or a damaged file', async () => {
    const network = await exampleNetwork();
    const samples = randomSamples(network, 40);
    const resume = join(folder, 'refused.json');
    await calibrate(network, samples, { resume });
    const other = { x: Float32Array.of(1, 2, 3) };
    await expect(calibrate(await doubling(), samplesOf([other]), { resume })).rejects.toThrow(
      /I8C0402.*of another model than this one: of "shapes"/,
    );
    await expect(calibrate(network, randomSamples(network, 40, 8), { resume })).rejects.toThrow(
      /I8C0402.*The checkpoint is of other samples/,
    );
    await expect(calibrate(network, randomSamples(network, 41), { resume })).rejects.toThrow(/of other samples/);
    writeFileSync(resume, readFileSync(resume, 'utf8').replace('"zeros":', '"zero":'));
    await expect(calibrate(network, samples, { resume })).rejects.toThrow(/I8C0002.*refused.json/);
    writeFileSync(resume, '{');
    await expect(calibrate(network, samples, { resume })).rejects.toThrow(/I8C0001.*no JSON/);
  });
});

test('memory does not hold the samples: each is read once, a few at a time', async () => {
  const network = floatNetwork((await exampleNetwork()).program);
  const samples = randomSamples(network, 64);
  const order: number[] = [];
  let reading = 0;
  const watched: SampleSource = {
    count: 64,
    async read(i) {
      order.push(i);
      expect(++reading).toBe(1);
      const feeds = await samples.read(i);
      reading--;
      return feeds;
    },
  };
  await calibrate(network, watched, { workers: 1 });
  expect(order).toEqual(Array.from({ length: 64 }, (_, i) => i));
});

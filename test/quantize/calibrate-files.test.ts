// Files of statistics: read back to the bit, merged exactly, and refused where they are damaged or another model's.
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { CompileError } from '../../ir/diagnostics.ts';
import { calibrate } from '../../src/quantize/calibrate.ts';
import { tensorsToObserve } from '../../src/quantize/calibration-module.ts';
import { fingerprintOf } from '../../src/quantize/calibration-samples.ts';
import type { FloatNetwork } from '../../src/quantize/float-network.ts';
import { mergeStatistics } from '../../src/quantize/merge-statistics.ts';
import {
  checkStatistics,
  decodeStatistics,
  encodeStatistics,
  type StatisticsFile,
} from '../../src/quantize/statistics-file.ts';
import type { StatisticsRecord, TensorStatistics } from '../../src/quantize/tensor-statistics.ts';
import type { SampleSource } from '../../src/samples/sample-source.ts';
import { shardOf } from '../../src/samples/select-samples.ts';
import { exampleNetwork, networkOf, randomSamples } from './calibration-networks.ts';

async function fileOf(network: FloatNetwork, samples: SampleSource): Promise<StatisticsFile> {
  const { name, sourceHash } = network.program;
  return {
    model: { name, sha256: sourceHash },
    samples: [
      { fingerprint: await fingerprintOf(network.program, samples), done: samples.count, count: samples.count },
    ],
    tensors: await calibrate(network, samples),
  };
}

let network: FloatNetwork;
let whole: StatisticsFile;
let shards: StatisticsFile[];
beforeAll(async () => {
  network = await exampleNetwork();
  const samples = randomSamples(network, 20);
  whole = await fileOf(network, samples);
  shards = [];
  for (const k of [1, 2, 3]) shards.push(await fileOf(network, shardOf(samples, k, 3)));
});

/** Without sums, whose rounding depends on the order. */
function exactPart(s: TensorStatistics): object {
  const { sumOfExtremes: _, channels, ...rest } = s.toJSON() satisfies StatisticsRecord;
  return { ...rest, channels: { count: channels.count, min: channels.min, max: channels.max } };
}

test('a file is read back to the bit', () => {
  const bytes = encodeStatistics(whole);
  const read = decodeStatistics(bytes, 'stats.json');
  expect(encodeStatistics(read)).toEqual(bytes);
  expect([...read.tensors.keys()]).toEqual(tensorsToObserve(network).map(({ name }) => name));
});

test('shards merge to what all samples give, in any order; sums up to their rounding', () => {
  const named = shards.map((file, i) => ({ path: `s${i + 1}.json`, file }));
  const merged = mergeStatistics(named);
  const reversed = mergeStatistics([...named].reverse());
  expect(merged.samples.reduce((n, { done }) => n + done, 0)).toBe(20);
  for (const [name, statistics] of whole.tensors) {
    for (const other of [merged, reversed]) {
      const found = other.tensors.get(name);
      if (found === undefined) throw new Error(`no ${name}`);
      expect(exactPart(found)).toEqual(exactPart(statistics));
      expect(found.meanMin).toBeCloseTo(statistics.meanMin, 9);
      found.channelMean.forEach((mean, c) => {
        expect(mean).toBeCloseTo(statistics.channelMean[c] ?? Number.NaN, 9);
      });
    }
  }
});

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof CompileError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('merging refuses', () => {
  const merging = (...files: StatisticsFile[]) =>
    messageOf(() => mergeStatistics(files.map((file, i) => ({ path: `s${i + 1}.json`, file }))));
  const first = () => shards[0] ?? whole;

  test('the same samples twice', () => {
    expect(merging(first(), whole, first())).toMatch(/I8C0402.*s3.json: The samples are also those of "s1.json"/);
  });

  test('what is not finished', () => {
    const samples = whole.samples.map((s) => ({ ...s, done: 7 }));
    expect(merging(first(), { ...whole, samples })).toMatch(/s2.json: The calibration was not finished: 7 of 20/);
  });

  test('another model', () => {
    const model = { name: 'other', sha256: 'ff' };
    expect(merging(first(), { ...whole, model })).toMatch(/s2.json: The statistics are not of the model of "s1.json"/);
  });

  test('other tensors', () => {
    const tensors = new Map([...whole.tensors].map(([name, s], i) => [i === 0 ? 'another' : name, s]));
    expect(merging(first(), { ...whole, tensors })).toMatch(/Tensor "another" is not in "s1.json"/);
  });
});

describe('a model refuses', () => {
  const checking = (file: StatisticsFile) =>
    messageOf(() => {
      const owner = { program: network.program, tensors: tensorsToObserve(network) };
      checkStatistics(file, owner, 'stats.json');
    });

  test("nothing of its own, but another's statistics", async () => {
    expect(checking(whole)).toBe('accepted');
    const other = await networkOf(`module @m
func @main(%x "x": tensor<1x3xf32>) {
  %y = abs %x : tensor<1x3xf32>
  return %y "y"
}`);
    expect(checking(await fileOf(other, randomSamples(other, 2)))).toMatch(/stats.json: .*of another model/);
  });

  test('statistics that lack a tensor, or have it with other channels', () => {
    const [first = ''] = whole.tensors.keys();
    const lacking = new Map([...whole.tensors].slice(1));
    expect(checking({ ...whole, tensors: lacking })).toContain(`lack the tensor "${first}"`);
    const [, second] = [...whole.tensors.values()].filter((s) => s.channels !== whole.tensors.get(first)?.channels);
    if (second === undefined) throw new Error('all tensors have the same channels');
    expect(checking({ ...whole, tensors: new Map(whole.tensors).set(first, second) })).toContain('channels');
  });
});

describe('bytes of strangers', () => {
  const reading = (text: string) =>
    messageOf(() => decodeStatistics(new TextEncoder().encode(text), 'stats.json').tensors);
  const format = '"format": "int8c statistics 1"';
  const model = '"model": {"name": "m", "sha256": "00"}';

  test.each<[string, string, RegExp]>([
    ['nothing', '', /I8C0001.*no JSON/],
    ['other JSON', '[1, 2]', /I8C0001.*not marked/],
    ['another version', '{"format": "int8c statistics 2"}', /I8C0001.*not marked/],
    ['no model', `{${format}}`, /I8C0002.*which model/],
    ['no samples', `{${format}, ${model}}`, /I8C0002.*which samples/],
    [
      'more done than there are',
      `{${format}, ${model}, "samples": [{"fingerprint": "", "done": 2, "count": 1}]}`,
      /which/,
    ],
    ['no tensors', `{${format}, ${model}, "samples": [], "tensors": []}`, /I8C0002.*no tensors/],
    ['a tensor that is none', `{${format}, ${model}, "samples": [], "tensors": {"a": 1}}`, /stats.json, "a"/],
    ['deep nesting', '['.repeat(1e6), /I8C0001/],
  ])('%s', (_, text, message) => {
    expect(reading(text)).toMatch(message);
  });

  test('names that objects have themselves are names', () => {
    const [record] = [...whole.tensors.values()].map((s) => JSON.stringify(s));
    const text = `{${format}, ${model}, "samples": [], "tensors": {"__proto__": ${record}, "constructor": ${record}}}`;
    const read = decodeStatistics(new TextEncoder().encode(text), 'stats.json');
    expect([...read.tensors.keys()]).toEqual(['__proto__', 'constructor']);
    expect(decodeStatistics(encodeStatistics(read), '').tensors.size).toBe(2);
  });

  test('a file with some bytes changed is read or refused', () => {
    const bytes = encodeStatistics(shards[0] ?? whole);
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 32, max: 126 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const damaged = bytes.slice();
        for (const [at, byte] of changes) damaged[at] = byte;
        messageOf(() => decodeStatistics(damaged, 'stats.json'));
      }),
      { numRuns: 200, seed: 5 },
    );
  });
});

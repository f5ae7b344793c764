// int8c calibrate: statistics in a file, in shards, resumable, merged; and what it refuses.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeStatistics } from '../../src/quantize/statistics-file.ts';
import { example, int8c, temporaryFolder } from './int8c.ts';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const model = example('shapes.tflite');
const data = ['--data', example('samples.npy')];

const statisticsIn = (name: string) => decodeStatistics(readFileSync(at(name)), name);

test('statistics of all samples, the same with any number of threads', () => {
  const { code, stdout, stderr } = int8c(['calibrate', model, ...data, '-o', at('all.json')]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^shapes: 24 samples, \d+ tensors\n {2}\S+all\.json {2}[\d,]+ bytes\n$/);
  expect(int8c(['calibrate', model, ...data, '--workers', '2', '-o', at('two.json')]).code).toBe(0);
  expect(readFileSync(at('two.json'), 'utf8')).toBe(readFileSync(at('all.json'), 'utf8'));
  const { tensors } = statisticsIn('all.json');
  expect([...tensors.values()].every((s) => s.samples === 24)).toBe(true);
});

test('shards merge to all samples', () => {
  const shards = [1, 2, 3].map((k) => at(`shard${k}.json`));
  for (const [i, path] of shards.entries()) {
    expect(int8c(['calibrate', model, ...data, '--shard', `${i + 1}/3`, '-o', path]).code).toBe(0);
  }
  const { code, stdout } = int8c(['calibrate', 'merge', ...shards, '-o', at('merged.json'), '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ model: { name: 'shapes' }, samples: 24, nonFinite: [] });
  expect(int8c(['calibrate', model, ...data, '-o', at('whole.json')]).code).toBe(0);
  for (const [name, s] of statisticsIn('whole.json').tensors) {
    const merged = statisticsIn('merged.json').tensors.get(name);
    expect(merged?.histogram).toEqual(s.histogram);
    expect([merged?.min, merged?.max, merged?.count]).toEqual([s.min, s.max, s.count]);
  }
  const twice = int8c(['calibrate', 'merge', ...shards, shards[0] ?? '', '-o', at('twice.json')]);
  expect(twice.code).toBe(1);
  expect(twice.stderr).toContain('The samples are also those of');
});

test('--resume goes on, and refuses other samples', () => {
  const command = ['calibrate', model, ...data, '--resume', at('part.json')];
  expect(int8c([...command, '--workers', '1', '-o', at('first.json')]).code).toBe(0);
  expect(int8c([...command, '-o', at('second.json')]).code).toBe(0);
  expect(readFileSync(at('second.json'), 'utf8')).toBe(readFileSync(at('first.json'), 'utf8'));
  const { code, stderr } = int8c([...command, '--limit', '10', '-o', at('third.json')]);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^error\[I8C0402\] \S+part\.json: The checkpoint is of other samples than these\. Give the same/,
  );
});

describe('refused', () => {
  writeFileSync(at('text.json'), 'not JSON');
  test.each<[string, readonly string[], number, RegExp]>([
    ['no samples', ['calibrate', model], 2, /^error\[I8C0401\] Option '--data' is missing/],
    [
      'a folder that is none',
      ['calibrate', model, '--data', at('none')],
      1,
      /^error\[I8C0005\] There is no file and no folder/,
    ],
    [
      'half a thread',
      ['calibrate', model, ...data, '--workers', '0.5'],
      2,
      /takes a whole number from 1 on, not "0.5"/,
    ],
    ['no limit', ['calibrate', model, ...data, '--limit', '0'], 2, /Option --limit takes a whole number from 1 on/],
    ['a shard that is none', ['calibrate', model, ...data, '--shard', '3'], 2, /takes a shard such as 2\/8, not "3"/],
    ['a shard beyond', ['calibrate', model, ...data, '--shard', '9/8'], 2, /There is no shard 9 of 8/],
    ['an empty shard', ['calibrate', model, ...data, '--shard', '30/30'], 1, /There are no samples in this shard/],
    ['merging without a name', ['calibrate', 'merge', at('text.json')], 2, /Required option '-o, --output <file>'/],
    [
      'no statistics',
      ['calibrate', 'merge', at('text.json'), '-o', at('m.json')],
      1,
      /I8C0001\] \S+: The file is no JSON/,
    ],
    ['what overwrites the model', ['calibrate', model, ...data, '-o', model], 1, /would overwrite/],
  ])('%s', (_, args, exitCode, message) => {
    const { code, stderr } = int8c(args, { cwd: folder });
    expect(stderr).toMatch(message);
    expect(code).toBe(exitCode);
  });
});

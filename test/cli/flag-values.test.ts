// Values of options: what is read from their texts, and what is refused.
import { expect, test } from 'vitest';
import { budgetIn, bytesIn, percentageOf, shardNamed, wholeNumber } from '../../src/cli/flag-values.ts';

test.each([
  ['0.5%', 0.005],
  ['50 %', 0.5],
  ['100%', 1],
  ['0%', 0],
])('%s is a share', (text, share) => {
  expect(percentageOf('--x', text)).toBeCloseTo(share, 12);
});

test.each(['0.5', '101%', '-1%', '%', '1e1%', ''])('"%s" is no percentage', (text) => {
  expect(() => percentageOf('--x', text)).toThrow(/I8C0401.*--x takes a percentage/);
});

test.each([
  ['65536', 65536],
  ['64k', 65536],
  ['64KB', 65536],
  ['1.5M', 1572864],
  ['2MiB', 2097152],
])('%s are bytes', (text, bytes) => {
  expect(bytesIn('--x', text)).toBe(bytes);
});

test.each(['0', '-1', '1T', 'k', '', '1 000'])('"%s" are no bytes', (text) => {
  expect(() => bytesIn('--x', text)).toThrow(/I8C0401.*--x takes amounts/);
});

test('a budget has ram, flash or both, each once', () => {
  expect(budgetIn('--x', 'ram=64k,flash=512k')).toEqual({ ram: 65536, flash: 524288 });
  expect(budgetIn('--x', 'flash=1000')).toEqual({ flash: 1000 });
  for (const text of ['', 'ram', 'ram=1,ram=2', 'flash=1,flash=2', 'rom=5', 'ram=1,']) {
    expect(() => budgetIn('--x', text)).toThrow(/I8C0401.*ram=BYTES,flash=BYTES/);
  }
});

test('shards and counts are whole numbers', () => {
  expect(shardNamed('--x', '2/8')).toEqual([2, 8]);
  for (const text of ['2', '2/', '/8', '-1/8', '1.5/8']) expect(() => shardNamed('--x', text)).toThrow(/I8C0401/);
  expect(wholeNumber('--x', '0', 0)).toBe(0);
  for (const text of ['0', '1.5', '-1', '1e3', '']) expect(() => wholeNumber('--x', text, 1)).toThrow(/I8C0401/);
});

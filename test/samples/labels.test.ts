// Labels from files: every form, names in another order than the samples, and what is refused.
import { describe, expect, test } from 'vitest';
import { readLabels } from '../../src/samples/labels.ts';
import { hasShared, sharedPath } from '../shared-folder.ts';
import { messageOf, temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const labelsOf = async (name: string, text: string, names?: readonly string[]) => [
  ...(await readLabels(await folder.write(name, text), names)),
];

test.each<[string, string, string]>([
  ['an array', 'l.json', '[3, 0, 12]'],
  ['an object with labels', 'l.json', '{"classes": ["a"], "labels": [3, 0, 12]}'],
  ['lines', 'l.txt', '3\n0\n12\n'],
  ['lines of Windows, with empty ones and remarks', 'l.txt', '# classes\r\n3\r\n\r\n 0 \r\n12'],
  ['names and labels, with a heading', 'l.csv', 'file,label\na.png,3\n"b,c.png",0\nd.png, 12\n'],
])('%s', async (_, name, text) => {
  expect(await labelsOf(name, text)).toEqual([3, 0, 12]);
});

describe('names', () => {
  const names = ['data/a/1.png', 'data/a/2.png', 'data/b/1.png'];

  test('are matched to the samples, folders before them aside', async () => {
    expect(await labelsOf('l.csv', 'b/1.png,7\na/1.png,5\na/2.png,6\nother.png,9\n', names)).toEqual([5, 6, 7]);
    expect(await labelsOf('l.csv', 'elsewhere/2.png,1\n/x/3.png,2\n', ['d/3.png', 'd/2.png'])).toEqual([2, 1]);
  });

  test('that are none of the samples stand in order', async () => {
    expect(await labelsOf('l.csv', 'first,2\nsecond,1\n', ['all.npy', 'all.npy'])).toEqual([2, 1]);
    expect(await labelsOf('l.csv', 'first,2\nsecond,1\n', ['x.npy', 'y.npy'])).toEqual([2, 1]);
  });

  test.each<[string, string, string]>([
    ['a sample without a label', 'a/1.png,5\nb/1.png,5\n', 'The sample "data/a/2.png" has no label.'],
    ['a name twice', 'a/1.png,5\na/1.png,6\n', '"a/1.png" has two labels.'],
    ['names that could be several', 'x/1.png,5\ny/1.png,6\nz/2.png,7\n', '"data/a/1.png" could have more than one'],
  ])('%s is refused', async (_, text, message) => {
    expect(await messageOf(() => labelsOf('l.csv', text, names))).toContain(message);
  });
});

test.each<[string, string, string, string]>([
  ['broken JSON', 'l.json', '[1, 2', 'The file is no JSON.'],
  ['JSON of something else', 'l.json', '{"lables": [1]}', 'no list of labels'],
  ['names of classes', 'l.json', '[1, "cat"]', 'Label 1 is "cat", which is no index of a class.'],
  ['negative labels', 'l.json', '[-1]', 'Label 0 is'],
  ['fractions', 'l.json', '[1.5]', 'Label 0 is'],
  ['numbers too large', 'l.txt', '1\n99999999999\n', 'The label of line 2 is'],
  ['text', 'l.txt', '1\ncat\n', 'The label of line 2 is "cat"'],
  ['another form', 'l.yaml', '- 1', '.json, .txt or .csv'],
])('%s: refused, by the name of the file', async (_, name, text, message) => {
  const found = await messageOf(() => labelsOf(name, text));
  expect(found).toContain(message);
  expect(found).toContain(JSON.stringify(folder.path(name)));
});

test('a missing file is named', async () => {
  expect(await messageOf(() => readLabels(folder.path('none.json')))).toContain('There is no labels file');
});

test.skipIf(!hasShared('data', 'cifar10'))('the labels of CIFAR-10', async () => {
  const labels = await readLabels(sharedPath('data', 'cifar10', 'labels.json'));
  expect([labels.length, ...labels.slice(0, 5)]).toEqual([500, 8, 8, 0, 6, 6]);
});

// "Did you mean": near names are found, far ones are not.
import { describe, expect, it } from 'vitest';
import { didYouMean, nearestName } from '../../ir/spelling.ts';

const known = ['conv2d', 'concat', 'constant', 'reshape', 'add', '--target'];

describe('nearestName', () => {
  it.each([
    ['conv2', 'conv2d'],
    ['covn2d', 'conv2d'],
    ['Conv2D', 'conv2d'],
    ['reshpae', 'reshape'],
    ['ad', 'add'],
    ['--traget', '--target'],
    ['add', 'add'],
    ['softmax', undefined],
    ['x', undefined],
    ['c'.repeat(65), undefined],
  ])('%s', (name, expected) => {
    expect(nearestName(name, known)).toBe(expected);
  });

  it('takes the first of equally near names', () => {
    expect(nearestName('bat', ['cat', 'hat'])).toBe('cat');
  });
});

describe('didYouMean', () => {
  it('is a sentence, or nothing', () => {
    expect(didYouMean('conv2', known)).toBe('Did you mean conv2d?');
    expect(didYouMean('softmax', known)).toBeUndefined();
  });
});

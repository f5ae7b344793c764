// Parts of the samples: to fit to, and to check what was fitted.
import { expect, it } from 'vitest';
import { heldOut } from '../../src/quantize/held-out.ts';
import { type SampleSource, samplesOf } from '../../src/samples/sample-source.ts';
import { networkOf } from './calibration-networks.ts';

const plain = await networkOf(`module @plain
func @main(%x "x": tensor<1xf32>) {
  %y = exp %x : tensor<1xf32>
  return %y "y"
}`);
const running = await networkOf(`module @running
func @main(%x "x": tensor<1xf32>) state(%s "sum" = splat<0> : tensor<1xf32>) {
  %y = add %x, %s : tensor<1xf32>
  return %y "y" next(%y)
}`);

const source = (count: number) => samplesOf(Array.from({ length: count }, (_, k) => ({ x: Float32Array.of(k) })));

async function numbersOf(samples: SampleSource): Promise<number[]> {
  const feeds = await Promise.all(Array.from({ length: samples.count }, (_, i) => samples.read(i)));
  return feeds.map(({ x }) => Number(x?.[0]));
}

it('shows each sample to one of the two', async () => {
  const { fitted, checked } = heldOut(plain, source(11));
  expect(await numbersOf(fitted)).toEqual([0, 1, 2, 4, 5, 6, 8, 9, 10]);
  expect(await numbersOf(checked)).toEqual([3, 7]);
});

it.each([
  ['few samples', plain, 7],
  ['steps of a network with state', running, 11],
] as const)('does not part %s', async (_, network, count) => {
  const { fitted, checked } = heldOut(network, source(count));
  expect([fitted.count, checked.count]).toEqual([count, count]);
});

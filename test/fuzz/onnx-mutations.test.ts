// Truncated, bit-flipped and otherwise damaged .onnx files: each compiles or ends in a diagnostic, quickly and within
// bounded memory, and what compiles computes as JavaScript what the reference computes.
//
// INT8C_FUZZ sets the number of mutations of each model. The whole claim, 10,000 of three models: INT8C_FUZZ=3400.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Compiled, createRunner } from '../../src/index.ts';
import { sampleModel } from '../onnx/write-model.ts';
import { hasShared, sharedPath } from '../shared-folder.ts';
import { compileMutations, randomFeeds } from './damaged-models.ts';

const count = Number(process.env.INT8C_FUZZ ?? 40);
/** One compiled program in so many is run. */
const runEvery = 20;
/** Larger ones take the reference interpreter too long. */
const maxMacsToRun = 3e6;

const given = (
  [
    ['a quantized network', ['models', 'onnx', 'kws_dscnn_qdq.onnx']],
    ['a float network', ['models', 'real', 'mnist_cntk.onnx']],
  ] as const
).filter(([, path]) => hasShared(...path));

const models: readonly { name: string; bytes: Uint8Array }[] = [
  { name: 'a written model', bytes: sampleModel() },
  ...given.map(([name, path]) => ({ name, bytes: readFileSync(sharedPath(...path)) })),
];

/** Runs it on the reference and as JavaScript, on the same random inputs. */
async function expectAgreement(compiled: Compiled, seed: number): Promise<void> {
  const { program } = compiled;
  const feeds = randomFeeds(program, seed);
  const [expected, found] = await Promise.all(
    (['interp', 'js'] as const).map(async (target) => (await createRunner(program, { target })).run(feeds)),
  );
  expect(found).toEqual(expected);
}

describe.each(models)('damaged copies of $name', ({ bytes }) => {
  it('compile to what is right, or end in a diagnostic', { timeout: 1_200_000 }, async () => {
    let accepted = 0;
    await compileMutations(bytes, count, async (compiled, i) => {
      if (accepted++ % runEvery === 0 && compiled.manifest.macs <= maxMacsToRun) await expectAgreement(compiled, i);
    });
  });
});

// Truncated, bit-flipped and otherwise damaged .onnx files: each compiles or ends in a diagnostic, quickly and within
// bounded memory, and what compiles computes as JavaScript what the reference computes.
//
// INT8C_FUZZ sets the number of mutations of each model. The whole claim, 10,000 of three models: INT8C_FUZZ=3400.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CompileError } from '../../ir/diagnostics.ts';
import { type Compiled, compile, createRunner, importModel } from '../../src/index.ts';
import { randomTensor, seededRandom } from '../../src/random-tensor.ts';
import { sampleModel } from '../onnx/write-model.ts';
import { hasShared, sharedPath } from '../shared-folder.ts';
import { mutate } from './mutations.ts';

const count = Number(process.env.INT8C_FUZZ ?? 40);
/** One compiled program in so many is run. */
const runEvery = 20;
const maxMilliseconds = 2000;
const maxKilobytes = 1024 * 1024;
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

/** The compiled model, or undefined where int8c refused it. Any other error is the test's failure. */
async function compileDamaged(bytes: Uint8Array): Promise<Compiled | undefined> {
  try {
    return await compile(await importModel(bytes), { target: 'c' });
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    expect(error.diagnostics.length).toBeGreaterThan(0);
    expect(error.diagnostics.filter((d) => d.code === 'I8C0901')).toEqual([]);
    return undefined;
  }
}

/** Runs it on the reference and as JavaScript, on the same random inputs. */
async function expectAgreement(compiled: Compiled, seed: number): Promise<void> {
  const { program } = compiled;
  const random = seededRandom(seed);
  const feeds = Object.fromEntries(program.inputs.map(({ name, type }) => [name, randomTensor(type, random).data]));
  const [expected, found] = await Promise.all(
    (['interp', 'js'] as const).map(async (target) => (await createRunner(program, { target })).run(feeds)),
  );
  expect(found).toEqual(expected);
}

describe.each(models)('damaged copies of $name', ({ bytes }) => {
  it('compile to what is right, or end in a diagnostic', { timeout: 1_200_000 }, async () => {
    const random = seededRandom(bytes.length);
    let refused = 0;
    let accepted = 0;
    for (let i = 0; i < count; i++) {
      const damaged = mutate(bytes, random);
      const start = process.cpuUsage();
      const compiled = await compileDamaged(damaged).catch((cause: unknown) => {
        throw new Error(`mutation ${i}`, { cause });
      });
      const { user, system } = process.cpuUsage(start);
      expect((user + system) / 1000, `milliseconds of mutation ${i}`).toBeLessThan(maxMilliseconds);
      if (compiled === undefined) refused++;
      else if (accepted++ % runEvery === 0 && compiled.manifest.macs <= maxMacsToRun)
        await expectAgreement(compiled, i);
    }
    expect(refused).toBeGreaterThan(0);
    expect(process.resourceUsage().maxRSS).toBeLessThan(maxKilobytes);
  });
});

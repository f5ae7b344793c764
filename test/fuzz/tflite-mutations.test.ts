// Truncated, bit-flipped and otherwise damaged .tflite files: each compiles or ends in a diagnostic, quickly and within
// bounded memory, and what compiles is right: its C stays inside its memory and computes what the reference computes.
//
// INT8C_FUZZ sets the number of mutations of each model. The whole claim, 10,000 of three models: INT8C_FUZZ=3400.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { kernelKey } from '../../ir/loops/kernel-key.ts';
import { encodeTflite } from '../../src/frontends/tflite/writer.ts';
import { createRunner } from '../../src/index.ts';
import { seededRandom } from '../../src/random-tensor.ts';
import { hasCompiler } from '../c-compiler.ts';
import { sampleModel } from '../frontends/tflite-sample.ts';
import { hasShared, sharedPath } from '../shared-folder.ts';
import { compileDamaged, compileMutations, randomFeeds } from './damaged-models.ts';
import { mutate } from './mutations.ts';

const count = Number(process.env.INT8C_FUZZ ?? 200);
/** Damaged models that are built and run: a build takes hundreds of times as long as a compilation. */
const runCount = Math.ceil(count / 50);
/** Larger ones take the reference interpreter too long. */
const maxMacsToRun = 5e6;

const bundled = (name: string) => readFileSync(fileURLToPath(new URL(`../../docs/example/${name}`, import.meta.url)));
const golden = ['hello_world_int8', 'trained_lstm_int8'].filter((name) => hasShared('golden-tflite', name));

const models: readonly { name: string; bytes: Uint8Array }[] = [
  { name: 'the bundled example', bytes: bundled('shapes_int8.tflite') },
  ...(golden.length > 0
    ? golden.map((name) => ({ name, bytes: readFileSync(sharedPath('golden-tflite', name, 'model.tflite')) }))
    : [
        { name: 'the bundled float example', bytes: bundled('shapes.tflite') },
        { name: 'a written model', bytes: encodeTflite(sampleModel()) },
      ]),
];

describe.each(models)('damaged copies of $name', ({ bytes }) => {
  it('compile or end in a diagnostic', { timeout: 1_200_000 }, async () => {
    await compileMutations(bytes, count);
  });

  it.skipIf(!hasCompiler('gcc'))('compile to C that is right', { timeout: 1_200_000 }, async () => {
    const random = seededRandom(bytes.length + 1);
    const seen = new Set<string>();
    while (seen.size < runCount) {
      const compiled = await compileDamaged(mutate(bytes, random));
      if (compiled === undefined || compiled.manifest.macs > maxMacsToRun) continue;
      // Other weights in the same loops show nothing new.
      const loops = compiled.loops.kernels.map((k) => kernelKey(k)).join('\n');
      if (seen.has(loops)) continue;
      seen.add(loops);
      const { program } = compiled;
      const feeds = randomFeeds(program, seen.size);
      const cflags = ['-O0', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
      const runner = await createRunner(compiled, { target: 'c', cc: 'gcc', cflags });
      try {
        const results = await runner.run(feeds);
        const expected = await (await createRunner(program, { target: 'interp' })).run(feeds);
        for (const { name, type } of program.outputs) {
          if (type.element !== 'f32') expect(results[name], name).toEqual(expected[name]);
        }
      } finally {
        await runner.close();
      }
    }
  });
});

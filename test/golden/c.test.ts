// Compiled C against TensorFlow Lite Micro: outputs and every intermediate tensor, optimized and under sanitizers, with
// two compilers that must not warn. State is kept from run to run, and reset puts it back.
import { describe, expect, it } from 'vitest';
import { createReferenceRunner } from '../../ir/interpreter.ts';
import { lowerFunction } from '../../passes/lower.ts';
import { executable, runPasses } from '../../passes/pipeline.ts';
import { scalar } from '../../passes/schedule/isa.ts';
import type { Engine } from '../../src/runner.ts';
import { createCEngine } from '../../src/runners/c.ts';
import { hasCompiler } from '../c-compiler.ts';
import { GoldenModel, goldenNames } from './golden-model.ts';

const builds = [
  { title: 'gcc -O2', cc: 'gcc', cflags: ['-O2'], expose: true, sanitized: false },
  {
    title: 'gcc -O1 under ASan and UBSan',
    cc: 'gcc',
    cflags: ['-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
    expose: true,
    sanitized: true,
  },
  // As a user compiles it: only the model's outputs, so that everything that fuses or shares memory does.
  { title: 'clang -O2', cc: 'clang', cflags: ['-O2'], expose: false, sanitized: false },
];

/** 300 M multiply-accumulates a run: under sanitizers one vector has to do. */
const large = ['mobilenet_v2_quantized_1x3x224x224'];

/** Runs that follow each other without reset give what the reference interpreter gives. */
async function expectSameSequence(name: string, expose: boolean, engine: Engine): Promise<void> {
  const model = new GoldenModel(name, expose);
  runPasses(model.imported.module, { passes: executable });
  const reference = createReferenceRunner(model.func);
  engine.reset();
  for (let v = 0; v < model.vectorCount; v++) {
    const inputs = model.inputs(v);
    const expected = reference.run(inputs).map((t) => t.data);
    expect(await engine.run(inputs), `${name}, run ${v}`).toEqual(expected);
  }
}

describe.skipIf(goldenNames.length === 0).each(builds)('$title equals TensorFlow Lite Micro', (build) => {
  const { cc, cflags, expose, sanitized } = build;

  it.skipIf(!hasCompiler(cc)).concurrent.each(goldenNames)('%s', { timeout: 300_000 }, async (name) => {
    const model = new GoldenModel(name, expose);
    runPasses(model.imported.module);
    const engine = await createCEngine(lowerFunction(model.func, { name, isa: scalar }), { cc, cflags });
    const vectors = sanitized && large.includes(name) ? 1 : model.vectorCount;
    try {
      for (let v = 0; v < vectors; v++) {
        // Every vector was recorded from the starting state.
        engine.reset();
        expect(model.differences(v, await engine.run(model.inputs(v)))).toEqual([]);
      }
      if (model.func.states.length > 0) await expectSameSequence(name, expose, engine);
    } finally {
      await engine.close?.();
    }
  });
});

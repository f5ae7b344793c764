// Compiled C against TensorFlow Lite Micro: outputs and every intermediate tensor, optimized and under sanitizers, with
// two compilers that must not warn. State is kept from run to run and put back by reset.
import { describe, expect, it } from 'vitest';
import { lowerFunction } from '../../passes/lower.ts';
import { runPasses } from '../../passes/pipeline.ts';
import { scalar } from '../../passes/schedule/isa.ts';
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

describe.skipIf(goldenNames.length === 0).each(builds)('$title equals TensorFlow Lite Micro', (build) => {
  const { cc, cflags, expose, sanitized } = build;

  it.skipIf(!hasCompiler(cc)).concurrent.each(goldenNames)('%s', { timeout: 300_000 }, async (name) => {
    const model = new GoldenModel(name, expose);
    runPasses(model.imported.module);
    const engine = await createCEngine(lowerFunction(model.func, { name, isa: scalar }), { cc, cflags });
    const vectors = sanitized && large.includes(name) ? 1 : model.vectorCount;
    const runAll = async () => {
      for (let v = 0; v < vectors; v++) {
        expect(model.differences(v, await engine.run(model.inputs(v)))).toEqual([]);
      }
    };
    try {
      await runAll();
      engine.reset();
      if (model.meta.stateful) await runAll();
    } finally {
      await engine.close?.();
    }
  });
});

// The reference interpreter against TensorFlow Lite Micro: every output and every intermediate tensor.
import { describe, expect, it } from 'vitest';
import { createReferenceRunner } from '../../ir/interpreter.ts';
import { executable, runPasses } from '../../passes/pipeline.ts';
import { GoldenModel, goldenNames } from './golden-model.ts';

describe.skipIf(goldenNames.length === 0)('reference interpreter equals TensorFlow Lite Micro', () => {
  it.each(goldenNames)('%s', { timeout: 120_000 }, (name) => {
    const model = new GoldenModel(name, true);
    runPasses(model.imported.module, { passes: executable });
    const runner = createReferenceRunner(model.func);
    for (let v = 0; v < model.vectorCount; v++) {
      // Every vector was recorded from the starting state.
      runner.reset();
      const outputs = runner.run(model.inputs(v)).map((t) => t.data);
      expect(model.differences(v, outputs)).toEqual([]);
    }
  });
});

// Loops, printed as JavaScript, against TensorFlow Lite Micro: the whole pipeline with every intermediate tensor
// exposed, and again as a user compiles it.
import { describe, expect, it } from 'vitest';
import { instantiateJs } from '../../backends/js/instantiate.ts';
import { allocateArray } from '../../ir/tensor-data.ts';
import { lowerFunction } from '../../passes/lower.ts';
import { runPasses } from '../../passes/pipeline.ts';
import { scalar } from '../../passes/schedule/isa.ts';
import { GoldenModel, goldenNames } from './golden-model.ts';

describe.skipIf(goldenNames.length === 0)('loops equal TensorFlow Lite Micro', () => {
  describe.each([true, false])('every tensor exposed: %s', (expose) => {
    it.each(goldenNames)('%s', { timeout: 120_000 }, (name) => {
      const model = new GoldenModel(name, expose);
      runPasses(model.imported.module);
      const program = instantiateJs(lowerFunction(model.func, { name: 'model', isa: scalar }));
      for (let v = 0; v < model.vectorCount; v++) {
        const outputs = model.func.outputs.map(({ value: { type } }) =>
          allocateArray(
            type.element,
            type.shape.reduce((n, d) => n * d, 1),
          ),
        );
        // Every vector was recorded from the starting state.
        program.reset();
        program.run(model.inputs(v), outputs);
        expect(model.differences(v, outputs)).toEqual([]);
      }
    });
  });
});

// WebAssembly against TensorFlow Lite Micro: outputs and every intermediate tensor, on scalars and on vectors.
import { describe, expect, it } from 'vitest';
import { instantiateWasm } from '../../backends/wasm/instantiate.ts';
import { lowerFunction } from '../../passes/lower.ts';
import { runPasses } from '../../passes/pipeline.ts';
import { wasmBuilds } from '../wasm-builds.ts';
import { GoldenModel, goldenNames } from './golden-model.ts';

describe.skipIf(goldenNames.length === 0).each(wasmBuilds)('wasm $name equals TensorFlow Lite Micro', (build) => {
  // Where instruction sets want values stored otherwise, only those that no one sees are: networks as they are used.
  const exposures = build.isa.activations === undefined ? [true] : [true, false];
  it.each(goldenNames)('%s', { timeout: 120_000 }, (name) => {
    for (const expose of exposures) {
      const model = new GoldenModel(name, expose);
      runPasses(model.imported.module, { isa: build.isa });
      const program = instantiateWasm(lowerFunction(model.func, { name: 'model', isa: build.isa }), build.features);
      for (let v = 0; v < model.vectorCount; v++) {
        // Every vector was recorded from the starting state.
        program.reset();
        expect(model.differences(v, program.run(model.inputs(v)))).toEqual([]);
      }
    }
  });
});

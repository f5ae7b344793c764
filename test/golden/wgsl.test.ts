// WGSL on a WebGPU device against TensorFlow Lite Micro: outputs and every intermediate tensor, and again as a user
// compiles it, where operators work in place and nothing is kept that need not be.
import { describe, expect, it } from 'vitest';
import { printModule } from '../../backends/wgsl/module.ts';
import { lowerFunction } from '../../passes/lower.ts';
import { runPasses } from '../../passes/pipeline.ts';
import { wgsl } from '../../passes/schedule/isa.ts';
import { createWgslEngine } from '../../src/runners/wgsl.ts';
import { hasWebGpu } from '../web-gpu.ts';
import { GoldenModel, goldenNames } from './golden-model.ts';

/** Networks of the MLPerf Tiny benchmark, and MobileNetV2. */
const networks = [
  'kws_ref_model',
  'pretrainedResnet_quant',
  'vww_96_int8',
  'ad01_int8',
  'mobilenet_v2_quantized_1x3x224x224',
];

describe.skipIf(goldenNames.length === 0)('dispatches of WGSL', () => {
  it.each(networks)('%s has no more than operators after fusion', (name) => {
    const model = new GoldenModel(name, false);
    runPasses(model.imported.module);
    const operators = model.func.ops.filter((op) => op.definition.lower !== undefined);
    const { dispatches } = printModule(lowerFunction(model.func, { name: 'model', isa: wgsl }));
    expect(dispatches.length).toBeLessThanOrEqual(operators.length);
  });
});

describe.skipIf(goldenNames.length === 0 || !hasWebGpu)('WGSL equals TensorFlow Lite Micro', () => {
  describe.each([true, false])('every tensor exposed: %s', (expose) => {
    it.each(goldenNames)('%s', { timeout: 300_000 }, async (name) => {
      const model = new GoldenModel(name, expose);
      runPasses(model.imported.module);
      const engine = await createWgslEngine(lowerFunction(model.func, { name: 'model', isa: wgsl }));
      for (let v = 0; v < model.vectorCount; v++) {
        // Every vector was recorded from the starting state.
        await engine.reset();
        expect(model.differences(v, await engine.run(model.inputs(v)))).toEqual([]);
      }
      await engine.close?.();
    });
  });
});

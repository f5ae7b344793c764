// Networks written as TFLite and read back: the same bytes as before, and as TensorFlow Lite Micro's.
import { describe, expect, it } from 'vitest';
import { CompileError } from '../../ir/diagnostics.ts';
import { exportTflite } from '../../src/export/tflite/export.ts';
import { createRunner, importModel } from '../../src/index.ts';
import { GoldenModel, goldenNames } from '../golden/golden-model.ts';
import { importNetwork, networks } from './networks.ts';
import { distanceOfRoundTrip, quantizedForm } from './round-trips.ts';

/** Recurrent cells with integer arithmetic of their own. */
const refused = ['dtln_noise_suppression', 'keyword_scrambled', 'trained_lstm_int8'];

/** Networks of floats agree with their vectors within f32's rounding, which other tests look at. */
const floats = ['ad01_fp32', 'pretrainedResnet', 'model_ToyCar_quant', 'kws_ref_model_float32'];

describe.skipIf(networks.length === 0)('as TFLite', () => {
  it.each(networks.filter(([name]) => !refused.includes(name)))('%s comes back', async (_, path) => {
    const program = await importNetwork(path);
    const file = exportTflite(quantizedForm(program), { name: 'network' });
    expect(await distanceOfRoundTrip(() => quantizedForm(program), 'tflite', file)).toBe(0);
  });

  it.each(networks.filter(([name]) => refused.includes(name)))('%s is refused', async (_, path) => {
    const module = quantizedForm(await importNetwork(path));
    expect(() => exportTflite(module, { name: 'network' })).toThrow(CompileError);
  });
});

describe.skipIf(goldenNames.length === 0)('TensorFlow Lite Micro’s bytes through a file written again', () => {
  const names = goldenNames.filter((name) => !refused.includes(name) && !floats.includes(name));
  it.each(names)('%s', async (name) => {
    const model = new GoldenModel(name, false);
    const program = await importNetwork(networks.find(([other]) => other === name)?.[1] ?? '');
    const again = await importModel(exportTflite(quantizedForm(program), { name }));
    const runner = await createRunner(again, { target: 'wasm' });
    for (let v = 0; v < model.vectorCount; v++) {
      const arrays = model.inputs(v);
      const results = await runner.run(Object.fromEntries(again.inputs.map((port, i) => [port.name, arrays[i]!])));
      expect(again.outputs.map((port) => results[port.name])).toEqual(model.outputs(v));
    }
    await runner.close();
  });
});

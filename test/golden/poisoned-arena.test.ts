// Whole models on the checked loop interpreter, with dead bytes of the arena overwritten after each call and parallel
// loops run backwards: a memory plan that frees too early, or iterations that depend on each other, change the answer.
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../ir/loops/interpreter.ts';
import { lowerFunction } from '../../passes/lower.ts';
import { runPasses } from '../../passes/pipeline.ts';
import { scalar } from '../../passes/schedule/isa.ts';
import { GoldenModel, goldenNames } from './golden-model.ts';

/** Models small enough to be interpreted. */
const small = ['ad01_int8', 'hello_world_int8', 'micro_speech_quantized', 'simple_add_model', 'trained_lstm_int8'];
const names = goldenNames.filter((name) => small.includes(name) || /^seanet_(conv18|pad|strided_slice|add)/.test(name));

describe.skipIf(names.length === 0)('models equal TensorFlow Lite Micro on a poisoned arena', () => {
  it.each(names)('%s', { timeout: 60_000 }, (name) => {
    const model = new GoldenModel(name, false);
    runPasses(model.imported.module);
    const program = lowerFunction(model.func, { name: 'model', isa: scalar });
    const interpreted = runProgram(program, { poison: true, reverseParallel: true });
    expect(model.differences(0, interpreted.run(model.inputs(0)))).toEqual([]);
  });
});

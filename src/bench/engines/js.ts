// Times generated JavaScript in this process.
import { instantiateJs } from '../../../backends/js/instantiate.ts';
import { allocateArray, type TensorArray } from '../../../ir/tensor-data.ts';
import { elementCount } from '../../../ir/types.ts';
import { lowerProgram } from '../../compile.ts';
import type { Program } from '../../program.ts';
import { type MeasuringTarget, stepsOf, timeCalls } from '../measured.ts';

export const js: MeasuringTarget = {
  async prepare({ program, inputs }) {
    const outputs = outputsOf(program);
    const instance = instantiateJs(lowerProgram(program).loops);
    return { time: timeCalls(() => instance.run(inputs, outputs)) };
  },

  async prepareSteps({ program, inputs }) {
    const outputs = outputsOf(program);
    const { loops } = lowerProgram(program);
    const times = new Float64Array(loops.calls.length);
    let last = 0;
    const instance = instantiateJs(loops, (call) => {
      times[call] = performance.now() - last;
      last = performance.now();
    });
    return {
      steps: stepsOf(loops),
      time() {
        last = performance.now();
        instance.run(inputs, outputs);
        return times.slice();
      },
    };
  },
};

function outputsOf(program: Program): TensorArray[] {
  return program.outputs.map(({ type }) => allocateArray(type.element, elementCount(type.shape)));
}

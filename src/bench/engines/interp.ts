// Times the reference interpreter.
import { referenceEngine } from '../../runners/reference.ts';
import type { MeasuringTarget } from '../measured.ts';

export const interp: MeasuringTarget = {
  async prepare({ program, inputs }) {
    const engine = referenceEngine(program);
    return {
      async time(inferences) {
        const start = performance.now();
        for (let k = 0; k < inferences; k++) await engine.run(inputs);
        return performance.now() - start;
      },
    };
  },

  prepareSteps: async () => 'the reference interpreter runs without a clock between its operators',
};

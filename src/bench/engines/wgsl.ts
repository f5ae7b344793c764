// Times WGSL on this machine's WebGPU device: whole inferences from inputs in arrays to outputs in arrays, since only
// reading tells that a GPU is done; dispatches by the device's own clock, where it has one.
import { printModule } from '../../../backends/wgsl/module.ts';
import type { LoopProgram } from '../../../ir/loops/kernel.ts';
import type { TensorArray } from '../../../ir/tensor-data.ts';
import { wgsl as isa } from '../../../passes/schedule/isa.ts';
import { lowerProgram } from '../../compile.ts';
import { gpuDevice } from '../../runners/web-gpu.ts';
import { loadWgsl } from '../../runners/wgsl.ts';
import { DispatchClock, type TimingDevice } from '../dispatch-clock.ts';
import type { MeasuringJob, MeasuringTarget } from '../measured.ts';

export const wgsl: MeasuringTarget = {
  async prepare(job) {
    const model = await loadWgsl(lower(job));
    const feeds = feedsOf(job.inputs);
    return {
      async time(inferences) {
        const start = performance.now();
        for (let k = 0; k < inferences; k++) await model.run(feeds);
        return performance.now() - start;
      },
      close: async () => model.destroy(),
    };
  },

  async prepareSteps(job) {
    const { device } = await gpuDevice();
    if (!device.features.has('timestamp-query')) return 'the WebGPU device has no timestamp queries';
    const loops = lower(job);
    const { dispatches } = printModule(loops);
    if (dispatches.length > DispatchClock.most) {
      return `it takes ${dispatches.length} dispatches, and a query set of WebGPU times at most ${DispatchClock.most}`;
    }
    const model = await loadWgsl(loops);
    // Puts the inputs in place.
    await model.run(feedsOf(job.inputs));
    const clock = new DispatchClock(device as unknown as TimingDevice, dispatches.length);
    return {
      steps: dispatches.map(({ entry, location }) => ({ kernel: entry, location })),
      time: () => clock.time((encoder) => model.encode(encoder)),
      async close() {
        clock.destroy();
        model.destroy();
      },
    };
  },
};

function lower({ program }: MeasuringJob): LoopProgram {
  return lowerProgram(program, { isa }).loops;
}

const feedsOf = (inputs: readonly TensorArray[]) => Object.fromEntries(inputs.map((x, i) => [`input${i}`, x]));

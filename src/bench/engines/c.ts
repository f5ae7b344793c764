// Times the C artifact, built by the machine's own compiler, in a process of its own that reads its own clock.
import { printBenchDriver } from '../../../backends/c/bench-driver.ts';
import { printC } from '../../../backends/c/print.ts';
import type { LoopProgram } from '../../../ir/loops/kernel.ts';
import { bytesOf } from '../../../ir/tensor-data.ts';
import { lowerProgram } from '../../compile.ts';
import { type CProcess, startC } from '../../runners/c-process.ts';
import { type MeasuringJob, type MeasuringTarget, stepsOf } from '../measured.ts';

export const c: MeasuringTarget = {
  async prepare(job) {
    const { process } = await start(job, false);
    return {
      async time(inferences) {
        process.write('t');
        process.write(new Uint8Array(Uint32Array.of(inferences).buffer));
        const [milliseconds = 0] = await readTimes(process, 1);
        return milliseconds;
      },
      close: () => process.close(),
    };
  },

  async prepareSteps(job) {
    const { process, loops } = await start(job, true);
    return {
      steps: stepsOf(loops),
      time() {
        process.write('p');
        return readTimes(process, loops.calls.length);
      },
      close: () => process.close(),
    };
  },
};

async function start(
  { program, inputs, runner }: MeasuringJob,
  calls: boolean,
): Promise<{ readonly process: CProcess; readonly loops: LoopProgram }> {
  const { loops } = lowerProgram(program);
  const artifact = printC(loops, { name: loops.name, afterCall: calls });
  const process = await startC(new Map([...artifact, ['driver.c', printBenchDriver(loops, { calls })]]), runner);
  process.write('i');
  for (const array of inputs) process.write(bytesOf(array));
  return { process, loops };
}

/** Nanoseconds as the driver writes them, in milliseconds. */
async function readTimes(process: CProcess, count: number): Promise<Float64Array> {
  const bytes = await process.read(count * BigUint64Array.BYTES_PER_ELEMENT);
  return Float64Array.from(new BigUint64Array(Uint8Array.from(bytes).buffer), (ns) => Number(ns) / 1e6);
}

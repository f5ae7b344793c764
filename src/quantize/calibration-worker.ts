// A worker thread of calibration: gets the module when it starts, then chunks of samples, and answers with statistics.
import { Tinypool } from 'tinypool';
import type { CalibrationModule } from './calibration-module.ts';
import { CalibrationRun, type SampleChunk } from './calibration-run.ts';
import type { StatisticsRecord } from './tensor-statistics.ts';

const run = new CalibrationRun(Tinypool.workerData as CalibrationModule);

/** What the pool calls. */
export default function collect(chunk: SampleChunk): StatisticsRecord[] {
  return run.collect(chunk).map((s) => s.toJSON());
}

// Long work in steps: after each, what shows progress or ends the work gets its turn.
import { setImmediate } from 'node:timers/promises';
import type { CalibrationProgress } from './calibrate.ts';

export interface ProgressOptions {
  readonly onProgress?: (progress: CalibrationProgress) => void;
  /** Ends the work between steps: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Called once for each step that is done. */
export type Step = () => Promise<void>;

/** Counts steps, of so many. */
export function progressSteps(count: number, { onProgress, signal }: ProgressOptions): Step {
  let done = 0;
  return async () => {
    onProgress?.({ done: Math.min(++done, count), count });
    await setImmediate();
    signal?.throwIfAborted();
  };
}

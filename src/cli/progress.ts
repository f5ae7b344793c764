// How far something is that takes a while: one line that moves on terminals, a line now and then elsewhere. On stderr.
import type { Spinner } from 'yocto-spinner';
import type { CalibrationProgress } from '../quantize/calibrate.ts';
import { grouped, printAside } from './terminal.ts';

export interface ProgressLine {
  /** Goes on with another activity, such as `Calibrating`. */
  readonly start: (activity: string) => void;
  readonly update: (progress: CalibrationProgress) => void;
  /** Takes the line away. */
  readonly end: () => void;
}

/** Milliseconds without a terminal before another line is printed: short work prints none. */
const interval = 10_000;

/** Characters of the bar. */
const width = 24;

/** Shows progress on stderr until `end`. */
export async function progressLine(): Promise<ProgressLine> {
  return process.stderr.isTTY ? onTerminal() : elsewhere();
}

async function onTerminal(): Promise<ProgressLine> {
  const { default: yoctoSpinner } = await import('yocto-spinner');
  let spinner: Spinner | undefined;
  let activity = '';
  return {
    start(text) {
      activity = text;
      spinner ??= yoctoSpinner({ stream: process.stderr }).start();
      spinner.text = activity;
    },
    update({ done, count }) {
      if (spinner === undefined || count === 0) return;
      const full = Math.floor((width * done) / count);
      const bar = `${'█'.repeat(full)}${'░'.repeat(width - full)}`;
      spinner.text = `${activity} ${bar} ${percentage(done, count)}, ${grouped(done)} of ${grouped(count)}`;
    },
    end: () => spinner?.stop(),
  };
}

function elsewhere(): ProgressLine {
  let activity = '';
  let printedAt = Date.now();
  return {
    start(text) {
      activity = text;
    },
    update({ done, count }) {
      if (count === 0 || Date.now() - printedAt < interval) return;
      printedAt = Date.now();
      printAside(`${activity}: ${percentage(done, count)}, ${grouped(done)} of ${grouped(count)}`);
    },
    end: () => {},
  };
}

const percentage = (done: number, count: number) => `${Math.floor((100 * done) / count)} %`;

/** Runs `work` with a progress line that goes away with it. */
export async function withProgress<T>(work: (line: ProgressLine) => Promise<T>): Promise<T> {
  const line = await progressLine();
  try {
    return await work(line);
  } finally {
    line.end();
  }
}

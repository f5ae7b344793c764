// How a subcommand ends that fails: with a report, and an exit code.
import { CommanderError } from 'commander';
import { failureOf } from './exit-codes.ts';
import { reportFailure } from './report.ts';

/** Runs a subcommand; a failure is reported and becomes the exit code. */
export async function guarded(json: boolean | undefined, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    const failure = failureOf(error);
    reportFailure(failure.diagnostics, { json: json === true, trace: failure.trace });
    throw new CommanderError(failure.exitCode, 'int8c.failed', '');
  }
}

// Which C tools this machine has. With CI=true a missing tool is a failure, elsewhere its tests are skipped.
import { execFileSync } from 'node:child_process';

const known = new Map<string, boolean>();

/** True when the command runs here; throws in CI when it does not. */
export function hasCompiler(command: string): boolean {
  let found = known.get(command);
  if (found === undefined) {
    found = runs(command);
    known.set(command, found);
  }
  if (!found && process.env.CI === 'true') throw new Error(`${command} is missing, and CI must not skip its tests`);
  return found;
}

function runs(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

// Measures several programs in turn, round by round, so that what else the machine does meets all of them alike: figures of
// different minutes are not comparable, those of one round are.
import type { Measured, MeasuredSteps } from './measured.ts';

/** How long to measure each program. */
export interface Budget {
  /** Rounds; undefined: as many as `seconds` allow, but at least a few. */
  readonly rounds: number | undefined;
  readonly seconds: number;
  /** Before that, untimed: engines compile what runs often once more, and caches fill. */
  readonly warmUpSeconds: number;
}

/** Fewest rounds, however long they take: quartiles need some. */
const fewestRounds = 5;

/** Milliseconds that a round of one program should last: far above the resolution of clocks, far below a time slice. */
const roundMilliseconds = 2;

export interface Timings {
  /** Inferences of each round. */
  readonly batch: number;
  /** Milliseconds of one inference, in each round. */
  readonly milliseconds: Float64Array;
}

/** Times programs in turn; in each round another one is the first. Every result has the same number of rounds. */
export async function measureInTurn(
  programs: readonly Measured[],
  budget: Budget,
  now: () => number = () => performance.now(),
): Promise<Timings[]> {
  const batches: number[] = [];
  for (const program of programs) batches.push(await warmUp(program, budget, now));
  const times: number[][] = programs.map(() => []);
  const more = roundsOf({ ...budget, seconds: budget.seconds * programs.length }, now);
  for (let round = 0; more(round); round++) {
    for (let k = 0; k < programs.length; k++) {
      const i = (round + k) % programs.length;
      const [program, batch, column] = [programs[i], batches[i], times[i]];
      if (program === undefined || batch === undefined || column === undefined) continue;
      column.push((await program.time(batch)) / batch);
    }
  }
  return times.map((column, i) => ({ batch: batches[i] ?? 0, milliseconds: Float64Array.from(column) }));
}

/** Times the steps of one program; one array for each round. */
export async function measureSteps(
  program: MeasuredSteps,
  budget: Budget,
  now: () => number = () => performance.now(),
): Promise<ArrayLike<number>[]> {
  const end = now() + 1000 * budget.warmUpSeconds;
  do await program.time();
  while (now() < end);
  const more = roundsOf(budget, now);
  const rounds: ArrayLike<number>[] = [];
  while (more(rounds.length)) rounds.push(await program.time());
  return rounds;
}

/** Runs a program until it is warm; returns how many inferences make a round. */
async function warmUp(program: Measured, budget: Budget, now: () => number): Promise<number> {
  const end = now() + 1000 * budget.warmUpSeconds;
  let count = 1;
  let best = Number.POSITIVE_INFINITY;
  do {
    const milliseconds = await program.time(count);
    best = Math.min(best, milliseconds / count);
    if (milliseconds < roundMilliseconds) count *= 2;
  } while (now() < end);
  return Math.min(maxBatch, Math.max(1, Math.ceil(roundMilliseconds / best)));
}

/** Where a clock sees nothing pass, rounds are as long as this. */
const maxBatch = 2 ** 20;

/** Says, given how many rounds are done, whether there is another one. */
function roundsOf({ rounds, seconds }: Budget, now: () => number): (done: number) => boolean {
  if (rounds !== undefined) return (done) => done < rounds;
  const end = now() + 1000 * seconds;
  return (done) => done < fewestRounds || now() < end;
}

// bench: how fast a program runs on this machine, on one target or on several side by side.
import type { WasmFeatures } from '../../backends/wasm/features.ts';
import { type Diagnostic, fail } from '../../ir/diagnostics.ts';
import { lowerProgram } from '../compile.ts';
import type { Program } from '../program.ts';
import { randomTensor, seededRandom } from '../random-tensor.ts';
import type { RunnerOptions } from '../runner.ts';
import { type RunnerTarget, runnerTargetNamed } from '../targets.ts';
import type { Measured, MeasuringJob } from './measured.ts';
import { type OperatorTime, operatorTimes, speedOf } from './profile.ts';
import { type Budget, measureInTurn, measureSteps, type Timings } from './rounds.ts';
import { medianOf, type Spread, spreadOf } from './statistics.ts';
import { measuringTargets } from './targets.ts';

export interface BenchOptions {
  /** What to measure, as for `createRunner`. Every round runs each in turn; the first one is what others are compared with. */
  runners: readonly RunnerOptions[];
  /** Timed rounds. Default: as many as `seconds` allow, at least 5. */
  rounds?: number;
  /** Seconds of timed rounds for each runner. Default 2. */
  seconds?: number;
  /** Seconds of untimed runs for each runner before that. Default 0.5. */
  warmUpSeconds?: number;
  /** Also measures each operator, on targets that can. */
  profile?: boolean;
}

/** One runner's figures. */
export interface BenchResult {
  /** `wasm simd`, `c -O3`. */
  readonly name: string;
  readonly target: RunnerTarget;
  /** For `wasm`: the instructions that were asked for. */
  readonly wasm?: WasmFeatures;
  /** For `c`: flags of the compiler, where they were given. */
  readonly cflags?: readonly string[];
  /** Inferences of one round. */
  readonly batch: number;
  /** Milliseconds of one inference, over the rounds. */
  readonly milliseconds: Spread;
  /** Billions of multiply-accumulates per second, by the median; absent for networks without any. */
  readonly gmacPerSecond?: number;
  /** Median over the rounds of its time divided by the first runner's in the same round. */
  readonly ratio: number;
  /** The operators in the order of the program, where they were asked for and the target can tell. */
  readonly operators?: readonly OperatorTime[];
}

export interface Bench {
  /** The program's name. */
  readonly name: string;
  /** Multiply-accumulates of one inference. */
  readonly macs: number;
  readonly rounds: number;
  /** In the order of the runners. */
  readonly results: readonly BenchResult[];
  /** The importer's, and what could not be measured as it was asked for. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Inputs are random, the same in every run and on every machine. */
const inputSeed = 0x1257;

/**
 * Measures a program on random inputs. Everything is built before anything is timed, so that what is missing is told
 * at once.
 *
 * What one inference takes: `wasm`, `js`, `c` and `interp`, the computation alone, on inputs that are in memory already;
 * `wgsl`, from arrays over the device back to arrays.
 *
 * @throws CompileError I8C0404 for an unknown target, I8C0005 without a C compiler, I8C0406 without WebGPU, I8C0401 for
 * budgets that are no positive numbers.
 */
export async function bench(program: Program, options: BenchOptions): Promise<Bench> {
  const budget = checkedBudget(options);
  const { runners } = options;
  for (const { target } of runners) runnerTargetNamed(target);
  const random = seededRandom(inputSeed);
  const inputs = program.inputs.map(({ type }) => randomTensor(type, random).data);
  const jobs = runners.map((runner): MeasuringJob => ({ program, inputs, runner }));
  const { macs, macsByLocation } = lowerProgram(program);
  const diagnostics: Diagnostic[] = [...program.diagnostics, ...(await relaxedNotes(runners))];
  const timings = await measureAll(jobs, budget);
  const results: BenchResult[] = [];
  for (const [i, job] of jobs.entries()) {
    const { batch, milliseconds } = timings[i] ?? emptyTimings;
    const first = timings[0]?.milliseconds ?? milliseconds;
    const spread = spreadOf(milliseconds);
    const operators = options.profile === true ? await profile(job, budget, macsByLocation) : undefined;
    if (operators !== undefined && 'code' in operators) diagnostics.push(operators);
    results.push({
      ...describe(job.runner),
      batch,
      milliseconds: spread,
      ...speedOf(macs, spread.median),
      ratio: medianOf(milliseconds.map((x, round) => x / (first[round] ?? x))),
      ...(operators === undefined || 'code' in operators ? {} : { operators }),
    });
  }
  return { name: program.name, macs, rounds: timings[0]?.milliseconds.length ?? 0, results, diagnostics };
}

const emptyTimings: Timings = { batch: 0, milliseconds: new Float64Array(0) };

function checkedBudget({ rounds, seconds = 2, warmUpSeconds = 0.5 }: BenchOptions): Budget {
  if (rounds !== undefined && !(Number.isSafeInteger(rounds) && rounds > 0)) {
    fail('I8C0401', `A bench takes a whole number of rounds, at least 1, not ${rounds}.`);
  }
  for (const value of [seconds, warmUpSeconds]) {
    if (!(value >= 0 && Number.isFinite(value))) fail('I8C0401', `A bench takes a number of seconds, not ${value}.`);
  }
  return { rounds, seconds, warmUpSeconds };
}

function describe({ target, wasm = 'simd', cflags }: RunnerOptions): Pick<BenchResult, 'name' | 'target' | 'wasm'> {
  if (target === 'wasm') return { name: `wasm ${wasm}`, target, wasm };
  if (target !== 'c' || cflags === undefined) return { name: target, target };
  return { name: ['c', ...cflags].join(' '), target, ...{ cflags } };
}

/** What to say where an engine does not compute relaxed SIMD as modules rely on. */
async function relaxedNotes(runners: readonly RunnerOptions[]): Promise<Diagnostic[]> {
  if (!runners.some(({ target, wasm }) => target === 'wasm' && wasm === 'relaxed')) return [];
  const { usableFeatures } = await import('../../backends/wasm/instantiate.ts');
  if (usableFeatures('relaxed') === 'relaxed') return [];
  const message = 'This engine lacks relaxed SIMD, or does not compute it exactly: wasm relaxed is plain SIMD here.';
  return [{ code: 'I8C0407', severity: 'note', message, hint: 'The loader of the artifact chooses so too.' }];
}

async function measureAll(jobs: readonly MeasuringJob[], budget: Budget): Promise<Timings[]> {
  const programs: Measured[] = [];
  try {
    for (const job of jobs) programs.push(await (await measuringTargets[job.runner.target]()).prepare(job));
    return await measureInTurn(programs, budget);
  } finally {
    for (const program of programs) await program.close?.();
  }
}

/** The operators' times, or a note on why there are none. */
async function profile(
  job: MeasuringJob,
  budget: Budget,
  macsByLocation: ReadonlyMap<string, number>,
): Promise<OperatorTime[] | Diagnostic> {
  const { target } = job.runner;
  const { prepareSteps } = await measuringTargets[target]();
  const steps = await prepareSteps(job);
  if (typeof steps === 'string') {
    return { code: 'I8C0407', severity: 'note', message: `There is no profile of ${target}: ${steps}.` };
  }
  try {
    return operatorTimes(steps.steps, await measureSteps(steps, budget), macsByLocation);
  } finally {
    await steps.close?.();
  }
}

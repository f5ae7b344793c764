// Random programs give the same bytes on every target as on the reference interpreter.
//
// The suite runs 500. INT8C_PROGRAMS=20000 runs that many, all of them on all targets; INT8C_FIRST_PROGRAM=n begins at
// another seed than 0. A failing program is shrunk and written as a filetest, whose path is in the message: put it into
// test/filetests/ops, mend what is wrong, and it stays as the test of that.
import { describe, expect, it } from 'vitest';
import { operators } from '../../ir/ops/index.ts';
import { difference, isRefused } from './compare.ts';
import { filetestText, writeCounterexample } from './counterexample.ts';
import { type RandomProgram, randomProgram } from './random-program.ts';
import { shrink } from './shrink.ts';
import { Subject } from './subject.ts';
import { missing, reference, type Target, targets } from './targets.ts';

const suiteCount = 500;
const batchSize = 25;
const asked = process.env.INT8C_PROGRAMS;
const count = Number(asked ?? suiteCount);
const first = Number(process.env.INT8C_FIRST_PROGRAM ?? 0);

/** Programs per mistake that are shrunk: a mistake in a common operator fails hundreds. */
const maxShrunk = 2;

const batches = Array.from({ length: Math.ceil(count / batchSize) }, (_, i) => {
  const from = first + i * batchSize;
  return { from, to: Math.min(from + batchSize, first + count) - 1 };
});

describe('random programs agree on every target', () => {
  const shrunk = new Map<Target, number>();

  async function report(program: RandomProgram, target: Target, problem: string): Promise<string> {
    const what = `program ${program.seed} on ${target.name}: ${problem}`;
    const before = shrunk.get(target) ?? 0;
    if (before >= maxShrunk) return what;
    shrunk.set(target, before + 1);
    const smallest = await shrink(program, target);
    const text = filetestText(smallest, `On ${target.name}: ${smallest.problem}. Program ${program.seed}, shrunk.`);
    return `${what}\n  ${writeCounterexample(`program-${program.seed}-${target.name.replaceAll(/\W+/g, '-')}`, text)}`;
  }

  it.each(batches)('programs $from to $to', { timeout: 600_000 }, async ({ from, to }) => {
    const programs = Array.from({ length: to - from + 1 }, (_, i) => randomProgram(from + i));
    const all = programs.map((program) => ({ program, subject: new Subject(program.module, program.runs) }));
    const expected = await reference.run(all.map((p) => p.subject));
    const unexplained = expected.filter((e) => e instanceof Error && !isRefused(e));
    expect(unexplained).toEqual([]);
    const subjects = all.flatMap((p, i) => {
      const outcome = expected[i];
      return outcome === undefined || isRefused(outcome) ? [] : [{ ...p, expected: outcome }];
    });
    expect(subjects.length).toBeGreaterThanOrEqual(0.8 * programs.length);
    const problems: string[] = [];
    for (const target of targets) {
      const some = subjects.filter(({ program }) => asked !== undefined || program.seed % target.every === 0);
      const outcomes = await target.run(some.map((s) => s.subject));
      for (const [i, { program, expected: wanted }] of some.entries()) {
        const problem = difference(target, outcomes[i] ?? new Error('was not run'), wanted);
        if (problem !== undefined) problems.push(await report(program, target, problem));
      }
    }
    expect(problems.join('\n')).toBe('');
  });

  it('has every target where CI says so', () => {
    for (const line of missing) console.warn(line);
    if (process.env.CI === 'true') expect(targets.map((t) => t.name)).toEqual(expect.arrayContaining(['c', 'wgsl']));
  });
});

describe('the programs of the suite', () => {
  it('have every operator', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < suiteCount; seed++) {
      const { module } = randomProgram(seed);
      for (const op of module.entry.ops) seen.add(op.definition.name);
    }
    const unseen = [...operators.keys()].filter((name) => !seen.has(name));
    expect(unseen, 'operators that need a generator in test/differential/generators').toEqual([]);
  });
});

// How programs are measured in turn, on a clock that the test itself moves.
import { describe, expect, it } from 'vitest';
import type { Measured } from '../../src/bench/measured.ts';
import { measureInTurn, measureSteps } from '../../src/bench/rounds.ts';

/** Programs whose inferences take so many milliseconds, and the order in which they ran. */
class Clock {
  time = 0;
  readonly log: string[] = [];
  readonly now = () => this.time;

  program(name: string, milliseconds: number): Measured {
    return {
      time: (inferences) => {
        this.log.push(`${name}${inferences}`);
        this.time += milliseconds * inferences;
        return milliseconds * inferences;
      },
    };
  }
}

const noWarmUp = { seconds: 1, warmUpSeconds: 0 };

describe('measuring in turn', () => {
  it('begins every round with another program', async () => {
    const clock = new Clock();
    const programs = [clock.program('a', 3), clock.program('b', 5)];
    const timings = await measureInTurn(programs, { rounds: 3, ...noWarmUp }, clock.now);
    // Each once to know how long it takes, then the rounds.
    expect(clock.log).toEqual(['a1', 'b1', 'a1', 'b1', 'b1', 'a1', 'a1', 'b1']);
    expect(timings).toEqual([
      { batch: 1, milliseconds: Float64Array.of(3, 3, 3) },
      { batch: 1, milliseconds: Float64Array.of(5, 5, 5) },
    ]);
  });

  it('makes rounds of many inferences where one is short', async () => {
    const clock = new Clock();
    const [timing] = await measureInTurn([clock.program('a', 2 ** -10)], { rounds: 1, ...noWarmUp }, clock.now);
    expect(timing).toEqual({ batch: 2048, milliseconds: Float64Array.of(2 ** -10) });
  });

  it('bounds a round where the clock stands still', async () => {
    const clock = new Clock();
    const [timing] = await measureInTurn([clock.program('a', 0)], { rounds: 1, ...noWarmUp }, clock.now);
    expect(timing?.batch).toBe(2 ** 20);
  });

  it('runs until a program is warm, and then for its time', async () => {
    const clock = new Clock();
    const budget = { rounds: undefined, seconds: 2, warmUpSeconds: 1 };
    const timings = await measureInTurn([clock.program('a', 100), clock.program('b', 100)], budget, clock.now);
    expect(timings.map((t) => t.milliseconds.length)).toEqual([20, 20]);
    expect(clock.time).toBe(2 * (1000 + 2000));
  });

  it('takes a few rounds however long they are', async () => {
    const clock = new Clock();
    const budget = { rounds: undefined, ...noWarmUp };
    const [timing] = await measureInTurn([clock.program('a', 10_000)], budget, clock.now);
    expect(timing?.milliseconds.length).toBe(5);
  });

  it('measures steps in rounds of one inference', async () => {
    let runs = 0;
    const steps = { steps: [], time: () => [++runs, 10 * runs] };
    const rounds = await measureSteps(steps, { rounds: 2, ...noWarmUp }, () => 0);
    // The first one warms up.
    expect(rounds).toEqual([
      [2, 20],
      [3, 30],
    ]);
  });
});

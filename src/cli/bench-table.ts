// A bench's figures as tables, for people.
import type { Bench, BenchResult } from '../bench/bench.ts';
import { columns, grouped, styled } from './terminal.ts';

/** One row for each runner. */
export function benchLines({ name, macs, rounds, results }: Bench): string[] {
  const [first] = results;
  const compared = results.length > 1 && first !== undefined;
  const head = ['', 'median', 'quartiles', 'fastest', 'GMAC/s', ...(compared ? [`time / ${first.name}`] : [])];
  const rows = results.map(({ name, milliseconds, gmacPerSecond, ratio }) => {
    const { median, lowerQuartile, upperQuartile, minimum } = milliseconds;
    const quartiles = `${timeText(lowerQuartile)} to ${timeText(upperQuartile)}`;
    const cells = [name, timeText(median), quartiles, timeText(minimum), speedText(gmacPerSecond)];
    return compared ? [...cells, ratio.toFixed(3)] : cells;
  });
  return [
    `${styled('bold', name, process.stdout)}: ${grouped(macs)} multiply-accumulates, ${rounds} rounds`,
    ...columns([head, ...rows], [1, 2, 3, 4, 5]).map((line) => `  ${line}`),
  ];
}

/** One row for each operator of a runner; nothing where it was not profiled. */
export function profileLines({ name, operators }: BenchResult): string[] {
  if (operators === undefined) return [];
  const rows = operators.map((o) => [
    timeText(o.milliseconds),
    `${(100 * o.share).toFixed(1)} %`,
    o.macs === 0 ? '' : grouped(o.macs),
    speedText(o.gmacPerSecond),
    o.kernels.join(', '),
    o.operator,
  ]);
  const total = operators.reduce((sum, o) => sum + o.milliseconds, 0);
  return [
    '',
    `${styled('bold', name, process.stdout)}, operator by operator`,
    ...columns(
      [['time', 'share', 'MACs', 'GMAC/s', 'kernel', 'operator'], ...rows, [timeText(total)]],
      [0, 1, 2, 3],
    ).map((line) => `  ${line}`),
  ];
}

/** Milliseconds in a unit that suits them, to four digits. */
export function timeText(milliseconds: number): string {
  if (milliseconds >= 1000) return `${digits(milliseconds / 1000)} s`;
  return milliseconds >= 1 ? `${digits(milliseconds)} ms` : `${digits(milliseconds * 1000)} µs`;
}

function speedText(gmacPerSecond: number | undefined): string {
  return gmacPerSecond === undefined ? '' : digits(gmacPerSecond);
}

/** Four significant digits, or the whole part where it has more, without an exponent. */
function digits(x: number): string {
  const whole = Math.trunc(x) === 0 ? 0 : Math.floor(Math.log10(x)) + 1;
  return x.toFixed(Math.max(0, Math.min(3, 4 - whole)));
}

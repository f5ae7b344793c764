// int8c bench: what it prints and what it refuses; never how fast anything was.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { hasCompiler } from '../c-compiler.ts';
import { hasWebGpu } from '../web-gpu.ts';
import { example, int8c, temporaryFolder } from './int8c.ts';

const folder = temporaryFolder();
const model = example('shapes_int8.tflite');
const short = ['--rounds', '3', '--warmup', '0'];
const targets = ['wasm', 'js', 'interp', ...(hasCompiler('cc') ? ['c'] : []), ...(hasWebGpu ? ['wgsl'] : [])];

interface Result {
  readonly name: string;
  readonly target: string;
  readonly batch: number;
  readonly milliseconds: Readonly<Record<'minimum' | 'lowerQuartile' | 'median' | 'upperQuartile', number>>;
  readonly gmacPerSecond: number;
  readonly ratio: number;
  readonly operators?: readonly {
    readonly operator: string;
    readonly kernels: readonly string[];
    readonly macs: number;
    readonly milliseconds: number;
    readonly share: number;
  }[];
}

interface Report {
  readonly host: object;
  readonly name: string;
  readonly macs: number;
  readonly rounds: number;
  readonly results: readonly Result[];
  readonly diagnostics: readonly { readonly code: string; readonly message: string }[];
}

describe('--json', () => {
  let report: Report;

  beforeAll(() => {
    const { code, stdout, stderr } = int8c(['bench', model, '-t', targets.join(), '--profile', ...short, '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    report = JSON.parse(stdout) as Report;
  });

  test('describes the machine, the program and each target', () => {
    expect(Object.keys(report.host)).toEqual(['cpu', 'platform', 'arch', 'node']);
    expect([report.name, report.rounds]).toEqual(['shapes_int8', 3]);
    expect(report.results.map((r) => r.target)).toEqual(targets);
    expect(report.results[0]?.ratio).toBe(1);
  });

  test.each(targets)('%s has its spread and speed', (target) => {
    const result = report.results.find((r) => r.target === target);
    const { minimum, lowerQuartile, median, upperQuartile } = result?.milliseconds ?? {};
    const sorted = [minimum, lowerQuartile, median, upperQuartile];
    expect(sorted.every((x) => typeof x === 'number' && x > 0)).toBe(true);
    expect(sorted).toEqual(sorted.toSorted((a, b) => Number(a) - Number(b)));
    expect(result?.gmacPerSecond).toBeCloseTo(report.macs / Number(median) / 1e6, 6);
    expect(result?.batch).toBeGreaterThan(0);
    expect(result?.ratio).toBeGreaterThan(0);
  });

  test.each(targets.filter((t) => t !== 'interp'))('%s has the operators of the model', (target) => {
    const operators = report.results.find((r) => r.target === target)?.operators;
    if (operators === undefined) {
      // A device may have no clock of its own, and then a note says so.
      expect(report.diagnostics.map((d) => d.message).join()).toContain(`There is no profile of ${target}`);
      return;
    }
    expect(operators[0]).toMatchObject({ operator: 'CONV_2D #0 "stem"', macs: 10_368 });
    expect(operators.reduce((sum, o) => sum + o.macs, 0)).toBe(report.macs);
    expect(operators.reduce((sum, o) => sum + o.share, 0)).toBeCloseTo(1, 6);
    expect(new Set(operators.map((o) => o.operator)).size).toBe(operators.length);
    expect(operators.every((o) => o.kernels.length > 0 && o.milliseconds >= 0)).toBe(true);
  });

  test('says what cannot be profiled', () => {
    expect(report.results.find((r) => r.target === 'interp')?.operators).toBeUndefined();
    expect(report.diagnostics).toContainEqual({
      code: 'I8C0407',
      severity: 'note',
      message: 'There is no profile of interp: the reference interpreter runs without a clock between its operators.',
    });
  });
});

test('prints a table, and one for the operators of each row', () => {
  const args = ['bench', model, '--wasm', 'scalar,simd', '--profile', ...short];
  const { code, stdout, stderr } = int8c(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.split('\n');
  expect(lines[0]).toBe('shapes_int8: 110,272 multiply-accumulates, 3 rounds');
  expect(lines[1]).toMatch(/^ +median +quartiles +fastest +GMAC\/s +time \/ wasm scalar$/);
  expect(lines[2]).toMatch(
    /^ {2}wasm scalar( +[\d.]+ (µs|ms|s)){2} to [\d.]+ (µs|ms|s) +[\d.]+ (µs|ms|s) +[\d.]+ +1\.000$/,
  );
  expect(lines[3]).toMatch(/^ {2}wasm simd /);
  for (const name of ['wasm scalar', 'wasm simd']) expect(lines).toContain(`${name}, operator by operator`);
  expect(stdout.match(/ +10,368 +[\d.]+ +\w+ +CONV_2D #0 "stem"\n/g)?.length).toBe(2);
});

test('compares nothing where there is one row', () => {
  const { code, stdout } = int8c(['bench', model, ...short]);
  expect(code).toBe(0);
  expect(stdout.split('\n')[1]).toMatch(/GMAC\/s$/);
});

test('a network without multiply-accumulates has no speed', () => {
  const path = join(folder, 'twice.ir');
  writeFileSync(
    path,
    `module @twice rounding=double

func @main(%a "a": tensor<3xi32>) {
  %sum = add %a, %a : tensor<3xi32>
  return %sum "sum"
}
`,
  );
  const { code, stdout, stderr } = int8c(['bench', path, '-t', 'wasm,js', ...short, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const result of (JSON.parse(stdout) as Report).results) expect(result.gmacPerSecond).toBeUndefined();
});

test.each<[string, readonly string[], number, string]>([
  ['an unknown target', ['-t', 'wasm,wgs'], 2, 'error[I8C0404] There is no target "wgs" to run on. Did you mean wgsl?'],
  ['a target that only writes', ['-t', 'ir'], 2, 'There is no target "ir" to run on.'],
  [
    'unknown instructions',
    ['--wasm', 'smd'],
    2,
    'error[I8C0401] There are no instructions "smd" for wasm. Did you mean simd?',
  ],
  ['no time', ['--time', 'long'], 2, 'error[I8C0401] Option --time takes a number, not "long".'],
  ['no rounds', ['--rounds', '0'], 2, 'error[I8C0401] A bench takes a whole number of rounds, at least 1, not 0.'],
  ['a part of a round', ['--rounds', '1.5'], 2, 'at least 1, not 1.5.'],
])('%s is a mistake on the command line', (_, args, exit, message) => {
  const { code, stdout, stderr } = int8c(['bench', model, ...args]);
  expect(stderr).toContain(message);
  expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
});

test('a C compiler that is not there is told before anything is measured', () => {
  const { code, stdout, stderr } = int8c(['bench', model, '-t', 'wasm,c'], { env: { CC: 'no-such-cc' } });
  expect(stderr).toBe('error[I8C0005] There is no C compiler "no-such-cc". Install one, or set CC.\n');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
});

test.skipIf(!hasCompiler('cc'))('flags go to the C compiler, and its refusal to the user', () => {
  const good = int8c(['bench', model, '-t', 'c', '--cflags', '-O3 -DNOTHING', ...short]);
  expect(good.stdout).toContain('\n  c -O3 -DNOTHING  ');
  expect(good.code).toBe(0);
  const { code, stderr } = int8c(['bench', model, '-t', 'c', '--cflags', '-Ofoo', ...short]);
  expect(stderr).toMatch(/^error\[I8C0407\] cc does not build the program with -Ofoo: .*\n$/);
  expect(code).toBe(1);
});

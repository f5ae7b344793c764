// What the command line understands, and what it says to what it does not.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { example, int8c, repository, shellCommand } from './int8c.ts';

test('--help names every command, shows examples and exit codes', () => {
  const { code, stdout, stderr } = int8c(['--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const text of [
    'compile',
    'run',
    'bench',
    'inspect',
    'opt',
    'Examples:',
    'Exit codes: 0 done, 1',
    '70 int8c itself',
  ]) {
    expect(stdout).toContain(text);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with an escape
  expect(stdout).not.toMatch(/\u001b/);
});

test.each(['compile', 'run', 'bench', 'inspect', 'opt'])('%s has help with its options', (command) => {
  const { code, stdout } = int8c([command, '--help']);
  expect(code).toBe(0);
  expect(stdout).toContain(`Usage: int8c ${command} [options]`);
  expect(int8c(['help', command]).stdout).toBe(stdout);
});

test('--version prints the version of the package', () => {
  const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string };
  expect(int8c(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test('no command at all is a mistake that gets the help', () => {
  const { code, stderr } = int8c([]);
  expect(code).toBe(2);
  expect(stderr).toContain('Usage: int8c');
});

test.each<[string, readonly string[], string]>([
  ['an unknown command', ['compil'], "error[I8C0401] Unknown command 'compil'. Did you mean compile?\n"],
  [
    'an unknown option',
    ['compile', 'x', '--taget', 'c'],
    "error[I8C0401] Unknown option '--taget'. Did you mean --target?\n",
  ],
  ['a missing model', ['inspect'], "error[I8C0401] Missing required argument 'model'.\n"],
  ['a model too many', ['inspect', 'a', 'b'], 'error[I8C0401] Too many arguments'],
  [
    'an option without its value',
    ['compile', 'x', '-o'],
    "error[I8C0401] Option '-o, --output <dir>' argument missing",
  ],
  ['a runner that is none', ['run', 'x', '-t', 'hvx'], 'Allowed choices are interp, js, wasm, wgsl, c.\n'],
  ['an unknown target', ['compile', 'x', '-t', 'cc'], 'error[I8C0404] There is no target "cc". Did you mean c?\n'],
  [
    'a target with a strange name',
    ['compile', 'x', '-t', '__proto__'],
    'error[I8C0404] There is no target "__proto__"',
  ],
  [
    'an unknown pass',
    ['compile', 'x', '--print-after', 'make-intger'],
    'error[I8C0401] There is no pass "make-intger" to print after. Did you mean make-integer?\n',
  ],
  ['a name that is none', ['compile', example('shapes_int8.tflite'), '-n', '../x'], 'error[I8C0405]'],
  ['an unknown signature', ['inspect', example('shapes_int8.tflite'), '--signature', 'x'], 'error[I8C0403]'],
  [
    'an unknown tensor',
    ['run', example('shapes_int8.tflite'), '--expose', 'nothing'],
    'error[I8C0403] The model computes no tensor "nothing".\n',
  ],
])('%s is a mistake on the command line', (_, args, message) => {
  const { code, stdout, stderr } = int8c(args);
  expect(stderr).toContain(message);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});

test('a fault of int8c itself has its own exit code, a short trace, and asks for a report', () => {
  const broken = `data:text/javascript,TextEncoder.prototype.encode = () => { throw new TypeError('broken on purpose'); };`;
  const { code, stderr } = int8c(['run', example('shapes_int8.tflite'), '-i', example('star_int8.npy'), '-o', 'out'], {
    node: ['--import', broken],
  });
  expect(code).toBe(70);
  expect(stderr).toMatch(/^internal error\[I8C0901\]: broken on purpose\n\s+at /);
  expect(stderr).toContain('Please report it');
  expect(stderr.split('\n').length).toBeLessThan(12);
});

test('a reader that goes away is no error', () => {
  // `true` reads nothing and ends, long before the text of all stages is written.
  const command = `${shellCommand} compile '${example('shapes_int8.tflite')}' --print-after all -o /dev/null/x`;
  const { stderr, stdout } = spawnSync('sh', ['-c', `{ ${command}; echo "exit $?" >&2; } | true`], {
    encoding: 'utf8',
  });
  expect(stdout).toBe('');
  expect(stderr).not.toContain('EPIPE');
  expect(stderr).toMatch(/exit [01]\n$/);
});

test.each([
  ['colours on request', { FORCE_COLOR: '1' }, true],
  ['none with NO_COLOR', { NO_COLOR: '1' }, false],
] as const)('%s', (_, env, colored) => {
  expect(int8c(['inspect', 'missing.tflite'], { env }).stderr.startsWith('\u001b[31merror')).toBe(colored);
});

// README is for a stranger: its commands run as pasted, its C compiles, its library example works.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hasCompiler } from './c-compiler.ts';
import { int8c, repository, temporaryFolder } from './cli/int8c.ts';

const readme = readFileSync(join(repository, 'README.md'), 'utf8');
const folder = temporaryFolder();

/** The contents of the fenced blocks of a language. */
function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map((m) => m[1] ?? '');
}

const commands = blocks('sh')
  .flatMap((block) => block.split('\n'))
  .map((line) => line.replace(/#.*$/, '').trim())
  .filter((line) => line !== '');

/** What stderr says beside the lines of progress that slow machines get to see. */
const withoutProgress = (stderr: string) => stderr.replace(/^[A-Z][a-z ]+: \d+ %, [\d,]+ of [\d,]+\n/gm, '');

describe('README', () => {
  it('names only scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
    const named = [...readme.matchAll(/npm (?:run (\w+)|(test))/g)].map((m) => m[1] ?? m[2] ?? '');
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });

  it.each(commands.filter((c) => c.startsWith('npx int8c ')))('%s', (command) => {
    const args = command.split(/\s+/).slice(2);
    const { code, stdout, stderr } = int8c(args.map((a) => (a === 'out' ? join(folder, 'out') : a)));
    expect(withoutProgress(stderr)).toBe('');
    expect(code).toBe(0);
    expect(stdout.length).toBeGreaterThan(0);
  });

  it('shows C that compiles beside what the command wrote', ({ skip }) => {
    if (!hasCompiler('gcc')) skip('no gcc');
    expect(int8c(['compile', 'docs/example/shapes_int8.tflite', '-o', join(folder, 'out')]).code).toBe(0);
    const [source] = blocks('c');
    writeFileSync(join(folder, 'out/firmware.c'), source ?? '');
    const flags = ['-std=c99', '-Wall', '-Wextra', '-Werror', '-pedantic', '-c'];
    const { status, stderr } = spawnSync('gcc', [...flags, 'firmware.c'], {
      cwd: join(folder, 'out'),
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('shows a library example that works', () => {
    const library = pathToFileURL(join(repository, 'dist/src/index.js')).href;
    const [source = ''] = blocks('ts');
    const file = join(folder, 'library.mjs');
    writeFileSync(file, source.replace("'int8c'", `'${library}'`));
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: repository, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toContain('shapes.c');
    expect(stdout).toContain('Int8Array(8)');
  });
});

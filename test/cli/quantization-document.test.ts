// docs/quantization.md: its commands and its library example run as they stand there.
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { int8c, repository, temporaryFolder } from './int8c.ts';

const text = readFileSync(join(repository, 'docs/quantization.md'), 'utf8');
const folder = temporaryFolder();
cpSync(join(repository, 'docs/example'), join(folder, 'docs/example'), { recursive: true });

/** The lines of the fenced blocks of a language. */
function blocks(language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map((m) => m[1] ?? '');
}

describe('commands', () => {
  const commands = blocks('sh').flatMap((block) => block.trim().split('\n'));

  it('are there', () => {
    expect(commands.length).toBeGreaterThan(5);
    expect(commands.filter((command) => !command.startsWith('npx int8c '))).toEqual([]);
  });

  // In the order of the page: later ones read what earlier ones wrote.
  it.each(commands)('%s', (command) => {
    const { code, stdout } = int8c(command.split(/\s+/).slice(2), { cwd: folder });
    expect(code).toBe(0);
    expect(stdout.length).toBeGreaterThan(0);
  });
});

it('the library example works', () => {
  const library = pathToFileURL(join(repository, 'dist/src/index.js')).href;
  const [source = ''] = blocks('ts');
  const file = join(folder, 'library.mjs');
  writeFileSync(file, source.replace("'int8c'", `'${library}'`));
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('shapes.c');
});

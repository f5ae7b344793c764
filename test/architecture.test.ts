// The shape of the repository: which folder may import which, no import cycles, no shared code that asks for an
// operator's name, files that a person can hold in their head.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { operators } from '../ir/ops/index.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = ['ir', 'passes', 'backends', 'src'];

/** What a folder's files may import, beside packages. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  ir: ['ir'],
  passes: ['ir', 'passes'],
  backends: ['ir', 'passes', 'backends'],
  src: ['ir', 'passes', 'backends', 'src'],
};

const files = folders.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((f) => f.endsWith('.ts'))
    .map((f) => join(folder, f)),
);

const textOf = (file: string) => readFileSync(join(root, file), 'utf8');

/** Imported project files and packages; `types` says whether imports of types alone count. */
function importsOf(file: string, types: boolean): { files: string[]; packages: string[] } {
  const found = { files: [] as string[], packages: [] as string[] };
  const statement = /(?:^|\n)\s*(import|export)\s(type\s)?[^;'"]*?from\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g;
  for (const [, , typeOnly, from, dynamic] of textOf(file).matchAll(statement)) {
    const target = from ?? dynamic ?? '';
    if (typeOnly !== undefined && !types) continue;
    // Relative imports name `.ts` files; others stand in text that a backend prints.
    if (target.startsWith('.') && target.endsWith('.ts'))
      found.files.push(relative(root, resolve(root, dirname(file), target)));
    else if (!target.startsWith('.')) found.packages.push(target);
  }
  return found;
}

describe('imports', () => {
  it.each(folders)('%s imports only what it may', (folder) => {
    const wrong = files
      .filter((f) => f.startsWith(`${folder}/`))
      .flatMap((f) =>
        importsOf(f, true)
          .files.filter((target) => !allowed[folder]?.includes(target.split('/')[0] ?? ''))
          .map((target) => `${f} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  it('has no cycles, imports of types aside', () => {
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (state.get(file) === 'done') return;
      if (state.get(file) === 'open') {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
        return;
      }
      state.set(file, 'open');
      for (const next of importsOf(file, false).files) visit(next, [...path, file]);
      state.set(file, 'done');
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('loads chevrotain in the parsers only', () => {
    const users = files.filter((f) => importsOf(f, true).packages.some((p) => p.startsWith('chevrotain')));
    expect(users.every((f) => /^ir\/(loops\/)?[a-z-]*(parser|lexer|grammar)\.ts$/.test(f))).toBe(true);
  });
});

describe('operators', () => {
  it('are named by no shared code', () => {
    const names = [...operators.keys()];
    const shared = files.filter((f) => !f.startsWith('ir/ops/'));
    const comparison = /(?:definition|op)\.name\s*[=!]==?\s*['"]|case\s+'([a-z0-9_]+)'/g;
    const wrong = shared.flatMap((f) =>
      [...textOf(f).matchAll(comparison)]
        .filter(([, word]) => word === undefined || (names.includes(word) && /switch \(.*definition/.test(textOf(f))))
        .map(([text]) => `${f}: ${text}`),
    );
    expect(wrong).toEqual([]);
  });

  it('are unknown to backends', () => {
    const wrong = files
      .filter((f) => f.startsWith('backends/'))
      .filter((f) => importsOf(f, true).files.some((t) => t.startsWith('ir/ops/') || t === 'ir/module.ts'));
    expect(wrong).toEqual([]);
  });
});

describe('files', () => {
  it('say by their names what they are about', () => {
    expect(files.filter((f) => /(^|\/)(utils?|helpers?|common|misc)\.ts$/.test(f))).toEqual([]);
  });

  it('are short enough to hold in the head', () => {
    expect(files.filter((f) => textOf(f).split('\n').length > 450)).toEqual([]);
  });

  it('begin by saying what they are for', () => {
    expect(files.filter((f) => !/^(#!.*\n)?\/\/ /.test(textOf(f)))).toEqual([]);
  });
});

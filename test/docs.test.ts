// The documents that derive from code are up to date, and every relative link in a document leads somewhere.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { generatedDocuments } from '../src/docs/generate.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

describe('generated documents', () => {
  it.each([...generatedDocuments()])('docs/%s is what `npm run docs` writes', (name, text) => {
    expect(readFileSync(join(root, 'docs', name), 'utf8')).toBe(text);
  });
});

describe('links', () => {
  const documents = [
    ...readdirSync(root).filter((f) => f.endsWith('.md')),
    ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((f) => f.endsWith('.md'))
      .map((f) => join('docs', f)),
  ];
  it.each(documents)('%s', (document) => {
    const text = readFileSync(join(root, document), 'utf8');
    const targets = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map((m) => m[1] ?? '');
    expect(targets.filter((t) => !existsSync(resolve(root, dirname(document), t)))).toEqual([]);
  });
});

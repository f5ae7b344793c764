// int8c compile: what it writes and prints, and what it refuses.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodeTflite } from '../../src/frontends/tflite/writer.ts';
import { sampleModel } from '../frontends/tflite-sample.ts';
import { example, int8c, shellCommand, temporaryFolder } from './int8c.ts';

const folder = temporaryFolder();
const model = example('shapes_int8.tflite');

interface CompileOutput {
  readonly manifest: { readonly target: string; readonly macs: number };
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly diagnostics: readonly { readonly code: string }[];
  readonly stages?: readonly { readonly after: string; readonly text: string }[];
}

describe('files', () => {
  test('the program and its manifest, named after the model; a short account of both', () => {
    const out = join(folder, 'deep', 'er');
    const { code, stdout, stderr } = int8c(['compile', model, '--target', 'c', '-o', out]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(readdirSync(out).sort()).toEqual(['shapes_int8.c', 'shapes_int8.h', 'shapes_int8.json']);
    expect(stdout).toContain('shapes_int8: 110,272 multiply-accumulates');
    expect(stdout).toMatch(/input {3}"image" +i8 \[1, 24, 24, 1\] +scale 0.003921569, zero -128/);
    expect(stdout).toMatch(/[\d,]+ bytes of arena \(lower bound [\d,]+\)/);
    for (const name of readdirSync(out)) {
      const bytes = readFileSync(join(out, name)).length;
      expect(stdout).toContain(join(out, name));
      expect(stdout).toContain(`${bytes.toLocaleString('en-US')} bytes`);
    }
  });

  test('the same command writes the same bytes', () => {
    const outs = ['first', 'second'].map((name) => join(folder, name));
    for (const out of outs) expect(int8c(['compile', model, '-o', out, '--selftest']).code).toBe(0);
    const [first, second] = outs.map((out) => readdirSync(out).map((name) => readFileSync(join(out, name), 'utf8')));
    expect(first).toHaveLength(4);
    expect(second).toEqual(first);
  });

  test('several targets get a folder each', () => {
    const out = join(folder, 'several');
    expect(int8c(['compile', model, '-t', 'c,js,ir', '-o', out, '-n', 'net']).code).toBe(0);
    expect(readdirSync(out).sort()).toEqual(['c', 'ir', 'js']);
    expect(readdirSync(join(out, 'c')).sort()).toEqual(['net.c', 'net.h', 'net.json']);
    expect(readdirSync(join(out, 'ir')).sort()).toEqual(['net.ir', 'net.ir.weights', 'net.json']);
    expect(readdirSync(join(out, 'js')).sort()).toEqual(['net.js', 'net.json']);
  });

  test('the text of a model compiles to what the model compiles to', () => {
    const out = join(folder, 'text');
    expect(int8c(['compile', model, '-t', 'ir', '-o', out]).code).toBe(0);
    expect(int8c(['compile', join(out, 'shapes_int8.ir'), '-o', join(out, 'again')]).code).toBe(0);
    expect(int8c(['compile', model, '-o', join(out, 'direct')]).code).toBe(0);
    const source = (name: string) => readFileSync(join(out, name, 'shapes_int8.c'), 'utf8');
    expect(source('again')).toBe(source('direct'));
  });

  test('nothing is written when one of the targets fails', () => {
    const out = join(folder, 'none');
    const { code, stderr } = int8c(['compile', model, '-t', 'c,js', '--selftest', '-o', out]);
    expect(stderr).toBe('error[I8C0404] The target js has no self-test.\n');
    expect(code).toBe(2);
    expect(existsSync(out)).toBe(false);
  });
});

describe('--json', () => {
  test('manifest, files and diagnostics, and nothing else', () => {
    const out = join(folder, 'json');
    const { code, stdout, stderr } = int8c(['compile', model, '-o', out, '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { manifest, files, diagnostics } = JSON.parse(stdout) as CompileOutput;
    expect(manifest).toEqual(JSON.parse(readFileSync(join(out, 'shapes_int8.json'), 'utf8')));
    expect(files.map(({ path }) => path)).toEqual(['c', 'h', 'json'].map((end) => join(out, `shapes_int8.${end}`)));
    for (const { path, bytes } of files) expect(readFileSync(path)).toHaveLength(bytes);
    expect(diagnostics).toEqual([]);
  });

  test('a list for several targets, with the stages that were asked for', () => {
    const { stdout } = int8c([
      'compile',
      model,
      '-t',
      'c,js',
      '-o',
      join(folder, 'j2'),
      '--json',
      '--print-after',
      'loops',
    ]);
    const results = JSON.parse(stdout) as CompileOutput[];
    expect(results.map((r) => r.manifest.target)).toEqual(['c', 'js']);
    expect(results.map((r) => r.stages?.map((s) => s.after))).toEqual([['loops'], ['loops']]);
  });

  test('failures are JSON too', () => {
    const { code, stdout, stderr } = int8c(['compile', 'missing.tflite', '--json']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const message = 'There is no model "missing.tflite".';
    expect(JSON.parse(stdout)).toEqual({ diagnostics: [{ code: 'I8C0005', severity: 'error', message }] });
  });
});

describe('--print-after', () => {
  test('the text of one stage has stdout for itself, and parses back', () => {
    const out = join(folder, 'print');
    const { code, stdout, stderr } = int8c(['compile', model, '--print-after', 'make-integer', '-o', out]);
    expect(code).toBe(0);
    expect(stderr).toContain('wrote 3 files');
    expect(stdout).toMatch(/^\/\/ after make-integer\nmodule @shapes_int8 rounding=double\n/);
    expect(stdout).toContain('requantize');
    writeFileSync(join(out, 'text.ir'), stdout);
    const missing = int8c(['opt', join(out, 'text.ir')]);
    expect(missing.stderr).toMatch(/^error\[I8C0103\] line \d+:\d+: resource [0-9a-f]{32} is missing/);
  });

  test('all stages, in order', () => {
    const { stdout } = int8c(['compile', model, '--print-after', 'all', '-o', join(folder, 'all')]);
    const stages = [...stdout.matchAll(/^\/\/ after (\S+)$/gm)].map((match) => match[1]);
    expect(stages[0]).toBe('import');
    expect(stages.at(-1)).toBe('loops');
    expect(stages).toContain('fuse-requantize');
    expect(stdout).toMatch(/^kernel @/m);
  });
});

describe('models that cannot be read', () => {
  const large = join(folder, 'large.tflite');
  writeFileSync(large, '');
  // Sparse: it takes no space.
  truncateSync(large, 2_000_000_001);
  writeFileSync(join(folder, 'half.tflite'), readFileSync(model).subarray(0, 5000));
  writeFileSync(join(folder, 'empty.tflite'), '');
  writeFileSync(join(folder, 'bad.ir'), 'module @x rounding=double\nfunc @f() { return %y }\n');

  test.each([
    ['missing', 'shapes_int9.tflite', 'error[I8C0005] There is no model'],
    ['a folder', '.', 'error[I8C0005] The model "." is a directory.'],
    ['under a file', join(model, 'x'), 'is not reachable: a part of its path is a file.'],
    ['a device', '/dev/zero', 'is neither a file nor a pipe.'],
    ['too large', large, 'has 2000000001 bytes, more than the 2000000000 that int8c reads.'],
    ['cut off', join(folder, 'half.tflite'), 'error[I8C0002]'],
    ['empty', join(folder, 'empty.tflite'), 'error[I8C0001]'],
    ['of another kind', example('star.npy'), 'error[I8C0001]'],
    ['wrong text', join(folder, 'bad.ir'), 'error[I8C0101]'],
    ['a name that is too long', 'x'.repeat(300), 'has a name longer than any file.'],
  ])('%s', (_, path, message) => {
    const { code, stdout, stderr } = int8c(['compile', path, '-o', join(folder, 'unused')]);
    expect(stderr).toContain(message);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(existsSync(join(folder, 'unused'))).toBe(false);
  });

  test('a missing one whose name is near another', () => {
    const { stderr } = int8c(['inspect', example('shapes_int9.tflite')]);
    expect(stderr).toContain('Did you mean shapes_int8.tflite?');
  });

  test('one that comes through a pipe is read', () => {
    const text = execFileSync('sh', ['-c', `cat '${model}' | ${shellCommand} inspect /dev/stdin`], {
      encoding: 'utf8',
    });
    expect(text).toContain('stdin');
    expect(text).toContain('110,272  multiply-accumulates');
  });
});

describe('folders and names', () => {
  test.each([
    ['the folder is a file', model, 'is a file, not a folder.'],
    ['the folder is under a file', join(model, 'out'), 'a part of its path is a file.'],
    ['the folder cannot be', '/proc/int8c', 'error[I8C0005] The folder "/proc/int8c"'],
  ])('%s', (_, out, message) => {
    const { code, stderr } = int8c(['compile', model, '-o', out]);
    expect(stderr).toContain(message);
    expect(code).toBe(1);
  });

  test('a file name of any characters becomes an identifier; odd paths are kept', () => {
    const odd = join(folder, "o'dd $(x) \u{1f600}");
    mkdirSync(odd);
    const path = join(odd, '-3 my net;v2.tflite');
    writeFileSync(path, encodeTflite(sampleModel()));
    const { code, stderr } = int8c(['compile', '-o', odd, '--', path]);
    expect(stderr).not.toContain('error');
    expect(code).toBe(0);
    expect(readdirSync(odd)).toContain('v3_my_net_v2.c');
  });

  test('hostile tensor names are escaped in what is printed', () => {
    const hostile = sampleModel();
    hostile.subgraphs[0]!.tensors[2]!.name = '\u001b[2J\u202eevil\n*/ int x; /*"';
    const path = join(folder, 'hostile.tflite');
    writeFileSync(path, encodeTflite(hostile));
    const { code, stdout } = int8c(['compile', path, '-o', join(folder, 'hostile')]);
    expect(code).toBe(0);
    expect(stdout).toContain('"\\u001b[2J\\u202eevil\\n*/ int x; /*\\""');
    expect(stdout).not.toContain('\u001b');
  });

  test('a link in the folder is replaced, not followed', () => {
    const out = join(folder, 'linked');
    const victim = join(folder, 'victim');
    mkdirSync(out);
    writeFileSync(victim, 'untouched');
    symlinkSync(victim, join(out, 'shapes_int8.c'));
    expect(int8c(['compile', model, '-o', out]).code).toBe(0);
    expect(readFileSync(victim, 'utf8')).toBe('untouched');
    expect(() => readlinkSync(join(out, 'shapes_int8.c'))).toThrow();
    expect(readdirSync(out).sort()).toEqual(['shapes_int8.c', 'shapes_int8.h', 'shapes_int8.json']);
  });

  test('the model itself is never overwritten', () => {
    const out = join(folder, 'self');
    int8c(['compile', model, '-t', 'ir', '-o', out]);
    const before = readFileSync(join(out, 'shapes_int8.ir'));
    const { code, stderr } = int8c(['compile', join(out, 'shapes_int8.ir'), '-t', 'ir', '-o', out]);
    expect(stderr).toContain('would overwrite what it is made from. Give another folder with -o');
    expect(code).toBe(1);
    expect(readFileSync(join(out, 'shapes_int8.ir'))).toEqual(before);
  });
});

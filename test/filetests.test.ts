// Runs test/filetests on every target, and holds passes and diagnostics to their texts.
import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { parseKernels } from '../ir/loops/parser.ts';
import { verifyKernel } from '../ir/loops/verifier.ts';
import type { Module } from '../ir/module.ts';
import { operators } from '../ir/ops/index.ts';
import { parseModule } from '../ir/parser.ts';
import { printModule } from '../ir/printer.ts';
import { sameModule } from '../ir/same-module.ts';
import { assertVerified } from '../ir/verifier.ts';
import { passNamed, passNames, runPasses } from '../passes/pipeline.ts';
import { hasCompiler } from './c-compiler.ts';
import { expectMarker, filetestsIn } from './filetest.ts';
import { runKernelEverywhere } from './filetest-kernels.ts';
import { runEverywhere } from './filetest-modules.ts';

const ops = filetestsIn('ops');
const passes = filetestsIn('passes');
const loops = filetestsIn('loops');

function expectRoundTrip(module: Module): void {
  const { text, resources } = printModule(module);
  const again = parseModule(text, resources);
  expect(sameModule(module, again), text).toBe(true);
  expect(printModule(again).text).toBe(text);
}

describe('operators agree on every target', () => {
  it.each(ops)('$name', { timeout: 60_000 }, async (test) => {
    expect(test.runs.length).toBeGreaterThan(0);
    const module = parseModule(test.text);
    assertVerified(module);
    expectRoundTrip(module);
    runPasses(module, {
      after: (pass) => {
        assertVerified(module, pass.name);
        expectRoundTrip(module);
      },
    });
    await runEverywhere(test, () => parseModule(test.text));
  });
  it('every operator has a filetest', () => {
    const used = new Set(ops.flatMap((t) => [...t.text.matchAll(/= (\w+)/g)].map((m) => m[1] ?? '')));
    expect([...operators.keys()].filter((name) => !used.has(name))).toEqual([]);
  });
});

describe('passes', () => {
  it.each(passes)('$name', { timeout: 60_000 }, async (test) => {
    const selected = test.passes.map((name) => passNamed(name) ?? expect.fail(`there is no pass ${name}`));
    const module = parseModule(test.text);
    assertVerified(module);
    runPasses(module, { passes: selected, after: (pass) => assertVerified(module, pass.name) });
    expectRoundTrip(module);
    // Tables of bytes are read along with the text.
    const { text } = printModule(module, { inlineLimit: 256 });
    if (process.env.UPDATE_FILETESTS === '1') writeFileSync(test.path, `${test.text}${expectMarker}${text}`);
    else expect(text).toBe(test.expected);
    await runEverywhere(
      test,
      () => parseModule(test.text),
      () => parseModule(text),
    );
  });
  it('every pass has a filetest', () => {
    const tested = new Set(passes.flatMap((t) => t.passes));
    expect(passNames().filter((name) => !tested.has(name))).toEqual([]);
  });
});

describe('kernels agree on every target', () => {
  it.each(loops)('$name', { timeout: 60_000 }, async (test) => {
    expect(test.runs.length).toBeGreaterThan(0);
    for (const kernel of parseKernels(test.text)) {
      expect(verifyKernel(kernel)).toEqual([]);
      await runKernelEverywhere(test, kernel);
    }
  });
});

afterAll(() => {
  if (!hasCompiler('gcc')) console.warn('no gcc: the filetests did not run on compiled C');
});

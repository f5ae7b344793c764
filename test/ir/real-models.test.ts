// Real models at every stage: what was imported, what the passes made of it, and the lowered program all verify, print,
// and read back as the same.
import { describe, expect, it } from 'vitest';
import { parseProgram } from '../../ir/loops/parser.ts';
import { printProgram } from '../../ir/loops/program-printer.ts';
import { verifyProgram } from '../../ir/loops/program-verifier.ts';
import type { Module } from '../../ir/module.ts';
import { parseModule } from '../../ir/parser.ts';
import { printModule } from '../../ir/printer.ts';
import { sameModule } from '../../ir/same-module.ts';
import { verifyModule } from '../../ir/verifier.ts';
import { lowerFunction } from '../../passes/lower.ts';
import { runPasses } from '../../passes/pipeline.ts';
import { scalar } from '../../passes/schedule/isa.ts';
import { GoldenModel, goldenNames } from '../golden/golden-model.ts';

function expectRoundTrip(module: Module): void {
  expect(verifyModule(module)).toEqual([]);
  const { text, resources } = printModule(module);
  expect(sameModule(parseModule(text, resources), module)).toBe(true);
}

describe.skipIf(goldenNames.length === 0)('the text forms hold every stage of', () => {
  it.each(goldenNames)('%s', { timeout: 60_000 }, (name) => {
    const { imported, func } = new GoldenModel(name, false);
    expectRoundTrip(imported.module);
    runPasses(imported.module);
    expectRoundTrip(imported.module);
    const program = lowerFunction(func, { name: 'model', isa: scalar });
    expect(verifyProgram(program)).toEqual([]);
    const { text, resources } = printProgram(program);
    expect(printProgram(parseProgram(text, resources)).text).toBe(text);
  });
});

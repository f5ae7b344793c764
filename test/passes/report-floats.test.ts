// What the compiler says of operators that stay in f32 between quantized tensors: each once, with its reason.
import { expect, it } from 'vitest';
import type { Diagnostic } from '../../ir/diagnostics.ts';
import { lookup } from '../../ir/ops/lookup.ts';
import { parseModule } from '../../ir/parser.ts';
import { fuseQuantization } from '../../passes/fuse-quantization.ts';
import { runPasses } from '../../passes/pipeline.ts';
import { reportFloats } from '../../passes/report-floats.ts';
import { tabulateCurves } from '../../passes/tabulate-curves.ts';
import { readFiletest } from '../filetest.ts';

it('names operators and reasons, and nothing that became a table', () => {
  const notes: Diagnostic[] = [];
  const report = (d: Diagnostic) => notes.push(d);
  const passes = [fuseQuantization, tabulateCurves, reportFloats];
  const refused = parseModule(readFiletest('passes/fuse-quantization-refuses.ir').text, new Map());
  runPasses(refused, { passes, report });
  const said = (start: string) =>
    notes
      .filter((d) => d.where?.startsWith(start))
      .map((d) => d.message)
      .join();
  expect(said('add')).toContain('operand b that is not dequantized');
  expect(said('conv2d')).toContain('float result that is not only quantized');
  expect(notes.every((d) => d.code === 'I8C0302' && d.severity === 'note')).toBe(true);
  notes.length = 0;
  const curves = parseModule(readFiletest('passes/tabulate-curves.ir').text, new Map());
  runPasses(curves, { passes, report });
  // A product of two tensors and what goes into it. What a select chooses by is a table, and above it its quantization rose.
  expect(notes.map((d) => d.where).sort()).toEqual(['exp', 'mul']);
  const tables = curves.entry.ops.filter((op) => op.definition === lookup);
  expect(tables.map((op) => op.result.name)).toContain('y');
});

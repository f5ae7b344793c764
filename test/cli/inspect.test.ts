// int8c inspect: what it says about models, and about those that cannot be compiled.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encodeTflite } from '../../src/frontends/tflite/writer.ts';
import type { Inspection } from '../../src/inspection.ts';
import { example, int8c, temporaryFolder } from './int8c.ts';

const folder = temporaryFolder();

test('an integer model: interface, operators, cost, and that nothing is float', () => {
  const { code, stdout, stderr } = int8c(['inspect', example('shapes_int8.tflite')]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/output +"probabilities" +i8 \[1, 8\] +scale 0.00390625, zero -128\n/);
  expect(stdout).toMatch(/^ +4 {2}conv2d +i8 -> i8 +84,096 MACs$/m);
  expect(stdout).toMatch(/^ +1 {2}softmax +i8 -> i8$/m);
  expect(stdout).toMatch(/^ +110,272 {2}multiply-accumulates$/m);
  expect(stdout).toContain('none: every operator computes in integers');
});

test('a float model: which operators stay float, where, and why', () => {
  const { code, stdout } = int8c(['inspect', example('shapes.tflite')]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/fully_connected: The model computes it in floating point.\n +FULLY_CONNECTED #24 "logits"\n/);
});

test('--json holds the same', () => {
  const { stdout, stderr } = int8c(['inspect', example('shapes_int8.tflite'), '--json']);
  expect(stderr).toBe('');
  const inspection = JSON.parse(stdout) as Inspection;
  expect(inspection).toMatchObject({ name: 'shapes_int8', macs: 110272, float: [], diagnostics: [], states: [] });
  expect(inspection.inputs).toEqual([
    {
      name: 'image',
      type: 'i8',
      shape: [1, 24, 24, 1],
      quantization: { scale: [Math.fround(1 / 255)], zeroPoint: [-128] },
    },
  ]);
  expect(inspection.operators[0]).toEqual({ operator: 'conv2d', types: 'i8 -> i8', count: 4, macs: 84096 });
  expect(inspection.bytes.arena).toBeGreaterThanOrEqual(inspection.bytes.arenaLowerBound);
});

/** A chain of operators that int8c has none of, twice each. */
function unsupportedModel(): Uint8Array {
  const tensor = (name: string) => ({ shape: [1, 4], type: 'FLOAT32' as const, name });
  const operator = (opcodeIndex: number, from: number) => ({ opcodeIndex, inputs: [from], outputs: [from + 1] });
  return encodeTflite({
    version: 3,
    operatorCodes: [
      { deprecatedBuiltinCode: 109, builtinCode: 'WHERE' },
      { deprecatedBuiltinCode: 32, builtinCode: 'CUSTOM', customCode: 'Mine' },
    ],
    subgraphs: [
      {
        tensors: ['in', 'a', 'b', 'c', 'd'].map(tensor),
        inputs: [0],
        outputs: [4],
        operators: [operator(0, 0), operator(1, 1), operator(0, 2), operator(1, 3)],
      },
    ],
    buffers: [{}],
  });
}

test('a model that is not supported: everything that is not, by operator and place', () => {
  const path = join(folder, 'unsupported.tflite');
  writeFileSync(path, unsupportedModel());
  const { code, stdout, stderr } = int8c(['inspect', path]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^error\[I8C0201\].*WHERE.*\n {4}WHERE #0 "a"\n {4}WHERE #2 "c"\n/m);
  expect(stderr).toMatch(/^error\[I8C0201\].*Mine.*\n {4}CUSTOM:Mine #1 "b"\n {4}CUSTOM:Mine #3 "d"\n/m);
  const { diagnostics } = JSON.parse(int8c(['inspect', path, '--json']).stdout) as { diagnostics: { where: string }[] };
  expect(diagnostics.map((d) => d.where)).toEqual([
    'WHERE #0 "a"',
    'CUSTOM:Mine #1 "b"',
    'WHERE #2 "c"',
    'CUSTOM:Mine #3 "d"',
  ]);
});

// Programs with a state through files: a variable in TFLite, an input and an output more in ONNX.
import { expect, it } from 'vitest';
import { parseModule } from '../../ir/parser.ts';
import { exportOnnx } from '../../src/export/onnx/export.ts';
import { exportTflite } from '../../src/export/tflite/export.ts';
import { createRunner, importModel } from '../../src/index.ts';

/** Half of what was there and half of what comes, starting from [4, 0, -4]. */
const text = `module @memory rounding=double
func @main(%x: tensor<3xi8, quant<scale=0.5, zero=0>>) state(%s "kept" = dense<[4, 0, -4]> : tensor<3xi8, quant<scale=0.5, zero=0>>) {
  %t = add %s, %x : tensor<3xi8, quant<scale=1, zero=0>>
  %n = quantize %t : tensor<3xi8, quant<scale=0.5, zero=0>>
  return %t "sum" next(%n)
}
`;

const steps = [
  [2, 4, 6],
  [1, 1, 1],
  [-9, 20, 0],
];

async function originalSums(): Promise<unknown[]> {
  const runner = await createRunner(await importModel(new TextEncoder().encode(text)), { target: 'js' });
  const sums: unknown[] = [];
  for (const step of steps) sums.push((await runner.run({ x: Int8Array.from(step) })).sum);
  await runner.close();
  return sums;
}

it('keeps a TFLite variable from run to run, from its initial value on', async () => {
  const program = await importModel(exportTflite(parseModule(text), { name: 'memory' }));
  expect(program.inputs.map(({ name }) => name)).toEqual(['x']);
  const runner = await createRunner(program, { target: 'js' });
  const sums: unknown[] = [];
  for (const step of steps) sums.push((await runner.run({ x: Int8Array.from(step) })).sum);
  await runner.close();
  expect(sums).toEqual(await originalSums());
});

it('is an input of an ONNX graph, and its next value an output', async () => {
  const program = await importModel(exportOnnx(parseModule(text), { name: 'memory' }));
  expect(program.inputs.map(({ name }) => name)).toEqual(['x', 'kept']);
  expect(program.outputs.map(({ name }) => name)).toEqual(['sum', 'kept_next']);
  const runner = await createRunner(program, { target: 'js' });
  const sums: unknown[] = [];
  let kept = Int8Array.from([4, 0, -4]);
  for (const step of steps) {
    const results = await runner.run({ x: Int8Array.from(step), kept });
    sums.push(results.sum);
    kept = Int8Array.from(results.kept_next ?? [], Number);
  }
  await runner.close();
  expect(sums).toEqual(await originalSums());
});

// The library's programs: formats, names, limits.
import { expect, test } from 'vitest';
import { compile, createRunner, importModel } from '../src/index.ts';

const encode = (text: string) => new TextEncoder().encode(text);

const ports = `module @ports rounding=double

func @main(%x "in": tensor<2xi8>, %b "in": tensor<2xi8>, %c "in_1": tensor<2xi8>) {
  return %x "y", %b "y", %c "y"
}
`;

test('ports of equal names are told apart, in feeds, results and manifest', async () => {
  const program = await importModel(encode(ports));
  expect(program.inputs.map((p) => p.name)).toEqual(['in', 'in_2', 'in_1']);
  expect(program.outputs.map((p) => p.name)).toEqual(['y', 'y_1', 'y_2']);
  const runner = await createRunner(program, { target: 'js' });
  const feeds = { in: Int8Array.of(1, 2), in_2: Int8Array.of(3, 4), in_1: Int8Array.of(5, 6) };
  expect(await runner.run(feeds)).toEqual({ y: feeds.in, y_1: feeds.in_2, y_2: feeds.in_1 });
  const { manifest } = await compile(program, { target: 'js' });
  expect(manifest.outputs.map((o) => o.name)).toEqual(['y', 'y_1', 'y_2']);
});

test('textual IR names its program; options name it otherwise', async () => {
  expect((await importModel(encode(ports))).name).toBe('ports');
  expect((await importModel(encode(ports), { name: 'other' })).name).toBe('other');
});

test('bytes of no known format, and options for another format, are refused', async () => {
  await expect(importModel(encode('hello'))).rejects.toThrow('I8C0001');
  await expect(importModel(new Uint8Array())).rejects.toThrow('I8C0001');
  await expect(importModel(encode(ports), { signature: 'serve' })).rejects.toThrow('I8C0403');
  await expect(importModel(encode(`${ports}//${' '.repeat(2 ** 24)}`))).rejects.toThrow('I8C0004');
});

test('compile refuses names that are no identifiers, and targets and self-tests that there are none of', async () => {
  const program = await importModel(encode(ports));
  for (const name of ['', '../x', 'a b', '1st', 'x'.repeat(61), 'ä', 'a.b', '_x']) {
    await expect(compile(program, { target: 'js', name })).rejects.toThrow('I8C0405');
  }
  await expect(compile(program, { target: 'js', name: 'my-net' })).rejects.toThrow('Perhaps my_net.');
  await expect(compile(program, { target: 'jss' as 'js' })).rejects.toThrow('Did you mean js?');
  await expect(compile(program, { target: 'toString' as 'js' })).rejects.toThrow('I8C0404');
  await expect(compile(program, { target: 'js', selftest: true })).rejects.toThrow('no self-test');
});

test('the same program compiled twice gives the same bytes', async () => {
  const program = await importModel(encode(ports));
  const [first, second] = [await compile(program, { target: 'c' }), await compile(program, { target: 'c' })];
  expect([...first.files]).toEqual([...second.files]);
});

// NAME.js and NAME.d.ts as a user has them: loaded from files, from one text, and from bytes handed in.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { printWasm } from '../../backends/wasm/print.ts';
import type { LoopProgram } from '../../ir/loops/kernel.ts';
import { accumulatorProgram, chainProgram } from '../loops/small-programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'int8c-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The parts of the loader's interface that the tests use. */
interface Loaded {
  readonly inputs: Readonly<Record<string, object>>;
  load(options?: { locate?: (file: string) => unknown }): Promise<LoadedModel>;
}

interface LoadedModel {
  readonly inputs: Tensors;
  readonly outputs: Tensors;
  run(inputs: Tensors, options?: { copy?: boolean }): Tensors;
  runBatch(inputs: Tensors): Tensors;
  invoke(): void;
  reset(): void;
}

type Tensors = Readonly<Record<string, Int8Array | Int32Array>>;

let written = 0;

/** Writes a program's files to a folder of their own and imports the loader. */
async function write(program: LoopProgram, inline: boolean): Promise<{ at: string; module: Loaded }> {
  const at = mkdtempSync(join(folder, `artifact${written++}-`));
  for (const [name, contents] of printWasm(program, { features: 'simd', inline })) {
    writeFileSync(join(at, name), contents);
  }
  writeFileSync(join(at, 'package.json'), '{ "type": "module" }');
  const url = pathToFileURL(join(at, `${program.name}.js`)).href;
  return { at, module: await import(/* @vite-ignore */ url) };
}

/** The chain program with tensors that are named as a stranger would. */
function strange(): LoopProgram {
  const program = chainProgram('good');
  const names = new Map([
    ['x', '__proto__'],
    ['y', 'a "quoted" </script> \u2028name'],
  ]);
  const storages = new Map(
    program.storages.map((s) => {
      const name = names.get(s.name);
      const tensor = name === undefined ? {} : { tensor: { name, shape: [2, 2], quant: { scale: [0.5], zero: [-3] } } };
      return [s, { ...s, ...tensor }] as const;
    }),
  );
  return {
    ...program,
    storages: [...storages.values()],
    calls: program.calls.map((c) => ({
      ...c,
      args: c.args.map((a) => ({ ...a, storage: storages.get(a.storage) ?? a.storage })),
    })),
    arena: {
      ...program.arena,
      offsets: new Map([...program.arena.offsets].map(([s, offset]) => [storages.get(s) ?? s, offset])),
    },
  };
}

const x = Int8Array.of(1, -2, 3, -128);
const y = Int8Array.of(4, -5, 10, -127);

describe('the loader', () => {
  it.each([false, true])('runs the network (inline: %s)', async (inline) => {
    const model = await (await write(chainProgram('good'), inline)).module.load();
    expect(model.run({ x })).toEqual({ y });
  });

  it('takes the module from where it is told', async () => {
    const program = chainProgram('good');
    const { module } = await write(program, false);
    const bytes = printWasm(program, { features: 'simd', inline: false }).get('chain.wasm') as Uint8Array<ArrayBuffer>;
    const asked: string[] = [];
    const from = async (source: unknown) => {
      const model = await module.load({
        locate: (file) => {
          asked.push(file);
          return source;
        },
      });
      return model.run({ x }).y;
    };
    expect(await from(bytes)).toEqual(y);
    expect(await from(bytes.slice().buffer)).toEqual(y);
    expect(await from('./chain.wasm')).toEqual(y);
    const headers = { 'content-type': 'application/wasm' };
    expect(await from(new Response(bytes, { headers }))).toEqual(y);
    expect(await from(Promise.resolve(new Response(bytes)))).toEqual(y);
    expect(asked).toEqual(new Array(5).fill('chain.wasm'));
    await expect(from(new Response('', { status: 404 }))).rejects.toThrow('404');
  });

  it('hands out the memory of tensors when asked', async () => {
    const model = await (await write(chainProgram('good'), false)).module.load();
    const copied = model.run({ x }).y;
    expect(copied).not.toBe(model.outputs.y);
    expect(model.run({ x }, { copy: false }).y).toBe(model.outputs.y);
    model.inputs.x!.set([2, 2, 2, 2]);
    model.invoke();
    expect(model.outputs.y).toEqual(Int8Array.of(7, 7, 7, 7));
    expect(copied).toEqual(y);
    expect(model.run({ x: model.inputs.x! }).y).toEqual(Int8Array.of(7, 7, 7, 7));
  });

  it('runs samples that lie one behind the other, and keeps state until it is reset', async () => {
    const { module } = await write(accumulatorProgram(), false);
    const model = await module.load();
    const other = await module.load();
    const samples = Int32Array.of(1, 2, 3, 4, 1, 1, 1, 1);
    const first = { y: Int32Array.of(11, 22, 33, 44, 12, 23, 34, 45) };
    expect(model.runBatch({ x: samples })).toEqual(first);
    expect(model.run({ x: Int32Array.of(0, 0, 0, 1) })).toEqual({ y: Int32Array.of(12, 23, 34, 46) });
    expect(other.runBatch({ x: samples })).toEqual(first);
    model.reset();
    expect(model.runBatch({ x: samples })).toEqual(first);
    expect(model.runBatch({ x: new Int32Array(0) })).toEqual({ y: new Int32Array(0) });
  });

  it('says which input is wrong', async () => {
    const model = await (await write(chainProgram('good'), false)).module.load();
    const wrong = (feeds: object) => () => model.run(feeds as Tensors);
    expect(wrong({})).toThrow(new TypeError('input "x" must be a Int8Array of 4 elements'));
    expect(wrong({ x: new Int8Array(5) })).toThrow(new TypeError('input "x" must be a Int8Array of 4 elements'));
    expect(wrong({ x: new Uint8Array(4) })).toThrow(TypeError);
    expect(wrong({ x: [1, 2, 3, 4] })).toThrow(TypeError);
    expect(wrong({ x, z: x })).toThrow(new TypeError('there is no input "z"'));
    expect(() => model.runBatch({ x: new Int8Array(7) })).toThrow('must be a Int8Array of 4 elements');
  });

  it('takes tensors of any name', async () => {
    const { module } = await write(strange(), true);
    const model = await module.load();
    expect(Object.keys(module.inputs)).toEqual(['__proto__']);
    const feeds = Object.fromEntries([['__proto__', x]]);
    expect(model.run(feeds)).toEqual({ 'a "quoted" </script> \u2028name': y });
  });

  it('evaluates no text as code and imports nothing in a browser', () => {
    for (const inline of [false, true]) {
      const text = String(printWasm(strange(), { features: 'simd', inline }).get('chain.js'));
      expect(text).not.toMatch(/\beval\b|\bFunction\(|\brequire\(|^import\b|<\/|[^\x20-\x7e\n]/m);
    }
  });

  it('is small, and the same each time', () => {
    const files = () => printWasm(chainProgram('good'), { features: 'simd', inline: false });
    expect([...files().keys()]).toEqual(['chain.wasm', 'chain.js', 'chain.d.ts']);
    expect(files()).toEqual(files());
    expect(files().get('chain.js')!.length).toBeLessThan(6000);
  });
});

describe('the types', () => {
  it('hold what the tensors are', { timeout: 60_000 }, async () => {
    const { at } = await write(strange(), false);
    const consumer = `
import { inputs, load } from './chain.js';
const model = await load();
const two: 2 = inputs['__proto__'].shape[1];
const type: 'i8' = inputs['__proto__'].type;
const zero: -3 = inputs['__proto__'].zeroPoint;
const y: Int8Array = model.run({ ['__proto__']: new Int8Array(4) })['a "quoted" </script> \\u2028name'];
// @ts-expect-error
model.run({ ['__proto__']: new Float32Array(4) });
// @ts-expect-error
model.run({});
// @ts-expect-error
model.outputs.z;
console.log(two, type, zero, y);
`;
    writeFileSync(join(at, 'consumer.ts'), consumer);
    const compiler = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url));
    const flags = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext', '--lib', 'es2023,dom'];
    expect(() =>
      execFileSync(compiler, [...flags, '--types', '', 'consumer.ts'], { cwd: at, stdio: 'pipe' }),
    ).not.toThrow();
  });
});

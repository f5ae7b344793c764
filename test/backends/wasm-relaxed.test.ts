// Relaxed SIMD: used only where operands allow it, and loaded only where the engine's arithmetic is what it relies on.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import binaryen from 'binaryen';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { instantiateWasm } from '../../backends/wasm/instantiate.ts';
import { buildModule } from '../../backends/wasm/module.ts';
import { printWasm } from '../../backends/wasm/print.ts';
import { relaxedProbe } from '../../backends/wasm/relaxed-dot.ts';
import { LoopBuilder } from '../../ir/loops/builder.ts';
import type { LoopProgram, Storage } from '../../ir/loops/kernel.ts';
import { type LoopType, laneOf, lanesOf, loopType } from '../../ir/loops/types.ts';
import { allocateArray, type TensorArray } from '../../ir/tensor-data.ts';
import type { ElementType } from '../../ir/types.ts';
import { Random } from '../../src/example/random.ts';
import { accumulatorProgram, chainProgram } from '../loops/small-programs.ts';

/** What the tests use of WebAssembly's JavaScript interface. */
declare const WebAssembly: {
  readonly validate: (binary: Uint8Array) => boolean;
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: { readonly check: () => number } };
  readonly compile: (binary: Uint8Array) => Promise<object>;
  readonly instantiate: (module: object) => Promise<object>;
};

/** A program of one dot; operands are inputs, or constants where they are given. */
function dotProgram(
  accumulator: LoopType,
  types: readonly LoopType[],
  constants: readonly (TensorArray | undefined)[],
) {
  const operands = types.map((type, i): Storage => {
    const data = constants[i];
    const storage = data === undefined ? { storage: 'input' as const } : { storage: 'const' as const, data };
    return { name: 'ab'[i]!, element: laneOf(type) as ElementType, length: lanesOf(type), ...storage };
  });
  const y: Storage = { name: 'y', storage: 'output', element: 'i32', length: lanesOf(accumulator) };
  const storages = [...operands, y];
  const buffers = storages.map(({ name, element, length, storage }) => {
    const role = storage === 'const' ? ('const' as const) : storage === 'output' ? ('out' as const) : ('in' as const);
    return { name, element, length, role };
  });
  const b = new LoopBuilder();
  const [p, q] = buffers.slice(0, 2).map((buffer) => b.load(buffer, 0, buffer.length));
  const start = b.splat(b.constant(-3), loopType('i32', lanesOf(accumulator)));
  b.store(buffers[2]!, 0, b.compute('dot', [start, p!, q!]));
  const kernel = b.finish('dot', 'multiplies', buffers);
  const args = storages.map((storage) => ({ storage, offset: 0 }));
  const calls = [{ kernel, args, scalars: [], location: '' }];
  const program: LoopProgram = {
    name: 'dot',
    storages,
    kernels: [kernel],
    calls,
    arena: { offsets: new Map(), bytes: 0, lowerBound: 0 },
  };
  return program;
}

function usesRelaxed(program: LoopProgram, features: 'simd' | 'relaxed'): boolean {
  const m = binaryen.readBinary(buildModule(program, features).binary);
  try {
    return m.emitText().includes('relaxed_dot');
  } finally {
    m.dispose();
  }
}

const sevenBits = Int8Array.from({ length: 16 }, (_, i) => (i * 41) % 128);
const signed = Int8Array.from({ length: 16 }, (_, i) => (i * 77) % 256);

describe('the relaxed dot', () => {
  it.each([
    ['bytes, signed and unsigned', ['i8x16', 'u8x16'], []],
    ['bytes, unsigned and signed', ['u8x16', 'i8x16'], []],
    ['signed bytes, the second of 7 bits', ['i8x16', 'i8x16'], [undefined, sevenBits]],
    ['signed bytes, the first of 7 bits', ['i8x16', 'i8x16'], [sevenBits]],
    ['unsigned bytes, one of 7 bits', ['u8x16', 'u8x16'], [Uint8Array.from(sevenBits)]],
  ] as const)('takes %s', (_title, types, constants) => {
    expect(usesRelaxed(dotProgram('i32x4', types, constants), 'relaxed')).toBe(true);
    expect(usesRelaxed(dotProgram('i32x4', types, constants), 'simd')).toBe(false);
  });

  it.each([
    ['signed bytes of 8 bits', 'i32x4', ['i8x16', 'i8x16'], [undefined, signed]],
    ['unsigned bytes of 8 bits', 'i32x4', ['u8x16', 'u8x16'], []],
    ['other groups', 'i32x2', ['i8x16', 'u8x16'], []],
    ['wider lanes', 'i32x4', ['i16x16', 'u8x16'], []],
  ] as const)('does not take %s', (_title, accumulator, types, constants) => {
    expect(usesRelaxed(dotProgram(accumulator, types, constants), 'relaxed')).toBe(false);
  });
});

/** What this engine's relaxed dot is exact for. */
function engine(): 'nothing' | 'seven bits' | 'eight bits' {
  const probe = relaxedProbe();
  if (!WebAssembly.validate(probe)) return 'nothing';
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(probe));
  if (exports.check() === 1) return 'eight bits';
  const small = instantiateWasm(
    dotProgram('i32x4', ['i8x16', 'i8x16'], [undefined, new Int8Array(16).fill(2)]),
    'relaxed',
  );
  return small.run([new Int8Array(16).fill(1)])[0]?.[0] === 5 ? 'seven bits' : 'nothing';
}

/** The dot of two arrays in groups of four, on -3. */
function expected(a: TensorArray, b: TensorArray): Int32Array {
  return Int32Array.from({ length: a.length / 4 }, (_, l) => {
    let sum = -3;
    for (let g = 4 * l; g < 4 * l + 4; g++) sum += Number(a[g]) * Number(b[g]);
    return sum;
  });
}

function bytes(type: LoopType, random: Random, bits: 7 | 8): TensorArray {
  const array = allocateArray(laneOf(type) as ElementType, lanesOf(type));
  const any = () => (random.integer(3) === 0 ? [0x80, 0xff, 0x7f, 0][random.integer(4)]! : random.integer(256));
  for (let i = 0; i < array.length; i++) array[i] = bits === 7 ? any() & 0x7f : any();
  return array;
}

describe(`this engine, whose relaxed dot is exact for ${engine()}`, () => {
  const random = new Random(11);

  it.skipIf(engine() === 'nothing')('computes operands of 7 bits', () => {
    for (let n = 0; n < 100; n++) {
      const [a, b] = [bytes('i8x32', random, 8), bytes('i8x32', random, 7)];
      const program = dotProgram('i32x8', ['i8x32', 'i8x32'], [undefined, b]);
      expect(instantiateWasm(program, 'relaxed').run([a])).toEqual([expected(a, b)]);
    }
  });

  it.skipIf(engine() !== 'eight bits')('computes operands of 8 bits', () => {
    for (const types of [
      ['i8x32', 'u8x32'],
      ['u8x32', 'i8x32'],
    ]) {
      const program = instantiateWasm(dotProgram('i32x8', types, []), 'relaxed');
      for (let n = 0; n < 200; n++) {
        const [a, b] = types.map((type) => bytes(type, random, 8)) as [TensorArray, TensorArray];
        expect(program.run([a, b])).toEqual([expected(a, b)]);
      }
    }
  });
});

const folder = mkdtempSync(join(tmpdir(), 'int8c-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the loader', () => {
  afterEach(() => vi.unstubAllGlobals());

  const files = printWasm(chainProgram('good'), { features: 'relaxed', inline: false });
  for (const [name, contents] of files) writeFileSync(join(folder, name), contents);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const x = Int8Array.of(1, -2, 3, -128);
  const y = Int8Array.of(4, -5, 10, -127);

  it('has both modules', () => {
    expect([...files.keys()]).toEqual(['chain.wasm', 'chain.simd.wasm', 'chain.js', 'chain.d.ts']);
  });

  it.each([
    ['takes the relaxed module where its probe succeeds', true, 1, 'chain.wasm'],
    ['takes the other where the engine computes otherwise', true, 0, 'chain.simd.wasm'],
    ['takes the other where the engine has no relaxed SIMD', false, 1, 'chain.simd.wasm'],
  ] as const)('%s', async (_title, valid, check, wanted) => {
    const module = await import(/* @vite-ignore */ `${pathToFileURL(join(folder, 'chain.js')).href}?${wanted}${check}`);
    const asked: string[] = [];
    const locate = (file: string) => {
      asked.push(file);
      return files.get('chain.simd.wasm');
    };
    const real = WebAssembly;
    vi.stubGlobal('WebAssembly', {
      validate: () => valid,
      Module: class {},
      compile: real.compile,
      instantiate: real.instantiate,
      Instance: class {
        readonly exports = { check: () => check };
      },
    });
    const model = await module.load({ locate });
    expect(asked).toEqual([wanted]);
    expect(model.run({ x })).toEqual({ y });
  });

  it('runs on this engine, from files and from one text', async () => {
    const module = await import(/* @vite-ignore */ pathToFileURL(join(folder, 'chain.js')).href);
    expect((await module.load()).run({ x })).toEqual({ y });
    const fallback = accumulatorProgram();
    const inline = printWasm(accumulatorProgram(), { features: 'relaxed', inline: true, fallback });
    expect([...inline.keys()]).toEqual(['accumulator.js', 'accumulator.d.ts']);
    writeFileSync(join(folder, 'accumulator.js'), inline.get('accumulator.js')!);
    const { load } = await import(/* @vite-ignore */ pathToFileURL(join(folder, 'accumulator.js')).href);
    expect((await load()).run({ x: Int32Array.of(1, 1, 1, 1) })).toEqual({ y: Int32Array.of(11, 21, 31, 41) });
  });
});

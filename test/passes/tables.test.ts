// Tables of fewer bytes: what loads become, and that kernels compute the same.
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../ir/loops/interpreter.ts';
import type { Call, Kernel, LoopProgram, Storage } from '../../ir/loops/kernel.ts';
import { kernelKey } from '../../ir/loops/kernel-key.ts';
import { parseKernels } from '../../ir/loops/parser.ts';
import { printKernel } from '../../ir/loops/printer.ts';
import { verifyProgram } from '../../ir/loops/program-verifier.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import type { ElementType } from '../../ir/types.ts';
import { packTables } from '../../passes/lower/pack-tables.ts';
import { sparseTables } from '../../passes/lower/sparse-tables.ts';

function parsed(text: string): Kernel {
  const [kernel] = parseKernels(text);
  return kernel ?? expect.fail('no kernel');
}

const table = (name: string, element: ElementType, data: TensorArray): Storage => ({
  ...{ name, storage: 'const', element, length: data.length, data },
});

const make = (name: string, data: Int32Array): Storage => table(name, 'i32', data);

let outputs = 0;
/** A call of a kernel whose last buffer is its result, of `length` i32. */
function callOf(kernel: Kernel, tables: readonly Storage[], length: number): Call {
  const result: Storage = { name: `y${outputs++}`, storage: 'output', element: 'i32', length };
  return { kernel, args: [...tables, result].map((storage) => ({ storage, offset: 0 })), scalars: [], location: '' };
}

function results(calls: readonly Call[]): TensorArray[] {
  const program: LoopProgram = {
    name: 'tables',
    storages: [...new Set(calls.flatMap((c) => c.args.map((a) => a.storage)))],
    kernels: [...new Set(calls.map((c) => c.kernel))],
    calls,
    arena: { offsets: new Map(), bytes: 0, lowerBound: 0 },
  };
  expect(verifyProgram(program).filter((d) => !/^two (storages|kernels)/.test(d.message))).toEqual([]);
  return runProgram(program).run([]);
}

const channels = 32;
const biasAndOffset = `kernel @k(%bias: const i32[32], %offset: const i16[32], %y: out i32[32]) {
  for %c = 0 to 32 step 4 {
    %b = load %bias[%c] : i32x4
    %o = load %offset[%c] : i16x4
    %w = convert %o : i32x4
    %m = mul %b, %w : i32x4
    store %y[%c], %m
  }
}`;

describe('a narrow table in the free bits of a wide one', () => {
  const bias = (most: number) =>
    table(
      'bias',
      'i32',
      Int32Array.from({ length: channels }, (_, i) => (i - 16) * most),
    );
  const offset = (most: number) =>
    table(
      'offset',
      'i16',
      Int16Array.from({ length: channels }, (_, i) => ((i * 7) % 32) * most - most),
    );

  it('is read by shifts', () => {
    const calls = [callOf(parsed(biasAndOffset), [bias(1000), offset(30)], channels)];
    const packed = packTables(calls, make);
    const kernel = packed[0]?.kernel ?? expect.fail('no kernel');
    // 900 and its sign take eleven bits.
    expect(kernel.buffers.map((b) => b.name)).toEqual(['bias', 'y']);
    expect(printKernel(kernel)).toMatch(/splat 11 : i32x4[\s\S]*splat 21 : i32x4/);
    expect(results(packed)).toEqual(results(calls));
  });

  it('takes as many bits in all kernels, where these fit', () => {
    const twice = parsed(biasAndOffset.replace('mul %b', 'sub %b'));
    const calls = [
      callOf(parsed(biasAndOffset), [bias(1000), offset(30)], channels),
      callOf(twice, [bias(3), offset(5)], channels),
    ];
    const packed = packTables(calls, make);
    const text = packed.map((c) => printKernel(c.kernel));
    expect(text[1]).toContain('splat 11 : i32x4');
    expect(results(packed)).toEqual(results(calls));
  });

  it('stays where it does not fit, or where others read it too', () => {
    const wide = [callOf(parsed(biasAndOffset), [bias(2 ** 25), offset(30)], channels)];
    expect(packTables(wide, make)).toEqual(wide);
    const [shared, own] = [offset(30), bias(1)];
    const both = [
      callOf(parsed(biasAndOffset), [own, shared], channels),
      callOf(parsed(biasAndOffset.replace('mul %b', 'sub %b')), [bias(2), shared], channels),
    ];
    expect(packTables(both, make).map((c) => kernelKey(c.kernel))).toEqual(both.map((c) => kernelKey(c.kernel)));
  });
});

describe('a table of mostly one number', () => {
  const text = `kernel @k(%t: const i32[32], %y: out i32[32]) {
    for %c = 0 to 32 {
      %v = load %t[%c] : i32
      store %y[%c], %v
    }
  }`;
  const sparse = (usual: number, others: number) =>
    table(
      't',
      'i32',
      Int32Array.from({ length: channels }, (_, i) => (i < others ? i * 1001 - 7 : usual)),
    );

  it('is stored as zeros', () => {
    const calls = [sparse(-(2 ** 31), 3), sparse(-(2 ** 31), 8)].map((t) => callOf(parsed(text), [t], channels));
    const kernel = calls[0]!.kernel;
    const same = calls.map((c) => ({ ...c, kernel }));
    const after = sparseTables(same, make);
    const zeros = after.map((c) => Array.from(c.args[0]?.storage.data as Int32Array).filter((x) => x === 0).length);
    expect(zeros).toEqual([channels - 3, channels - 8]);
    expect(printKernel(after[0]!.kernel)).toContain('xor %0, -2147483648');
    expect(results(after)).toEqual(results(same));
  });

  it('stays where kernels differ in the number, or it is rare, or zero', () => {
    const kernel = parsed(text);
    for (const tables of [[sparse(5, 1), sparse(6, 1)], [sparse(5, 20)], [sparse(0, 1)]]) {
      const calls = tables.map((t) => callOf(kernel, [t], channels));
      expect(sparseTables(calls, make)).toEqual(calls);
    }
  });
});

// Programs of which only the needed calls run give what all calls give, whatever is left in memory.
import { describe, expect, it } from 'vitest';
import { instantiateWasm } from '../../backends/wasm/instantiate.ts';
import type { Storage } from '../../ir/loops/kernel.ts';
import { parseModule } from '../../ir/parser.ts';
import { bytesOf } from '../../ir/tensor-data.ts';
import { neededCalls } from '../../src/compare/needed-calls.ts';
import { lowerModule } from '../../src/compile.ts';
import { wasmIsa } from '../../src/wasm-isa.ts';

/** %f is needed by one side of each select, and %g by none where the first takes its other side. */
const text = `module @two
func @main(%x: tensor<1x64xf32>, %p: tensor<1xbool>, %q: tensor<1xbool>) state(%s = splat<0> : tensor<1x64xf32>) {
  %f = exp %x : tensor<1x64xf32>
  %g = sin %f : tensor<1x64xf32>
  %h = cos %x : tensor<1x64xf32>
  %a = select %p, %g, %h : tensor<1x64xf32>
  %i = add %a, %f : tensor<1x64xf32>
  %b = select %q, %i, %a : tensor<1x64xf32>
  %t = add %s, %b : tensor<1x64xf32>
  return %b next(%t)
}`;

const { loops } = lowerModule(parseModule(text), { name: 'two', isa: wasmIsa('simd') });
const [x, p, q] = loops.storages.filter((s) => s.storage === 'input') as [Storage, Storage, Storage];

/** Output and state after two runs of these calls, where all memory of the arena begins without meaning. */
function run(conditions: readonly [boolean, boolean], calls: readonly number[]): Uint8Array {
  const wasm = instantiateWasm(loops, 'simd', { callExports: true });
  for (const s of loops.storages) if (s.storage === 'arena') bytesOf(wasm.view(s)).fill(0xff);
  wasm.reset();
  for (let k = 0; k < 2; k++) {
    bytesOf(wasm.view(x)).set(bytesOf(Float32Array.from({ length: 64 }, (_, i) => (i + k) / 16)));
    bytesOf(wasm.view(p))[0] = Number(conditions[0]);
    bytesOf(wasm.view(q))[0] = Number(conditions[1]);
    for (const i of calls) wasm.calls[i]?.();
  }
  const results = loops.storages.filter((s) => s.storage === 'output' || s.storage === 'state');
  return Uint8Array.from(results.flatMap((s) => [...bytesOf(wasm.view(s))]));
}

describe('needed calls', () => {
  it.each([
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ])('give the same results: %s, %s', (first, second) => {
    const known = new Map([
      [p, first],
      [q, second],
    ]);
    const needed = neededCalls(loops, known);
    expect(run([first, second], needed)).toEqual(run([first, second], [...loops.calls.keys()]));
    const kernels = needed.map((i) => loops.calls[i]?.kernel.name);
    expect(kernels.includes('sin')).toBe(first);
    expect(kernels.includes('cos')).toBe(!first);
    expect(kernels.includes('exp')).toBe(first || second);
  });

  it('are all where no condition is known', () => {
    expect(neededCalls(loops, new Map())).toEqual([...loops.calls.keys()]);
  });
});

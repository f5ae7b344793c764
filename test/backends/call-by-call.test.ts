// Programs whose calls can be told apart, for profiles: the same results, call by call.
import { describe, expect, it } from 'vitest';
import { instantiateJs } from '../../backends/js/instantiate.ts';
import { instantiateWasm } from '../../backends/wasm/instantiate.ts';
import { chainProgram } from '../loops/small-programs.ts';

const program = chainProgram('good');
const positions = [...program.calls.keys()];
const x = Int8Array.of(1, -2, 3, -128);
const y = Int8Array.of(4, -5, 10, -127);

describe('call by call', () => {
  it('runs several calls', () => {
    expect(positions.length).toBeGreaterThan(1);
  });

  it('wasm exports each call where it is asked to', () => {
    const wasm = instantiateWasm(program, 'simd', { callExports: true });
    expect(wasm.calls.length).toBe(positions.length);
    const [input, output] = ['input', 'output'].map((kind) => {
      const storage = program.storages.find((s) => s.storage === kind);
      if (storage === undefined) throw new Error(`the program has no ${kind}`);
      return wasm.view(storage);
    });
    input?.set(x as never);
    for (const call of wasm.calls) call();
    expect(output).toEqual(y);
    expect(instantiateWasm(program, 'simd').calls).toEqual([]);
  });

  it('JavaScript tells of each call that ended', () => {
    const ended: number[] = [];
    const result = new Int8Array(4);
    instantiateJs(program, (call) => ended.push(call)).run([x], [result]);
    expect(result).toEqual(y);
    expect(ended).toEqual(positions);
  });
});

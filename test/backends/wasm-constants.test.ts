// Constant vectors of kernels are read from memory: engines make literals anew at every use.
import binaryen from 'binaryen';
import { describe, expect, it } from 'vitest';
import { instantiateWasm } from '../../backends/wasm/instantiate.ts';
import { buildModule } from '../../backends/wasm/module.ts';
import { LoopBuilder } from '../../ir/loops/builder.ts';
import type { LoopProgram, Storage } from '../../ir/loops/kernel.ts';

/** y = x * 3 + 3 in vectors of four, with 0 in between. */
function program(): LoopProgram {
  const x: Storage = { name: 'x', storage: 'input', element: 'i32', length: 8 };
  const y: Storage = { name: 'y', storage: 'output', element: 'i32', length: 8 };
  const [from, to] = [
    { name: 'x', element: 'i32', length: 8, role: 'in' },
    { name: 'y', element: 'i32', length: 8, role: 'out' },
  ] as const;
  const b = new LoopBuilder();
  b.for(
    0,
    8,
    (i) => {
      const three = b.splat(b.constant(3), 'i32x4');
      const least = b.splat(b.constant(0), 'i32x4');
      b.store(to, i, b.add(b.mul(b.max(b.load(from, i, 4), least), three), three));
    },
    { step: 4 },
  );
  const kernel = b.finish('scale', 'multiplies and adds', [from, to]);
  const args = [x, y].map((storage) => ({ storage, offset: 0 }));
  return {
    name: 'constants',
    storages: [x, y],
    kernels: [kernel],
    calls: [{ kernel, args, scalars: [], location: '' }],
    arena: { offsets: new Map(), bytes: 0, lowerBound: 0 },
  };
}

describe('constant vectors', () => {
  it('are in memory once, but for zeros', () => {
    const { binary, layout } = buildModule(program(), 'simd');
    expect(layout.segments.map((s) => [...s.data])).toEqual([[3, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0]]);
    const m = binaryen.readBinary(binary);
    try {
      const literals = m.emitText().match(/v128\.const[^)]*/g) ?? [];
      expect(literals.filter((l) => !/^v128\.const i32x4( 0x00000000){4}/.test(l))).toEqual([]);
    } finally {
      m.dispose();
    }
  });
  it.each(['scalar', 'simd'] as const)('have their values (%s)', (features) => {
    const [y] = instantiateWasm(program(), features).run([Int32Array.of(-5, 0, 1, 2, 3, 4, 5, 6)]);
    expect([...(y as Int32Array)]).toEqual([3, 3, 6, 9, 12, 15, 18, 21]);
  });
});

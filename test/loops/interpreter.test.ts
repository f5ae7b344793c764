// The interpreter of the loop IR: values, control flow, checked accesses, programs over a planned arena.
import { describe, expect, it } from 'vitest';
import { LoopBuilder } from '../../ir/loops/builder.ts';
import { runKernel, runProgram } from '../../ir/loops/interpreter.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { controlCases } from './control-cases.ts';
import { contents, expectedContents, memoryBefore } from './kernel-case.ts';
import { opcodeCases } from './opcode-cases.ts';
import { accumulatorProgram, chainProgram } from './small-programs.ts';

const i32 = (name: string, length: number, role: Buffer['role']): Buffer => ({ name, element: 'i32', length, role });

describe.each([
  ['opcodes', opcodeCases()],
  ['control flow and memory', controlCases()],
] as const)('%s', (_group, cases) => {
  it.each(cases.map((c) => [c.title, c] as const))('%s', (_title, c) => {
    const memory = memoryBefore(c);
    runKernel(c.kernel, memory, c.scalars);
    expect(contents(memory)).toEqual(expectedContents(c));
  });
});

describe('accesses', () => {
  const x = i32('x', 8, 'in');
  const y = i32('y', 8, 'out');
  const run = (build: (b: LoopBuilder) => void) => {
    const b = new LoopBuilder();
    build(b);
    runKernel(
      b.finish('probe', '', [x, y]),
      new Map([
        [x, new Int32Array(8)],
        [y, new Int32Array(8)],
      ]),
    );
  };

  it('names kernel, buffer and index of a load past the end', () => {
    expect(() => run((b) => b.for(0, 9, (i) => b.store(y, 0, b.load(x, i))))).toThrow(
      'I8C0901]: kernel probe: load of 1 at x[8] leaves the buffer of 8 elements',
    );
  });

  it('refuses a vector that is partly outside', () => {
    expect(() => run((b) => b.store(y, 0, b.load(x, 5, 4)))).toThrow('load of 4 at x[5]');
    expect(() => run((b) => b.store(y, 5, b.load(x, 0, 4)))).toThrow('store of 4 at y[5]');
  });

  it('refuses a negative index', () => {
    expect(() => run((b) => b.store(y, -1, 7))).toThrow('store of 1 at y[-1]');
  });

  it('refuses a store to an input', () => {
    expect(() => run((b) => b.store(x, 0, 7))).toThrow('kernel probe stores to x, which it may only read');
  });

  it('refuses an access that is not aligned as it says', () => {
    expect(() => run((b) => b.store(y, 0, b.load(x, 4, 4, 16), 16))).not.toThrow();
    expect(() => run((b) => b.store(y, 0, b.load(x, 2, 4, 16)))).toThrow('x[2] is not aligned to 16 bytes');
  });

  it('refuses arrays of another type or length', () => {
    const kernel = new LoopBuilder().finish('probe', '', [x]);
    expect(() => runKernel(kernel, new Map([[x, new Int32Array(7)]]))).toThrow('needs a Int32Array of 8');
    expect(() => runKernel(kernel, new Map([[x, new Int8Array(8)]]))).toThrow('got Int8Array of 8');
    expect(() => runKernel(kernel, new Map())).toThrow('has no memory for x');
  });
});

describe('order of parallel loops', () => {
  const y = i32('y', 4, 'inout');
  const after = (mode: 'serial' | 'parallel', reverseParallel: boolean) => {
    const b = new LoopBuilder();
    b.for(1, 4, (i) => b.store(y, i, b.add(b.load(y, b.sub(i, 1)), 1)), { mode });
    const memory = new Int32Array(4);
    runKernel(b.finish('prefix', '', [y]), new Map([[y, memory]]), [], { reverseParallel });
    return [...memory];
  };

  it('shows a dependence between iterations that are said to be independent', () => {
    expect(after('parallel', false)).toEqual([0, 1, 2, 3]);
    expect(after('parallel', true)).toEqual([0, 1, 1, 1]);
  });

  it('leaves serial loops alone', () => {
    expect(after('serial', true)).toEqual([0, 1, 2, 3]);
  });
});

describe('programs', () => {
  it('keeps states from run to run and restores them', () => {
    const program = runProgram(accumulatorProgram());
    const outputs = () => program.run([Int32Array.of(1, 2, 3, 4)]).map((o) => [...o]);
    expect(outputs()).toEqual([[11, 22, 33, 44]]);
    expect(outputs()).toEqual([[12, 24, 36, 48]]);
    program.reset();
    expect(outputs()).toEqual([[11, 22, 33, 44]]);
  });

  it('runs a plan whose dead bytes are poisoned, and reports each call', () => {
    const calls: string[] = [];
    const program = runProgram(chainProgram('good'), { poison: true, afterCall: (c) => calls.push(c.location) });
    expect(program.run([Int8Array.of(1, -2, 3, -128)])).toEqual([Int8Array.of(4, -5, 10, -127)]);
    expect(calls).toEqual(['triple', 'widen', 'finish']);
  });

  it('shows a plan that puts two live buffers in one place', () => {
    const [y] = runProgram(chainProgram('overlapping')).run([Int8Array.of(1, -2, 3, -128)]);
    expect(y).not.toEqual(Int8Array.of(4, -5, 10, -127));
  });

  it('refuses offsets that are not aligned or end outside of the arena', () => {
    expect(() => runProgram(chainProgram('misaligned'))).toThrow('not a multiple of 16');
    expect(() => runProgram(chainProgram('outside'))).toThrow('arena storage t ends at byte');
  });

  it('refuses inputs that do not fit', () => {
    expect(() => runProgram(chainProgram('good')).run([new Int8Array(3)])).toThrow('x needs a Int8Array of 4');
    expect(() => runProgram(chainProgram('good')).run([])).toThrow('takes 1 inputs');
  });
});

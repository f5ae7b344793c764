// Generated JavaScript against the meaning of the loop IR: every opcode, control flow, memory, whole programs.
import { describe, expect, it } from 'vitest';
import { instantiateJs } from '../../backends/js/instantiate.ts';
import { printJs } from '../../backends/js/print.ts';
import type { Call, LoopProgram, Storage, StorageClass } from '../../ir/loops/kernel.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { controlCases } from '../loops/control-cases.ts';
import { contents, expectedContents, type KernelCase, memoryBefore } from '../loops/kernel-case.ts';
import { opcodeCases } from '../loops/opcode-cases.ts';
import { accumulatorProgram, chainProgram } from '../loops/small-programs.ts';

/** A program of one call; `classOf` says where each buffer lives. */
function programOf(c: KernelCase, classOf: (buffer: Buffer) => StorageClass): LoopProgram {
  const storages = c.memory.map(
    ({ buffer: { name, element, length, role }, before }, i): Storage => ({
      name,
      element,
      length,
      storage: classOf(c.memory[i]!.buffer),
      ...(role === 'in' ? { data: before } : {}),
    }),
  );
  const args = storages.map((storage) => ({ storage, offset: 0 }));
  const call: Call = { kernel: c.kernel, args, scalars: c.scalars.map(Number), location: c.title };
  return {
    name: 'probe',
    storages,
    kernels: [c.kernel],
    calls: [call],
    arena: { offsets: new Map(), bytes: 0, lowerBound: 0 },
  };
}

/** Runs the case with each storage that is not a constant handed in by the caller. */
function runCase(c: KernelCase, constants: boolean) {
  const classOf = (b: Buffer): StorageClass => (b.role !== 'in' ? 'output' : constants ? 'const' : 'input');
  const memory = memoryBefore(c);
  const arraysOf = (storage: StorageClass) =>
    [...memory].filter(([b]) => classOf(b) === storage).map(([, array]) => array);
  instantiateJs(programOf(c, classOf)).run(arraysOf('input'), arraysOf('output'));
  return contents(memory);
}

describe.each([
  ['opcodes', opcodeCases()],
  ['control flow and memory', controlCases()],
] as const)('%s', (_group, cases) => {
  it.each(cases.map((c) => [c.title, c] as const))('%s', (_title, c) => {
    expect(runCase(c, false)).toEqual(expectedContents(c));
    // Contents known at compile time narrow the intervals, and with them change what is printed.
    expect(runCase(c, true)).toEqual(expectedContents(c));
  });
});

describe('programs', () => {
  it('keeps states from run to run and restores them', () => {
    const program = instantiateJs(accumulatorProgram());
    const output = () => {
      const y = new Int32Array(4);
      program.run([Int32Array.of(1, 2, 3, 4)], [y]);
      return [...y];
    };
    expect(output()).toEqual([11, 22, 33, 44]);
    expect(output()).toEqual([12, 24, 36, 48]);
    program.reset();
    expect(output()).toEqual([11, 22, 33, 44]);
  });

  it('lays the arena out as planned', () => {
    const run = (plan: 'good' | 'overlapping') => {
      const y = new Int8Array(4);
      instantiateJs(chainProgram(plan)).run([Int8Array.of(1, -2, 3, -128)], [y]);
      return y;
    };
    expect(run('good')).toEqual(Int8Array.of(4, -5, 10, -127));
    expect(run('overlapping')).not.toEqual(run('good'));
  });

  it('names the input or output that does not fit', () => {
    const program = instantiateJs(chainProgram('good'));
    expect(() => program.run([new Uint8Array(4)], [new Int8Array(4)])).toThrow('input 0 must be a Int8Array of 4');
    expect(() => program.run([new Int8Array(4)], [new Int8Array(5)])).toThrow('output 0 must be a Int8Array of 4');
  });

  it('prints the same module each time, which runs without anything beside it', async () => {
    const text = printJs(chainProgram('good'));
    expect(printJs(chainProgram('good'))).toBe(text);
    expect(text).not.toMatch(/\b(import|require|eval|Function)\b/);
    const module = await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(text)}`);
    const y = new Int8Array(4);
    module.create().run([Int8Array.of(1, -2, 3, -128)], [y]);
    expect(y).toEqual(Int8Array.of(4, -5, 10, -127));
  });
});

describe('text', () => {
  it('reads as code that a person would write', () => {
    const product = controlCases().find((c) => c.title.startsWith('matrix product'))!;
    const text = printJs(programOf(product, (b) => (b.role === 'in' ? 'input' : 'output')));
    expect(text).toContain(`
// matrix product with a carried sum
function matrix_product_with_a_carried_sum(x, w, y) {
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 4; j++) {
      let v = 0;
      for (let k = 0; k < 5; k++) {
        v = v + x[i * 5 + k | 0] * w[k * 4 + j | 0] | 0;
      }
      y[i * 4 + j | 0] = v;
    }
  }
}
`);
  });

  it('keeps names of a model harmless', () => {
    const program = accumulatorProgram();
    const call: Call = { ...program.calls[0]!, location: 'x\n throw 1; //\u2028 throw 2;' };
    const storages = program.storages.map((s, i) => ({ ...s, name: ['class', '', '0"; \n'][i] ?? '' }));
    const args = storages.map((storage) => ({ storage, offset: 0 }));
    const hostile = { ...program, name: '*/ \n throw 3;', storages, calls: [{ ...call, args }] };
    expect(printJs(hostile)).not.toMatch(/^\s*throw [123]/m);
    const y = new Int32Array(4);
    instantiateJs(hostile).run([Int32Array.of(1, 2, 3, 4)], [y]);
    expect([...y]).toEqual([11, 22, 33, 44]);
  });
});

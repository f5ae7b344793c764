// The text form of the loop IR: what it looks like, that it reads back, and that it computes the same when read back.
import { describe, expect, it } from 'vitest';
import { LoopBuilder } from '../../ir/loops/builder.ts';
import { runKernel } from '../../ir/loops/interpreter.ts';
import { type Opcode, opcodes } from '../../ir/loops/opcodes.ts';
import { parseKernels, parseLoops, parseProgram } from '../../ir/loops/parser.ts';
import { printKernel } from '../../ir/loops/printer.ts';
import { printProgram } from '../../ir/loops/program-printer.ts';
import { verifyProgram } from '../../ir/loops/program-verifier.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { verifyKernel } from '../../ir/loops/verifier.ts';
import { decodeResources, encodeResources } from '../../ir/resources.ts';
import { controlCases } from '../loops/control-cases.ts';
import { contents, expectedContents, type KernelCase, memoryBefore } from '../loops/kernel-case.ts';
import { opcodeCases } from '../loops/opcode-cases.ts';
import { accumulatorProgram, chainProgram } from '../loops/small-programs.ts';

/** Every statement and every form of constant, as the printer writes them. */
const everyStatement = `kernel @every_statement(%x: in i8[96], %w: const i8[256] packed "n8k4", %t: scratch f32[4], %l: inout i64[2], %y: out i8[64]; %zero: i32, %on: bool) "what a kernel can say" {
  parallel %p = 0 to 8 step 8 {
    %init = splat 5 : i32x8
    %acc, %count = for %k = 0 to 8 step 4 carry(%sum = %init: i32x8, %n = 0: i32) {
      %wk = load %w[%k] align 16 : i8x32
      %x0 = load %x[%k] align 4 : i8x4
      %xs = splat %x0 : i8x32
      %d = dot %sum, %wk, %xs : i32x8
      %n_1 = add %n, %zero : i32
      yield %d, %n_1
    }
    %q = requantize %acc, %acc, %acc rounding double : i32x8
    %narrow = narrow %q : i8x8
    store %y[%p], %narrow align 8
    %lane = extract %narrow lanes [7] : i32
    %swapped = shuffle %narrow, %narrow lanes [0, 8, 1, 9] : i8x4
    store %y[0], %swapped
    store %y[63], %lane
  }
  %0 = load %l[1] : i64
  %1 = add %0, -9223372036854775808i64 : i64
  store %l[0], %1
  %r = if %on {
    yield 1.0
  } else {
    unrolled %i = -1 to 3 {
      store %t[0], -0.0
    }
    yield 1e-45
  }
  %both = select true, %r, nan : f32
  %big = min %both, inf : f32
  if false {
    store %t[3], %big
  }
}
`;

describe('the text form of kernels', () => {
  it('prints what it parsed, every statement', () => {
    const [kernel, ...rest] = parseKernels(everyStatement);
    expect(rest).toEqual([]);
    expect(kernel && printKernel(kernel)).toBe(everyStatement);
  });

  it('reads comments, free layout, names used again in another block, explicit steps of 1', () => {
    const [kernel] = parseKernels(`// a copy
      kernel @copy(%x:in i8[2],%y:out i8[2]) { for %i=0 to 1 step 1{%v=load %x[ 0 ]:i32 store %y[%i],%v}
        for %i = 1 to 2 { %v = load %x[%i] align 1 : i32 store %y[%i], %v } }`);
    expect(kernel && printKernel(kernel)).toBe(`kernel @copy(%x: in i8[2], %y: out i8[2]) {
  for %i = 0 to 1 {
    %v = load %x[0] : i32
    store %y[%i], %v
  }
  for %i_1 = 1 to 2 {
    %v_1 = load %x[%i_1] : i32
    store %y[%i_1], %v_1
  }
}
`);
  });

  it('makes names of hints: unique, clean, quoted where they are a buffer’s or the kernel’s own', () => {
    const x: Buffer = { name: 'x', element: 'i8', length: 8, role: 'in' };
    const y: Buffer = { name: 'model/y:0', element: 'i8', length: 8, role: 'out' };
    const b = new LoopBuilder();
    b.for(0, 8, (i) => b.store(y, i, b.load(x, i)), { name: 'x' });
    b.for(0, 8, (i) => b.store(y, i, b.load(x, i)), { name: 'row of 8' });
    const text = printKernel(b.finish('copy it', '', [x, y]));
    expect(text).toBe(`kernel @"copy it"(%x: in i8[8], %"model/y:0": out i8[8]) {
  for %x_1 = 0 to 8 {
    %0 = load %x[%x_1] : i32
    store %"model/y:0"[%x_1], %0
  }
  for %row_of_8 = 0 to 8 {
    %1 = load %x[%row_of_8] : i32
    store %"model/y:0"[%row_of_8], %1
  }
}
`);
    expect(parseKernels(text).map(printKernel)).toEqual([text]);
  });

  const cases: KernelCase[] = [...controlCases(), ...opcodeCases()];

  it('has a case for every opcode', () => {
    const tested = new Set(cases.flatMap((c) => [...printKernel(c.kernel).matchAll(/= ([a-z_]+) /g)].map((m) => m[1])));
    expect((Object.keys(opcodes) as Opcode[]).filter((opcode) => !tested.has(opcode))).toEqual([]);
  });

  it.each(cases.map((c) => [c.title, c] as const))('reads back and computes: %s', (_, c) => {
    expect(verifyKernel(c.kernel)).toEqual([]);
    const text = printKernel(c.kernel);
    const [again] = parseKernels(text);
    if (again === undefined) throw new Error('no kernel');
    expect(printKernel(again)).toBe(text);
    const before = memoryBefore(c);
    const memory = new Map(again.buffers.map((b, i) => [b, before.get(c.memory[i]?.buffer ?? b) ?? new Int8Array(0)]));
    runKernel(again, memory, c.scalars);
    expect(contents(memory)).toEqual(expectedContents(c));
  });
});

describe('the text form of programs', () => {
  it.each([accumulatorProgram(), chainProgram('good')].map((p) => [p.name, p] as const))('reads back %s', (_, p) => {
    expect(verifyProgram(p)).toEqual([]);
    const { text, resources } = printProgram(p);
    expect(resources.size).toBe(0);
    const again = parseProgram(text);
    expect(printProgram(again).text).toBe(text);
    expect(again.storages.map((s) => s.data)).toEqual(p.storages.map((s) => s.data));
    expect([...again.arena.offsets.values()]).toEqual([...p.arena.offsets.values()]);
  });

  it('writes storages with all that they can have', () => {
    const text = `kernel @fill(%w: const i8[70] packed "n8k4", %y: out i8[4]; %a: i32, %b: f32) {
}

program @all arena 32 bound 16 {
  input %in0 : i8[4] as "serving:0" tensor<1x4xi8, quant<scale=0.5, zero=-1>>
  const %w = splat<-3> : i8[80] packed "n8k4"
  state %s = dense<[nan, -0]> : f32[2] as "state" tensor<2xf32>
  arena %t : i8[4] at 16
  arena %late : i64[2]
  output %"out/0" : i8[4] as "out/0" tensor<4xi8>
  call @fill(%w + 10, %t; 3, -0.5) loc "model/\\"fill\\""
  call @fill(%w, %"out/0"; -1, inf)
}
`;
    expect(printProgram(parseProgram(text)).text).toBe(text);
  });

  it('keeps large constants as resources', () => {
    const list = Array.from({ length: 100 }, (_, i) => i).join(', ');
    const program = parseProgram(`program @p { const %w = dense<[${list}]> : i16[100] }`);
    const { text, resources } = printProgram(program);
    expect(text).toMatch(/const %w = resource<"[0-9a-f]{32}"> : i16\[100\]/);
    const again = parseProgram(text, decodeResources(encodeResources(resources)));
    expect(again.storages[0]?.data).toEqual(program.storages[0]?.data);
    expect(() => parseProgram(text)).toThrow('is missing');
  });

  it('holds any number of kernels and programs in one text', () => {
    const { kernels, programs } = parseLoops('program @p {} kernel @k() {} kernel @l() {} program @q {}');
    expect(kernels.map((k) => k.name)).toEqual(['k', 'l']);
    expect(programs.map((p) => [p.name, p.kernels.length])).toEqual([
      ['p', 2],
      ['q', 2],
    ]);
    expect(() => parseProgram('program @p {} program @q {}')).toThrow('expected one program, found 2');
  });
});

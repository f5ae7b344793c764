// The verifier of kernels on structures that no text can say: scopes, definitions and tables out of order.
import { describe, expect, it } from 'vitest';
import { CompileError, formatDiagnostic } from '../../ir/diagnostics.ts';
import { LoopBuilder } from '../../ir/loops/builder.ts';
import type { ComputeInstruction, ForInstruction, Instruction, Kernel, LoopValue } from '../../ir/loops/kernel.ts';
import type { Opcode } from '../../ir/loops/opcodes.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { assertKernelVerified, verifyKernel } from '../../ir/loops/verifier.ts';

const x: Buffer = { name: 'x', element: 'i8', length: 8, role: 'in' };
const y: Buffer = { name: 'y', element: 'i8', length: 8, role: 'out' };

function sound(): Kernel {
  const b = new LoopBuilder();
  b.for(0, 8, (i) => b.store(y, i, b.add(b.load(x, i), 1)), { name: 'i' });
  return b.finish('copy', '', [x, y]);
}

const withBody = (body: Instruction[], buffers = [x, y]): Kernel => ({
  name: 'k',
  comment: '',
  buffers,
  scalars: [],
  body: { args: [], body, results: [] },
});

/** An instruction as the text form says it, made without any check. */
function compute(opcode: string, operands: readonly LoopValue[], type: string): ComputeInstruction {
  const result: { type: string; definition?: Instruction } = { type };
  const instruction: ComputeInstruction = {
    kind: 'compute',
    opcode: opcode as Opcode,
    operands,
    immediates: {},
    result,
  };
  result.definition = instruction;
  return instruction;
}

function constant(value: number | bigint, type = 'i32') {
  const result: { type: string; definition?: Instruction } = { type };
  const instruction = { kind: 'const', value, result } as const;
  result.definition = instruction;
  return instruction;
}

function loop(args: readonly LoopValue[], body: Instruction[], bound: LoopValue): ForInstruction {
  const block = { args, body, results: [] };
  return { kind: 'for', mode: 'serial', lower: bound, upper: bound, step: 1, inits: [], block, results: [] };
}

const zero = constant(0);
const sum = compute('add', [zero.result, zero.result], 'i32');
const foreign: Buffer = { name: 'z', element: 'i8', length: 8, role: 'in' };
const load = (buffer: Buffer, type = 'i32'): Instruction => ({
  kind: 'load',
  buffer,
  index: zero.result,
  align: 1,
  result: { type },
});

const cases: readonly [rule: string, kernel: Kernel, message: string][] = [
  [
    'use after definition',
    withBody([sum, zero]),
    'kernel "k", %0 = add 0, 0 : i32: uses a value before its definition.',
  ],
  [
    'use inside of the block',
    withBody([zero, loop([{ type: 'i32' }], [sum], zero.result), compute('neg', [sum.result], 'i32')]),
    'kernel "k", %2 = neg %1 : i32: uses a value out of its block.',
  ],
  ['one definition', withBody([zero, sum, sum]), 'kernel "k", %0 = add 0, 0 : i32: defines a value a second time.'],
  [
    'a value knows its definition',
    withBody([zero, load(x)]),
    'kernel "k", %0 = load %x[0] : i32: a value names another instruction as its definition.',
  ],
  [
    'types exist',
    withBody([zero, load(x, 'i7')]),
    'kernel "k", %0 = load %x[0] : i7: "i7" is not a type of the loop IR.',
  ],
  ['opcodes exist', withBody([zero, compute('frob', [zero.result], 'i32')]), 'there is no opcode "frob".'],
  ['buffers are parameters', withBody([zero, load(foreign)]), 'buffer "z" is no parameter of the kernel.'],
  ['buffers have names of their own', withBody([], [x, { ...y, name: 'x' }]), 'two buffers have the name "x".'],
  [
    'buffers have a length',
    withBody([], [{ ...x, length: -1 }]),
    'buffer "x" has a length that is not in [0, 2147483647].',
  ],
  ['buffers have a role', withBody([], [{ ...x, role: 'up' as 'in' }]), 'buffer "x" has no role "up".'],
  [
    'constants are scalars',
    withBody([constant(0, 'i32x4')]),
    'kernel "k", const 0: a constant is a scalar, not i32x4.',
  ],
  ['constants fit their type', withBody([constant(2 ** 31)]), '2147483648 is no value of i32.'],
  ['constants of i64 are bigints', withBody([constant(1, 'i64')]), '1 is no value of i64.'],
  ['bool constants are 0 or 1', withBody([constant(2, 'bool')]), '2 is no value of bool.'],
  ['loops count', withBody([zero, loop([], [], zero.result)]), 'the first argument of a loop is its i32 counter.'],
  [
    'loops count in i32',
    withBody([zero, loop([{ type: 'i64' }], [], zero.result)]),
    'the first argument of a loop is its i32 counter.',
  ],
  [
    'bodies take no arguments',
    { ...withBody([]), body: { args: [{ type: 'i32' }], body: [], results: [] } },
    'kernel "k": the body of a kernel takes no arguments.',
  ],
];

describe('verifyKernel', () => {
  it('finds nothing in a sound kernel', () => {
    expect(verifyKernel(sound())).toEqual([]);
    expect(() => assertKernelVerified(sound())).not.toThrow();
  });

  it.each(cases)('%s', (_, kernel, message) => {
    const found = verifyKernel(kernel).map(formatDiagnostic);
    expect(
      found.some((line) => line.startsWith('error[I8C0102] ') && line.endsWith(message)),
      found.join('\n'),
    ).toBe(true);
    expect(() => assertKernelVerified(kernel)).toThrow(CompileError);
  });
});

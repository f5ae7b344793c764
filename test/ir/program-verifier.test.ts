// The verifier of programs: one broken program per rule, and the message it gets.
import { describe, expect, it } from 'vitest';
import { formatDiagnostic } from '../../ir/diagnostics.ts';
import type { LoopProgram, Storage } from '../../ir/loops/kernel.ts';
import { parseProgram } from '../../ir/loops/parser.ts';
import { assertProgramVerified, verifyProgram } from '../../ir/loops/program-verifier.ts';

/** Storages of every class, and kernels that take them; `calls` goes in between. */
const text = (calls: string) => `
kernel @copy(%x: in i8[8], %y: out i8[8]) {}
kernel @change(%x: inout i8[8]) {}
kernel @weigh(%w: const i8[8] packed "n4k4") {}
kernel @work(%t: scratch i8[8]) {}
kernel @use(%x: in i8[8], %t: scratch i8[8]) {}
kernel @both(%x: out i8[8], %y: out i8[8]) {}
kernel @mixed(%x: in i16[4], %y: out i8[8]) {}
kernel @take(%x: in i8[8]; %i: i32, %f: f32, %b: bool, %l: i64) {}
program @p arena 64 bound 32 {
  input %in : i8[8] as "in" tensor<2x4xi8>
  input %wide : i16[8]
  output %out : i8[8]
  const %w = splat<1> : i8[16] packed "n4k4"
  const %plain = splat<1> : i8[16]
  state %s = splat<0> : i8[8]
  arena %t : i8[16] at 0
  arena %u : i8[16] at 16
  arena %v : i8[48] at 16
  arena %h : i16[8] at 16
  ${calls}
}`;

const firstError = (calls: string): string => {
  try {
    parseProgram(text(calls));
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
};

describe('calls', () => {
  it.each([
    'call @copy(%in, %out)',
    'call @copy(%t, %t + 8)',
    'call @copy(%s, %s)',
    'call @copy(%u, %v)',
    'call @copy(%plain + 8, %s)',
    'call @change(%s)',
    'call @weigh(%w + 8)',
    'call @work(%t)',
    'call @take(%in; -5, 0.5, 1, 9007199254740991)',
  ])('%s is sound', (call) => {
    expect(firstError(call)).toBe('no error');
  });

  it.each([
    ['call @copy(%in) loc "a/b"', 'call #0 of "copy" "a/b": takes 2 buffers, got 1.'],
    ['call @copy(%in, %out; 1)', 'takes 0 scalars, got 1.'],
    ['call @take(%in; 1)', 'takes 4 scalars, got 1.'],
    ['call @take(%in; 2147483648, 0, 0, 0)', 'scalar 0: 2147483648 is no value of i32.'],
    ['call @take(%in; 1.5, 0, 0, 0)', 'scalar 0: 1.5 is no value of i32.'],
    ['call @take(%in; 0, 0.1, 0, 0)', 'scalar 1: 0.1 is no value of f32.'],
    ['call @take(%in; 0, 0, 2, 0)', 'scalar 2: 2 is no value of bool.'],
    ['call @take(%in; 0, 0, 0, 0.5)', 'scalar 3: 0.5 is no value of i64.'],
    ['call @copy(%wide, %out)', 'buffer "x" has i8 elements, storage "wide" has i16.'],
    ['call @copy(%in + 1, %out)', 'buffer "x" needs 8 elements from 1 on; storage "in" has 8.'],
    ['call @copy(%w, %out)', 'buffer "x" reads not packed; storage "w" is packed "n4k4".'],
    ['call @weigh(%plain)', 'buffer "w" reads packed "n4k4"; storage "plain" is not packed.'],
    ['call @copy(%in, %in)', 'buffer "y" is out; storage "in" is input and may be in.'],
    ['call @change(%plain)', 'buffer "x" is inout; storage "plain" is const and may be in, const.'],
    ['call @work(%out)', 'buffer "t" is scratch; storage "out" is output and may be in, out, inout.'],
    ['call @copy(%t, %t + 7)', 'buffers "x" and "y" overlap.'],
    ['call @copy(%u + 4, %v)', 'buffers "x" and "y" overlap.'],
    ['call @use(%t, %t)', 'buffers "x" and "t" overlap.'],
    ['call @both(%t, %t)', 'buffers "x" and "y" overlap.'],
    ['call @mixed(%h, %u)', 'buffers "x" and "y" overlap.'],
  ])('%s', (call, message) => {
    expect(firstError(call)).toContain('error[I8C0102] call #0 of ');
    expect(firstError(call)).toContain(message);
  });
});

describe('storages', () => {
  it.each([
    ['const %a : i8[1]', 'storage "a": a constant needs contents.'],
    ['input %a = splat<0> : i8[1]', 'storage "a": input storage has no contents of its own.'],
    ['input %a : i8[3] as "a" tensor<2xi8>', 'storage "a": its tensor has 2 elements, the storage 3.'],
    ['arena %a : i8[8] at 8', 'storage "a": lies at byte 8, which is not a multiple of 16.'],
    ['arena %a : i32[8] at 48', 'storage "a": ends at byte 80 of an arena of 64.'],
    ['input %a : i8[8] at 0', 'program "p": the arena places "a", which is not its.'],
  ])('%s', (storage, message) => {
    expect(() => parseProgram(`program @p arena 64 bound 0 { ${storage} }`)).toThrow(`error[I8C0102] ${message}`);
  });
});

describe('structures that no text can say', () => {
  const sound = (): LoopProgram => parseProgram(text('call @copy(%in, %out)'));
  const find = (p: LoopProgram, name: string): Storage => {
    const s = p.storages.find((storage) => storage.name === name);
    if (s === undefined) throw new Error(`no storage ${name}`);
    return s;
  };
  const replaced = (p: LoopProgram, name: string, change: Partial<Storage>): LoopProgram => ({
    ...p,
    storages: p.storages.map((s) => (s.name === name ? { ...s, ...change } : s)),
    calls: [],
  });

  it.each<[string, (p: LoopProgram) => LoopProgram, string]>([
    ['a kernel that is missing', (p) => ({ ...p, kernels: [] }), 'calls a kernel that is not in the program.'],
    [
      'a storage that is missing',
      (p) => ({ ...p, storages: p.storages.filter((s) => s.name !== 'in') }),
      'buffer "x": storage "in" is not in the program.',
    ],
    [
      'a storage twice',
      (p) => ({ ...p, storages: [...p.storages, find(p, 'in')] }),
      'two storages have the name "in".',
    ],
    ['a kernel twice', (p) => ({ ...p, kernels: [...p.kernels, ...p.kernels] }), 'two kernels have the name "copy".'],
    [
      'contents of another type',
      (p) => replaced(p, 'w', { data: new Uint8Array(16) }),
      'its contents are no Int8Array of 16.',
    ],
    [
      'contents too short',
      (p) => replaced(p, 'w', { data: new Int8Array(15) }),
      'its contents are no Int8Array of 16.',
    ],
    ['a length that is none', (p) => replaced(p, 'w', { length: -1 }), 'i8[-1] is no sequence of elements.'],
    [
      'a tensor type that is none',
      (p) => replaced(p, 'in', { tensor: { name: 'in', shape: [8], quant: { scale: [0], zero: [0] } } }),
      'its tensor type is wrong: scales must be positive finite f32 values.',
    ],
    [
      'a kernel that breaks a rule',
      (p) => {
        const [copy, ...rest] = p.kernels;
        if (copy === undefined) throw new Error('no kernel');
        const bad = { ...copy, body: { ...copy.body, results: [{ type: 'i32' }] } };
        return { ...p, kernels: [bad, ...rest], calls: [] };
      },
      'kernel "copy": the body of a kernel yields nothing.',
    ],
  ])('%s', (_, change, message) => {
    const p = sound();
    expect(verifyProgram(p)).toEqual([]);
    const found = verifyProgram(change(p)).map(formatDiagnostic);
    expect(
      found.some((line) => line.endsWith(message)),
      found.join('\n'),
    ).toBe(true);
    expect(() => assertProgramVerified(change(p), 'plan-memory')).toThrow('This came out of plan-memory.');
  });
});

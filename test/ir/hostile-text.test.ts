// Texts that mean harm: whatever they hold, both parsers answer with a diagnostic or a result, in bounded memory.
import { describe, expect, it } from 'vitest';
import { CompileError } from '../../ir/diagnostics.ts';
import { parseLoops } from '../../ir/loops/parser.ts';
import { printKernel } from '../../ir/loops/printer.ts';
import { printProgram } from '../../ir/loops/program-printer.ts';
import { parseModule } from '../../ir/parser.ts';
import { Random } from '../../src/example/random.ts';
import { controlCases } from '../loops/control-cases.ts';
import { chainProgram } from '../loops/small-programs.ts';

function codeOf(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    expect(error).toBeInstanceOf(CompileError);
    return /\[(I8C[0-9]{4})\]/.exec((error as Error).message)?.[1] ?? '';
  }
  return 'ok';
}

const module = (body: string) => `module @m func @f() { ${body} return }`;
const kernel = (body: string) => `kernel @k(%x: in i8[8]) { ${body} }`;

describe('texts of extreme shape', () => {
  it.each([
    ['braces a million deep', '{'.repeat(1_000_000), 'I8C0101'],
    ['brackets a million deep', '['.repeat(1_000_000), 'I8C0101'],
    ['more tokens than allowed', '('.repeat(2_000_001), 'I8C0004'],
    ['a digit a million times', `module @m ${'9'.repeat(1_000_000)}x`, 'I8C0101'],
    ['one long comment', `//${'x'.repeat(1_000_000)}`, 'I8C0101'],
    ['one long string', `module @"${'\\"'.repeat(500_000)}`, 'I8C0101'],
    ['one long name', `module @m func @${'f'.repeat(1_000_000)}`, 'I8C0101'],
    [
      'an i64 of a million digits',
      module(`%c = constant {value = splat<${'9'.repeat(1_000_000)}>} : tensor<i64>`),
      'I8C0101',
    ],
    ['a splat beyond memory', module('%c = constant {value = splat<0>} : tensor<9999x9999xi32>'), 'I8C0004'],
    ['a splat beyond numbers', module(`%c = constant {value = splat<0>} : tensor<${'9'.repeat(400)}xi8>`), 'I8C0101'],
    [
      'many large splats',
      module(
        Array.from({ length: 40 }, (_, i) => `%c${i} = constant {value = splat<0>} : tensor<9999999xi8>`).join(' '),
      ),
      'I8C0004',
    ],
    [
      'a dense list shorter than its type',
      module('%c = constant {value = dense<[1]>} : tensor<99999x99999xi8>'),
      'I8C0101',
    ],
  ])('%s', (_, text, code) => {
    expect(codeOf(() => parseModule(text))).toBe(code);
  });

  it('refuses loops that nest too deep, and takes those that do not', () => {
    const nest = (n: number) =>
      kernel(Array.from({ length: n }, (_, i) => `for %i${i} = 0 to 2 {`).join(' ') + '}'.repeat(n));
    expect(codeOf(() => parseLoops(nest(99)))).toBe('ok');
    expect(codeOf(() => parseLoops(nest(100)))).toBe('I8C0101');
    expect(codeOf(() => parseLoops(nest(100_000)))).toBe('I8C0101');
  });

  it('takes long kernels and modules', () => {
    const n = 20_000;
    const loads = Array.from({ length: n }, (_, i) => `%v${i} = load %x[${i % 8}] : i32`).join('\n');
    expect(codeOf(() => parseLoops(kernel(loads)))).toBe('ok');
    const ops = Array.from({ length: n }, (_, i) => `%v${i} = constant {value = splat<${i}>} : tensor<i32>`).join('\n');
    expect(codeOf(() => parseModule(module(ops)))).toBe('ok');
  });
});

const signs = '0123456789-.x%@"[](){}<>,:;=';

/** The text with one to three places deleted, filled from another place, or changed to another sign. */
function mutated(text: string, random: Random): string {
  let result = text;
  for (let n = 1 + (random.next() % 3); n > 0; n--) {
    const at = random.next() % (result.length + 1);
    const length = 1 + (random.next() % 12);
    const from = random.next() % result.length;
    const edits = [
      () => result.slice(0, at) + result.slice(at + length),
      () => result.slice(0, at) + result.slice(from, from + length) + result.slice(at),
      () => result.slice(0, at) + (signs[random.next() % signs.length] ?? '') + result.slice(at + 1),
    ];
    result = edits[random.next() % edits.length]?.() ?? result;
  }
  return result;
}

describe('mutated texts', () => {
  const tensorText = `module @kws rounding=double
func @main(%x "in:0": tensor<1x4x2xi8, quant<scale=0.14, zero=-128>>) state(%s "st" = splat<0> : tensor<3xi8>) {
  %w = constant {value = dense<[1, -2]>} : tensor<2xi8, quant<axis=0, scale=[0.5, 0.25], zero=[0, 0]>> loc "w"
  %f = constant {value = dense<[nan, 0x7fc00001, -0]>} : tensor<3xf32>
  %r = reshape %x {shape = [8]} : tensor<8xi8, quant<scale=0.14, zero=-128>> loc "model/flat"
  return %r "out:0", %x next(%s)
}
`;
  const loopTexts = [printProgram(chainProgram('good')).text, ...controlCases().map((c) => printKernel(c.kernel))];

  it('of the tensor IR', () => {
    const random = new Random(11);
    const codes = new Set(Array.from({ length: 2000 }, () => codeOf(() => parseModule(mutated(tensorText, random)))));
    expect([...codes].sort()).toEqual(['I8C0101', 'I8C0102', 'ok']);
  });

  it('of the loop IR', () => {
    const random = new Random(12);
    const codes = new Set(
      Array.from({ length: 2000 }, (_, i) =>
        codeOf(() => parseLoops(mutated(loopTexts[i % loopTexts.length] ?? '', random))),
      ),
    );
    expect([...codes].sort()).toEqual(['I8C0101', 'I8C0102', 'ok']);
  });
});

// The text form of the tensor IR: what it looks like, and that reading it back gives the same module.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseModule } from '../../ir/parser.ts';
import { printModule } from '../../ir/printer.ts';
import { decodeResources, encodeResources } from '../../ir/resources.ts';
import { sameModule } from '../../ir/same-module.ts';
import { verifyModule } from '../../ir/verifier.ts';
import { moduleArbitrary } from './module-arbitrary.ts';
import { tableWithSamples } from './sample-operators.ts';

/** A text as the printer writes it. */
const canonical = `module @kws rounding=half-even

func @main(%x "serving_default_input:0": tensor<1x4x2xi8, quant<scale=0.14, zero=-128>>) state(%s "conv/state" = splat<-128> : tensor<3xi8>) {
  %w = constant {value = dense<[1, -2]>} : tensor<2xi8, quant<axis=0, scale=[0.5, 0.25], zero=[0, 0]>> loc "model/w"
  %z = constant {value = dense<[nan, 0x7fc00001, 0xffc00000, -0, inf, -inf, 0.1, 1e-45]>} : tensor<8xf32>
  %h = constant {value = dense<[0x3c00, 0xbc00]>} : tensor<2xf16>
  %l = constant {value = dense<[-9223372036854775808, 9223372036854775807]>} : tensor<2xi64>
  %e = constant {value = dense<[]>} : tensor<0x3xbool>
  %n = constant {value = splat<7>} : tensor<i32>
  %r = reshape %x {shape = [8]} : tensor<8xi8, quant<scale=0.14, zero=-128>> loc "model/\\"flat\\"\\n"
  %a = every_attribute %x {count = 1, alpha = -0, mode = half-even, table = dense<[1, 2]> : tensor<2xi32>, requant = <multiplier=[1073741824], shift=[-2], rounding=double, zero=3, clamp=[-128, 127]>} : tensor<1x4x2xi8, quant<scale=0.14, zero=-128>>
  %b = every_attribute %x {count = -5, axis = 4, pads = [], alpha = nan, weights = [0.5, inf], exact = true, note = "it's", table = splat<1> : tensor<bool>, requant = <scale=[0.003], rounding=half-even, zero=0, clamp=[0, 255]>} : tensor<1x4x2xi8, quant<scale=0.14, zero=-128>>
  %p, %q = pass_through _, %w, _, %s : tensor<2xi8, quant<axis=0, scale=[0.5, 0.25], zero=[0, 0]>>, tensor<3xi8>
  return %r "out:0", %x, %x "again" next(%q)
}

func @"other function"() {
  return
}
`;

describe('the text form of the tensor IR', () => {
  it('prints what it parsed', () => {
    const module = parseModule(canonical, new Map(), tableWithSamples);
    expect(verifyModule(module)).toEqual([]);
    expect(printModule(module).text).toBe(canonical);
  });

  it('reads comments, free layout, omitted types and fallbacks', () => {
    const text = `// a comment
      module @m func @f(%x: tensor<2x2xf32>) { // another "}"
        %y=reshape %x{shape=[ // in a list
          4]} %z = constant {value = dense<[1, // one
          2]>}:tensor<2xi8> return %y, %z }`;
    const module = parseModule(text);
    expect(module.rounding).toBe('double');
    expect(printModule(module).text).toBe(`module @m rounding=double

func @f(%x: tensor<2x2xf32>) {
  %y = reshape %x {shape = [4]} : tensor<4xf32>
  %z = constant {value = dense<[1, 2]>} : tensor<2xi8>
  return %y, %z
}
`);
  });

  it('keeps contents beyond the inline limit as resources', () => {
    const list = Array.from({ length: 65 }, (_, i) => i).join(', ');
    const module = parseModule(
      `module @m func @f() { %w = constant {value = dense<[${list}]>} : tensor<65xi8> return }`,
    );
    const { text, resources } = printModule(module);
    expect(text).toMatch(/value = resource<"[0-9a-f]{32}">/);
    expect([...resources.values()].map((bytes) => bytes.length)).toEqual([65]);
    const file = encodeResources(resources);
    expect(sameModule(parseModule(text, decodeResources(file)), module)).toBe(true);
    expect(printModule(module, { inlineLimit: 65 }).resources.size).toBe(0);
  });

  it('reads back every generated module', () => {
    fc.assert(
      fc.property(moduleArbitrary, fc.nat({ max: 70 }), (module, inlineLimit) => {
        expect(verifyModule(module)).toEqual([]);
        const { text, resources } = printModule(module, { inlineLimit });
        const again = parseModule(text, decodeResources(encodeResources(resources)), tableWithSamples);
        expect(sameModule(module, again)).toBe(true);
        expect(printModule(again, { inlineLimit })).toEqual({ text, resources });
      }),
      { seed: 20240607, numRuns: 300 },
    );
  });
});

describe('sameModule', () => {
  const text = `module @m func @f(%x "x": tensor<2xi8>) state(%s "s" = splat<0> : tensor<2xi8>) {
    %y = reshape %x {shape = [2]} loc "a"
    %c = constant {value = dense<[1, 2]>} : tensor<2xi8>
    return %y "y" next(%c) }`;
  it.each([
    ['module name', '@m', '@n'],
    ['rounding', '@m func', '@m rounding=single func'],
    ['function name', '@f', '@g'],
    ['input name', '%x "x"', '%x "X"'],
    ['value name', /%y/g, '%z'],
    ['type', '(%x "x": tensor<2xi8>', '(%x "x": tensor<2xi8, quant<scale=1, zero=0>>'],
    ['state name', '"s"', '"t"'],
    ['initial state', 'splat<0>', 'splat<1>'],
    ['next state', 'next(%c)', 'next(%s)'],
    ['location', '"a"', '"b"'],
    ['attribute', 'shape = [2]', 'shape = [2, 1]'],
    ['contents', '[1, 2]', '[1, 3]'],
    ['operand', 'reshape %x', 'reshape %s'],
    ['output', 'return %y "y"', 'return %x "y"'],
    ['output name', 'return %y "y"', 'return %y'],
  ])('sees another %s', (what, from, to) => {
    const module = parseModule(text);
    expect(sameModule(module, parseModule(text))).toBe(true);
    const other = text.replace(from, to);
    expect(other).not.toBe(text);
    const same = sameModule(module, parseModule(other));
    // The value's own name is what an output is called where the text gives no name.
    expect(same).toBe(what === 'output name');
  });
});

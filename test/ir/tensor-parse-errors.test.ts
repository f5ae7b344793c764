// What the parser of the tensor IR says to texts that are wrong: code, place, words, and the way out.
import { describe, expect, it } from 'vitest';
import { CompileError } from '../../ir/diagnostics.ts';
import { parseModule } from '../../ir/parser.ts';
import { tableWithSamples } from './sample-operators.ts';

function errorOf(text: string): string {
  try {
    parseModule(text, new Map(), tableWithSamples);
  } catch (error) {
    expect(error).toBeInstanceOf(CompileError);
    return (error as Error).message;
  }
  return 'no error';
}

/** A module around a body that uses %x: tensor<4xi8>. */
const inside = (body: string) => `module @m\nfunc @f(%x: tensor<4xi8>) {\n${body}\n}`;
const attribute = (text: string) =>
  inside(`%y = every_attribute %x {count = 1, alpha = 1, table = splat<0> : tensor<i8>, ${text}} return`);
const constant = (value: string, type: string) => inside(`%c = constant {value = ${value}} : ${type} return`);

describe('syntax errors of the tensor IR', () => {
  it.each([
    ['', "line 1:1: expected 'module', found the end of the text."],
    ['func @f() { return }', 'line 1:1: expected \'module\', found "func".'],
    ['module m', 'line 1:8: expected a name (@name), found "m".'],
    ['module @m rounding=up', 'line 1:20: expected a rounding: double, single, half-even.'],
    ['module @m\n  func @f(', "line 2:11: expected ')', found the end of the text."],
    ['module @m func @f() { return } 5', 'line 1:32: expected the end of the text, found "5".'],
    ['module @m func @f() { return } func @f() { return }', 'line 1:37: @f is defined twice.'],
    ['module @m func @f() { }', 'line 1:23: expected \'return\', found "}".'],
    ['module @m # comment', 'line 1:11: unexpected character "#".'],
    ['module @m func @f(%: tensor<i8>) { return }', "line 1:19: expected a name after '%'."],
    ['module @m func @f(%"a\n": tensor<i8>) { return }', 'line 1:20: this string does not end on its line.'],
    ['module @"\\q"', 'line 1:9: this is not a JSON string.'],
    ['module @m func @f(%x: i8) { return }', 'line 1:23: expected \'tensor\', found "i8".'],
    ['module @m func @f(%x: tensor<4xi9>) { return }', 'expected a shape and an element type, found "4xi9".'],
    ['module @m func @f(%x: tensor<4x4>) { return }', 'line 1:30: expected a number, found "4x4>)".'],
    ['module @m func @f(%x: tensor<4xi8, quant<scale=1>>) { return }', 'a quantization needs scale and zero.'],
    ['module @m func @f(%x: tensor<4xi8, quant<scale=0, zero=0>>) { return }', 'scales must be positive finite'],
    ['module @m func @f(%x: tensor<4xf32, quant<scale=1, zero=0>>) { return }', 'f32 takes no quantization.'],
    [
      'module @m func @f(%x: tensor<4xi8, quant<axis=0, scale=[1, 2], zero=[0, 0]>>) { return }',
      'quantization has 2 scales for an axis of 4.',
    ],
    ['module @m func @f(%x: tensor<4xi8, quant<size=1>>) { return }', 'expected axis, scale, zero, found "size".'],
    ['module @m func @f(%x: tensor<4xi8, quant<zero=1, zero=2>>) { return }', 'zero is given twice.'],
    ['module @m func @f(%x: tensor<i8>, %x: tensor<i8>) { return }', 'line 1:35: %x is defined twice.'],
    ['module @m func @f() state(%s = 5 : tensor<i8>) { return }', 'expected dense<...>, splat<...> or resource<...>'],
    [
      'module @m func @f() state(%s = splat<0> : tensor<i8>) { return next(%s, %s) }',
      'expected 1 next values, found 2.',
    ],
    [inside('%y = reshap %x return'), 'line 3:6: there is no operator "reshap". Did you mean reshape?'],
    [inside('%y = zzz %x return'), 'line 3:6: there is no operator "zzz".'],
    [inside('%y = reshape %xx {shape = [4]} return'), '"%xx" is not defined before this use. Did you mean x?'],
    [inside('%y = reshape %y {shape = [4]} return'), '"%y" is not defined before this use. Did you mean x?'],
    [inside('%x = reshape %x {shape = [4]} return'), 'line 3:1: %x is defined twice.'],
    [inside('%y = reshape %x {shpe = [4]} return'), 'reshape has no attribute "shpe". Did you mean shape?'],
    [inside('%y = reshape %x {shape = [4], shape = [4]} return'), 'attribute shape is given twice.'],
    [inside('%y = reshape %x {shape = 4} return'), 'line 3:26: expected a list of integers, found "4".'],
    [inside('%y = reshape %x {shape = [a]} return'), 'line 3:27: expected a number, found "a".'],
    [inside('%y = reshape %x {shape = [4,]} return'), 'line 3:29: expected a list entry.'],
    [inside('%y = reshape %x {shape = (4)} return'), 'expected a number or a list of numbers or'],
    [inside('%y = reshape %x, {shape = [4]} return'), 'expected a value (%name) or \'_\', found "{".'],
    [attribute('axis = 1.5'), 'expected an integer in [-2147483648, 2147483647], found "1.5".'],
    [attribute('axis = word'), 'expected an integer, found "word".'],
    [attribute('weights = 1'), 'expected a list of numbers, found "1".'],
    [attribute('exact = 1'), 'expected true or false, found "1".'],
    [attribute('mode = 1'), 'expected a word, found "1".'],
    [attribute('note = word'), 'expected a string, found "word".'],
    [attribute('requant = 1'), 'expected a requantization <multiplier=...>, found "1".'],
    [attribute('requant = <rounding=up>'), 'needs rounding=double or single or half-even.'],
    [attribute('requant = <rounding=double, zero=0>'), 'needs zero=N and clamp=[LOW, HIGH].'],
    [
      inside('%y = every_attribute %x {table = 1} return'),
      'expected dense<...>, splat<...> or resource<...>, found "1".',
    ],
    [inside('%c = constant {value = splat<0>} return'), 'line 3:24: these contents need a type.'],
    [constant('dense<[1, 2]>', 'tensor<3xi8>'), 'line 3:30: expected 3 elements, found 2.'],
    [constant('dense<1>', 'tensor<1xi8>'), 'expected a list in brackets.'],
    [constant('dense<[1', 'tensor<1xi8>'), 'dense<...> does not end.'],
    [constant('dense<[128]>', 'tensor<1xi8>'), 'line 3:31: expected an element of i8, found "128".'],
    [constant('splat<8>', 'tensor<1xi4>'), 'expected an element of i4, found "8".'],
    [constant('splat<2>', 'tensor<1xbool>'), 'expected an element of bool, found "2".'],
    [constant('splat<1.5>', 'tensor<1xi32>'), 'expected an element of i32, found "1.5".'],
    [constant('splat<9223372036854775808>', 'tensor<1xi64>'), 'expected an element of i64, found "92233'],
    [constant('splat<1e39>', 'tensor<1xf32>'), 'expected an element of f32, found "1e39".'],
    [constant('splat<0x7fc0>', 'tensor<1xf32>'), 'expected an element of f32, found "0x7fc0".'],
    [constant('splat<1.5>', 'tensor<1xf16>'), 'expected an element of f16, found "1.5".'],
    [constant('resource<"abc">', 'tensor<1xi8>'), 'expected a hash of 32 hexadecimal digits in quotes.'],
  ])('%j', (text, message) => {
    expect(errorOf(text)).toContain('error[I8C0101] line ');
    expect(errorOf(text)).toContain(message);
  });
});

describe('broken rules in a text of the tensor IR', () => {
  it.each([
    [inside('%y = reshape %x {shape = [5]} loc "model/flat" return'), 'line 3:6: reshape "model/flat" '],
    [inside('%y = reshape %x {shape = [4]} : tensor<2x2xi8> return'), 'gives tensor<4xi8>, not tensor<2x2xi8>.'],
    [inside('%y = reshape %x return'), 'reshape needs attribute shape.'],
    [
      inside('%y = reshape %x {shape = [-4]} return'),
      'reshape attribute shape must be a list of integers of at least 0.',
    ],
    [inside('%y = reshape {shape = [4]} return'), 'reshape needs operand x.'],
    [inside('%y = reshape %x, %x {shape = [4]} return'), 'reshape takes 1 operands, got 2.'],
    [inside('%y, %z = reshape %x {shape = [4]} return'), 'reshape has 1 results, not 2.'],
    [inside('%y = pass_through _, _ return'), 'pass_through needs an operand that is not absent.'],
    [attribute('mode = up'), 'every_attribute attribute mode must be one of nearest, half-even, tensor, if.'],
    [attribute('requant = <rounding=double, zero=0, clamp=[1, 0]>'), 'needs one shift for each multiplier.'],
    [
      attribute('requant = <rounding=half-even, scale=[1], shift=[1], zero=0, clamp=[0, 1]>'),
      'half-even takes no multipliers and shifts.',
    ],
    [
      attribute('requant = <rounding=single, scale=[1], multiplier=[1], shift=[1], zero=0, clamp=[0, 1]>'),
      'single takes no scales.',
    ],
    [
      'module @m func @f(%x: tensor<i16>) state(%s "st" = splat<0> : tensor<i8>) { return next(%x) }',
      'the next value of state "st" has type tensor<i16>, not tensor<i8>.',
    ],
  ])('%j', (text, message) => {
    expect(errorOf(text)).toContain('error[I8C0102] line ');
    expect(errorOf(text)).toContain(message);
  });
});

describe('resources that a text names', () => {
  const hash = '0123456789abcdef0123456789abcdef';
  const text = constant(`resource<"${hash}">`, 'tensor<4xi32>');
  it('must be there', () => {
    expect(errorOf(text)).toContain(`error[I8C0103] line 3:33: resource ${hash} is missing.`);
  });
  it('must have the length of their type', () => {
    expect(() => parseModule(text, new Map([[hash, new Uint8Array(15)]]))).toThrow(
      `resource ${hash} has 15 bytes; its type needs 16.`,
    );
  });
});

// What the parser of the loop IR says to texts that are wrong, and to kernels that break a rule: code, place and words.
import { describe, expect, it } from 'vitest';
import { CompileError } from '../../ir/diagnostics.ts';
import { parseLoops } from '../../ir/loops/parser.ts';

function errorOf(text: string): string {
  try {
    parseLoops(text);
  } catch (error) {
    expect(error).toBeInstanceOf(CompileError);
    return (error as Error).message;
  }
  return 'no error';
}

/** A kernel around a body, on line 2. */
const inside = (body: string) =>
  `kernel @k(%x: in i8[8], %f: in f32[8], %w: const i8[64], %y: out i8[8], %l: inout i64[4]; %n: i32, %on: bool) {\n${body}\n}`;

describe('syntax errors of the loop IR', () => {
  it.each([
    ['kernel k() {}', 'line 1:8: expected a name (@name), found "k".'],
    ['kernel @k() {', "line 1:14: expected '}', found the end of the text."],
    ['func @k() {}', 'line 1:1: expected the end of the text, found "func".'],
    ['kernel @k() {} kernel @k() {}', 'line 1:23: @k is defined twice.'],
    ['kernel @k(%x: in i8) {}', 'line 1:20: expected a list of numbers, found ")".'],
    ['kernel @k(%x: in i8[-1]) {}', 'expected a length in [0, 2147483647].'],
    ['kernel @k(%x: in i8[1, 2]) {}', 'expected a length in [0, 2147483647].'],
    ['kernel @k(%x: in i9[1]) {}', 'expected f32, f16, i4, i8, u8, i16, i32, i64, bool, found "i9".'],
    ['kernel @k(%x: input i8[1]) {}', 'expected in, out, inout, const, scratch, found "input".'],
    ['kernel @k(%x: in i8[1], %x: in i8[1]) {}', 'line 1:25: %x is defined twice.'],
    ['kernel @k(%x: in i8[1]; %x: i32) {}', 'line 1:25: "%x" is defined twice.'],
    ['kernel @k(; %n: i8) {}', 'line 1:17: expected a type such as i32 or i8x16, found "i8".'],
    [inside('%a = ad %n, 1 : i32'), 'line 2:6: there is no opcode "ad". Did you mean add?'],
    [inside('%a = add %n, 1'), 'line 3:1: expected \':\', found "}".'],
    [inside('%a = add %n, : i32'), "expected a value (%name) or a number or 'true' or 'false', found \":\"."],
    [inside('%a = add %m, 1 : i32'), 'line 2:10: "%m" is not defined before this use. Did you mean n?'],
    [inside('%a = add %x, 1 : i32'), '"%x" is a buffer, not a value.'],
    [inside('%a = add %n, 2147483648 : i32'), 'line 2:14: expected a value, found "2147483648".'],
    [inside('%a = add %n, 9223372036854775808i64 : i32'), 'expected a value, found "9223372036854775808i64".'],
    [inside('%a = add %n, 1e39 : f32'), 'expected a value, found "1e39".'],
    [inside('%a = add %n, 1.5i64 : i64'), 'expected a value, found "1.5i64".'],
    [inside('%a, %b = add %n, 1 : i32'), 'line 2:10: gives 1 values, and 2 are named.'],
    [inside('%a = add %n, 1 : i33'), 'expected a type such as i32 or i8x16, found "i33".'],
    [inside('%n = add %n, 1 : i32'), 'line 2:1: "%n" is defined twice.'],
    [inside('%a = load %x : i32'), 'expected a list of numbers or \'[\', found ":".'],
    [inside('%a = load %z[0] : i32'), 'line 2:11: there is no buffer "%z".'],
    [inside('%a = load %x[1, 2] : i32'), 'expected a value, found "1, 2".'],
    [inside('%a = load %x[0] align 1.5 : i32'), 'expected an integer in [-2147483648, 2147483647], found "1.5".'],
    [inside('%a = requantize %n, 1, 1 rounding up : i32'), 'expected double, single, half-even, found "up".'],
    [inside('for %i = 0 to 4 { } store %y[%i], 0'), '"%i" is not defined before this use.'],
    [inside('%r = for %i = 0 to 4 { }'), 'line 2:6: gives 0 values, and 1 are named.'],
    [inside('for %i = 0 to 4 carry(%a = 0: i32) { yield %a }'), 'line 2:1: gives 1 values, and 0 are named.'],
    [inside('for %i = 0 { }'), 'line 2:12: expected \'to\', found "{".'],
    [inside('%r = if %on { yield 1 }\n%s = if %on { }'), 'line 3:6: gives 0 values, and 1 are named.'],
    ['program @p { call @k() }', 'line 1:19: there is no kernel "@k".'],
    ['program @p { call @kk() } kernel @k() {}', 'there is no kernel "@kk". Did you mean k?'],
    [
      'kernel @k(%x: in i8[1]) {} program @p { input %a : i8[1] call @k(%b) }',
      'there is no storage "%b". Did you mean a?',
    ],
    ['program @p { heap %a : i8[1] }', 'expected input, output, const, state, arena, found "heap".'],
    ['program @p { input %a : i8[1] input %a : i8[1] }', 'line 1:37: %a is defined twice.'],
    ['program @p { input %a : i8[1] as "a" tensor<1xu8> }', 'expected a tensor of i8, found one of u8.'],
    ['program @p { arena %a : i8[1] at -16 }', 'expected an integer in [0, 9007199254740991], found "-16".'],
    ['program @p { const %a = dense<[1]> : i8[2] }', 'expected 2 elements, found 1.'],
    ['program @p arena 5 { }', 'expected \'bound\', found "{".'],
  ])('%j', (text, message) => {
    expect(errorOf(text)).toContain('error[I8C0101] line ');
    expect(errorOf(text)).toContain(message);
  });
});

describe('broken rules in a text of the loop IR', () => {
  it.each([
    // Opcodes.
    ['%a = add %n, 1i64 : i32', 'line 2:6: add takes two equal types, got i32, i64.'],
    ['%a = add %n, 1 : i64', 'add gives i32, not i64.'],
    ['%a = add %n : i32', 'add takes 2 operands, got 1.'],
    ['%a = rem 1.0, 2.0 : f32', 'rem is not defined on f32.'],
    ['%a = convert %n : i32', 'convert does not go from i32 to i32.'],
    ['%a = narrow %n : i8x4', 'narrow cannot change the number of lanes (i32 to i8x4).'],
    ['%a = select %n, 1, 2 : i32', 'select needs a condition of bool lanes, got i32.'],
    ['%a = requantize %n, 1, 1 : i32', 'requantize needs rounding double or single.'],
    ['%a = splat 1 : i8x4 %b = dot 0, %a, %n : i32', 'dot lane counts do not divide: i32, i8x4, i32.'],
    ['%a = splat 1 : i8x4 %b = extract %a lanes [4] : i32', 'extract has no lane 4 in i8x4.'],
    ['%a = splat 1 : i8x4 %b = shuffle %a, %a lanes [0, 8] : i8x2', 'shuffle mask does not fit i8x4.'],
    // Memory.
    ['%a = load %x[0i64] : i32', 'line 2:6: an index is i32, not i64.'],
    ['%a = load %x[0] : i64', 'a load from i8 elements gives i32, not i64.'],
    ['%a = load %f[0] : i32', 'a load from f32 elements gives f32, not i32.'],
    ['%a = load %x[0] : i32x4', 'a load from i8 elements gives i8x4, not i32x4.'],
    ['%a = load %x[0] align 3 : i32', 'an alignment is a power of two in [1, 4096], not 3.'],
    ['%a = load %x[0] align 8192 : i32', 'an alignment is a power of two in [1, 4096], not 8192.'],
    ['store %x[0], 1', 'buffer "x" is in: it must not be written.'],
    ['store %w[0], 1', 'buffer "w" is const: it must not be written.'],
    ['store %y[0], 1.0', 'a store to i8 elements takes i32, not f32.'],
    ['store %l[0], 1', 'a store to i64 elements takes i64, not i32.'],
    ['%a = splat 1 : i16x4 store %y[0], %a', 'a store to i8 elements takes i8x4, not i16x4.'],
    // Loops and conditionals.
    ['for %i = 0i64 to %n { }', 'line 2:1: the bounds of a loop are i32, not i64.'],
    ['for %i = 0 to 4 step 0 { }', 'the step of a loop is a positive integer, not 0.'],
    ['for %i = 0 to 4 step -1 { }', 'the step of a loop is a positive integer, not -1.'],
    ['%r = parallel %i = 0 to 4 carry(%a = 0: i32) { yield %a }', 'a parallel loop carries no values.'],
    ['%r = for %i = 0 to 4 carry(%a = 0: f32) { yield %a }', 'the carried values have types (f32), not (i32).'],
    ['%r = for %i = 0 to 4 carry(%a = 0: i32) { yield 1.0 }', 'the loop yields (f32), not (i32).'],
    ['%r = for %i = 0 to 4 carry(%a = 0: i32) { }', 'the loop yields (), not (i32).'],
    ['if %n { }', 'a condition is bool, not i32.'],
    ['%r = if %on { yield 1 } else { yield 1.0 }', 'a branch yields (f32), not (i32).'],
    ['%r = if %on { yield 1 }', 'a branch yields (), not (i32).'],
    ['yield 1', 'the body of a kernel yields nothing.'],
    // Bounds.
    ['%a = load %x[8] : i32', 'line 2:6: reaches element 8 of buffer "x", which has 8.'],
    ['%a = load %x[-1] : i32', 'reaches element -1 of buffer "x", which has 8.'],
    ['%a = load %x[5] : i8x4', 'reaches element 8 of buffer "x", which has 8.'],
    ['for %i = 0 to 9 { store %y[%i], 0 }', 'line 2:19: reaches element 8 of buffer "y", which has 8.'],
    ['for %i = 0 to 9 step 4 { %a = load %x[%i] : i32 }', 'reaches element 8 of buffer "x", which has 8.'],
    [
      'for %i = 0 to 4 { for %j = 0 to 3 { %r = mul %i, 2 : i32 %k = add %r, %j : i32 store %y[%k], 0 } }',
      'reaches element 8 of buffer "y", which has 8.',
    ],
    ['for %i = 0 to 4 { %r = sub 2, %i : i32 store %y[%r], 0 }', 'reaches element -1 of buffer "y", which has 8.'],
    ['for %i = 0 to 4 { %r = shl %i, 2 : i32 store %y[%r], 0 }', 'reaches element 12 of buffer "y", which has 8.'],
  ])('%j', (body, message) => {
    expect(errorOf(inside(body))).toContain('error[I8C0102] line ');
    expect(errorOf(inside(body))).toContain(message);
  });

  it.each([
    ['the last element of a stepped loop', 'for %i = 0 to 8 step 3 { %j = add %i, 1 : i32 store %y[%j], 0 }'],
    ['a guard', 'for %i = 0 to 9 { %c = lt %i, 8 : bool if %c { store %y[%i], 0 } }'],
    ['bounds that are not constant', 'for %i = 0 to %n { store %y[%i], 0 }'],
    ['a loop that never runs', 'for %i = 9 to 9 { store %y[%i], 0 }'],
    ['an index that is not affine', 'for %i = 0 to 9 { %j = and %i, 7 : i32 store %y[%j], 0 }'],
    ['an index that depends on data', '%i = load %x[0] : i32 store %y[%i], 0'],
    ['a counter that cancels', 'for %i = 0 to 99 { %j = sub %i, %i : i32 store %y[%j], 0 }'],
  ])('accepts an access behind %s', (_, body) => {
    expect(errorOf(inside(body))).toBe('no error');
  });

  it.each([
    ['kernel @k(%x: in f16[8]) {}', 'buffer "x" cannot have elements of f16.'],
    ['kernel @k(; %n: i32x4) {}', 'a parameter is a scalar, not i32x4.'],
  ])('%j', (text, message) => {
    expect(errorOf(text)).toContain(`error[I8C0102] line 1:8: ${message}`);
  });
});

// Operators that exist only in these tests: one with an attribute of every kind, one with optional and many operands.
import { attr } from '../../ir/attributes.ts';
import { defineOp, required, rule } from '../../ir/define-op.ts';
import type { AnyOpDefinition } from '../../ir/module.ts';
import { operators } from '../../ir/ops/index.ts';

/** Gives its operand's type; carries every kind of attribute. */
export const everyAttribute = defineOp({
  name: 'every_attribute',
  doc: 'The operand. Carries attributes.',
  operands: [{ name: 'x', doc: 'Anything.' }],
  attributes: {
    count: attr.int({ doc: 'An integer.' }),
    axis: attr.int({ fallback: 3, min: 0, max: 9, doc: 'One with a fallback.' }),
    pads: attr.ints({ fallback: [1, 1], doc: 'Integers.' }),
    alpha: attr.float({ doc: 'A number.' }),
    weights: attr.floats({ fallback: [], doc: 'Numbers.' }),
    exact: attr.bool({ fallback: false, doc: 'A truth value.' }),
    mode: attr.word(['nearest', 'half-even', 'tensor', 'if'], { fallback: 'nearest', doc: 'A word.' }),
    kernel: attr.int({ fallback: 0, doc: 'Named like a statement.' }),
    note: attr.text({ fallback: '', doc: 'A string.' }),
    table: attr.tensor({ doc: 'Contents of another type than the result.' }),
    requant: attr.requantization({ doc: 'Optional.' }),
  },
  results: ['y'],
  types: ({ operands }) => [required(operands, 0)],
});

/** One result for each of its operands, absent ones excepted. */
export const passThrough = defineOp({
  name: 'pass_through',
  doc: 'Its operands.',
  operands: [
    { name: 'first', doc: 'May be absent.', optional: true },
    { name: 'rest', doc: 'Any number, absent ones allowed.', optional: true, variadic: true },
  ],
  attributes: {},
  results: 'variadic',
  types({ operands }) {
    const types = operands.filter((t) => t !== undefined);
    rule(types.length > 0, 'needs an operand that is not absent');
    return types;
  },
});

export const tableWithSamples: ReadonlyMap<string, AnyOpDefinition> = new Map([
  ...operators,
  [everyAttribute.name, everyAttribute],
  [passThrough.name, passThrough],
]);

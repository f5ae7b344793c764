// constant: a tensor known at compile time.
import { attr } from '../attributes.ts';
import { defineOp } from '../define-op.ts';
import type { Value } from '../module.ts';
import type { TensorData } from '../tensor-data.ts';

export const constant = defineOp({
  name: 'constant',
  doc: 'A tensor known at compile time: weights, biases, tables. Its contents go into the artifact.',
  operands: [],
  attributes: { value: attr.tensor({ doc: 'The contents; the result has its type.' }) },
  results: ['y'],
  types: ({ attributes }) => [attributes.value.type],
  reference({ attributes, results }) {
    results[0]!.data.set(attributes.value.data as never);
  },
});

/** The contents of a value where it is a constant. */
export function constantOf(value: Value | undefined): TensorData | undefined {
  return value?.producer?.definition === constant ? (value.producer.attributes.value as TensorData) : undefined;
}

// lstm: long short-term memory over a sequence, from the input's share of its gates.
import { defineOp, required, rule, type TypeRuleInput } from '../define-op.ts';
import { lowerLstm } from '../lstm/loops.ts';
import {
  cellOperand,
  gateCount,
  gateScale,
  hiddenOperand,
  integerAttributes,
  type LstmAttributes,
  lstmAttributes,
  lstmExtents,
} from '../lstm/parameters.ts';
import { lstmReference } from '../lstm/reference.ts';
import { elementCount, sameShape, type TensorType, tensorType } from '../types.ts';

const gateNames = ['input', 'forget', 'cell', 'output'];

/** The integer form is executable; the quantized form becomes it. */
function resultTypes({ operands, attributes }: TypeRuleInput<typeof lstmAttributes>): TensorType[] {
  const gates = [0, 1, 2, 3].map((g) => required(operands, g));
  const weights = [0, 1, 2, 3].map((g) => required(operands, gateCount + g));
  const [hidden, cell] = [required(operands, hiddenOperand), required(operands, cellOperand)];
  const first = gates[0]!;
  const float = first.element === 'f32';
  rule(first.shape.length === 3, `takes gates of rank 3, got rank ${first.shape.length}`);
  for (const gate of gates) {
    rule(gate.element === first.element && sameShape(gate.shape, first.shape), 'needs four gates of one type');
    const q = gate.quant;
    rule(
      float || (gate.element === 'i16' && q?.scale[0] === gateScale && q.zero[0] === 0),
      'needs i16 gates of scale 2^-12',
    );
  }
  const { steps, batches, units } = lstmExtents(first, attributes.time_major);
  rule(steps > 0 && batches > 0 && units > 0, 'has no steps, batches or units');
  for (const w of weights) {
    rule(sameShape(w.shape, [units, units]), () => `needs weights of ${units} x ${units}, got [${w.shape.join(', ')}]`);
    rule(w.element === (float ? 'f32' : 'i8'), `does not take ${w.element} weights beside ${first.element} gates`);
  }
  for (const state of [hidden, cell]) {
    rule(elementCount(state.shape) === batches * units, `needs states of ${batches * units} values`);
  }
  const fits = float ? hidden.element === 'f32' : hidden.element === 'i8' || hidden.element === 'i16';
  rule(fits, `does not keep a hidden state of ${hidden.element}`);
  rule(cell.element === (float ? 'f32' : 'i16'), `does not keep a cell state of ${cell.element}`);
  return [tensorType(hidden.element, first.shape, hidden.quant), hidden, cell];
}

export const lstm = defineOp({
  name: 'lstm',
  doc: 'Long short-term memory. Each step adds recurrent weights times the hidden state h to the four gates, and then c = sigmoid(forget) * c + sigmoid(input) * tanh(cell), h = sigmoid(output) * tanh(c). The products of the input with its weights come as operands, made by fully_connected for all steps at once. In the integer form gates are i16 with 12 fraction bits, activations i16 with 15, cells i16. Sources: Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997; tensorflow/lite/micro/kernels/lstm_eval.cc.',
  operands: [
    ...gateNames.map((name) => ({
      name: `${name}_gate`,
      doc: `Input times its weights plus bias, for the ${name} gate.`,
    })),
    ...gateNames.map((name) => ({
      name: `${name}_w`,
      doc: `Recurrent weights of the ${name} gate: unit x previous unit.`,
    })),
    { name: 'hidden', doc: 'Hidden state: batch x unit.' },
    { name: 'cell', doc: 'Cell state: batch x unit, its scale a power of two.' },
  ],
  attributes: lstmAttributes,
  results: ['y', 'next_hidden', 'next_cell'],
  types: resultTypes,
  integer({ op, attributes, builder, rounding }) {
    const [hidden, cell] = [op.operand(hiddenOperand).type, op.operand(cellOperand).type];
    if (hidden.element === 'f32' || attributes.gate_requant !== undefined) return undefined;
    const weights = [0, 1, 2, 3].map((g) => op.operand(gateCount + g));
    const given: Partial<LstmAttributes> = integerAttributes(weights, hidden, cell, attributes, rounding);
    return builder.op(op.definition, op.operands, given, { types: op.results.map((r) => r.type) }).results;
  },
  reference: ({ operands, attributes, results }) => lstmReference(operands, attributes, results),
  lower: (input) => lowerLstm(input),
  macs: (op) => elementCount(op.operand(0).type.shape) * gateCount * op.operand(gateCount).type.shape[0]!,
});

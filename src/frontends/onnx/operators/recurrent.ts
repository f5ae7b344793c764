// Rows of recurrent layers, written out step by step: sequences have a static length.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md (RNN, GRU, LSTM).
import { rule } from '../../../../ir/define-op.ts';
import type { Value } from '../../../../ir/module.ts';
import { add, sub } from '../../../../ir/ops/add.ts';
import { clamp } from '../../../../ir/ops/clamp.ts';
import { concat } from '../../../../ir/ops/concat.ts';
import { fullyConnected } from '../../../../ir/ops/fully-connected.ts';
import { mul } from '../../../../ir/ops/mul.ts';
import { reshape } from '../../../../ir/ops/reshape.ts';
import { select } from '../../../../ir/ops/select.ts';
import { transpose } from '../../../../ir/ops/transpose.ts';
import type { NodeContext, Rows } from '../node-context.ts';
import { sliceAxis } from './moving.ts';
import { type Activation, activationsOf } from './recurrent-activations.ts';

/** Steps that are written out; each is a dozen operators. */
const maxSteps = 1024;

/** What one direction of a layer keeps from step to step, and how it goes on. */
interface Cell {
  /** Gates of the layer: rows of its weights are that many times the hidden size. */
  readonly gates: number;
  readonly defaults: readonly string[];
  /** The next states: hidden first. `x`: inputs times weights plus bias, gates beside each other. */
  step(layer: Direction, x: Value, states: readonly Value[]): readonly Value[];
}

/** The weights of a layer, by direction. */
export interface LayerWeights {
  readonly directions: number;
  /** Gates times hidden size. */
  readonly width: number;
  /** x, steps x batch x inputs, times the inputs' weights: steps x batch x width. */
  inputProducts(x: Value, direction: number, bias: Value | undefined): Value;
  /** h, batch x hidden, times the recurrent weights of elements `first` to `first + count` of the width. */
  recurrentProducts(h: Value, direction: number, first: number, count: number, bias: Value | undefined): Value;
}

/** One direction of a layer. */
interface Direction {
  readonly op: NodeContext;
  readonly index: number;
  readonly hidden: number;
  readonly weights: LayerWeights;
  /** Of the recurrent products. */
  readonly bias: Value | undefined;
  /** Input, output and forget gate's weights of the cell state, where they have any. */
  readonly peepholes: readonly Value[];
  readonly activations: readonly Activation[];
}

const rnn: Cell = {
  gates: 1,
  defaults: ['Tanh'],
  step(layer, x, [h]) {
    const { op, activations } = layer;
    return [activations[0]!(op, limited(op, op.emit(add, [x, recurrent(layer, h!, 0, 1)])))];
  },
};

const gru: Cell = {
  gates: 3,
  defaults: ['Sigmoid', 'Tanh'],
  step(layer, x, [h]) {
    const { op, hidden, activations } = layer;
    const [f, g] = activations as [Activation, Activation];
    const gate = (i: number) => sliceAxis(op, x, 1, i * hidden, hidden);
    const both = recurrent(layer, h!, 0, 2);
    const [z, r] = [0, 1].map((i) =>
      f(op, limited(op, op.emit(add, [gate(i), sliceAxis(op, both, 1, i * hidden, hidden)]))),
    ) as [Value, Value];
    // linear_before_reset: the reset gate acts on the product instead of on the state.
    const candidate = op.flag('linear_before_reset')
      ? op.emit(mul, [r, recurrent(layer, h!, 2, 1)])
      : recurrent(layer, op.emit(mul, [r, h!]), 2, 1);
    const n = g(op, limited(op, op.emit(add, [gate(2), candidate])));
    const fresh = op.emit(mul, [op.emit(sub, [op.scalar('f32', 1), z]), n]);
    return [op.emit(add, [fresh, op.emit(mul, [z, h!])])];
  },
};

export const lstm: Cell = {
  gates: 4,
  defaults: ['Sigmoid', 'Tanh', 'Tanh'],
  step(layer, x, [h, c]) {
    const { op, hidden, activations, peepholes } = layer;
    const [f, g, last] = activations as [Activation, Activation, Activation];
    const sums = op.emit(add, [x, recurrent(layer, h!, 0, 4)]);
    // In the order of the weights: input, output, forget, cell.
    const gate = (i: number, cell: Value | undefined) => {
      const sum = sliceAxis(op, sums, 1, i * hidden, hidden);
      const peep = peepholes[i];
      return limited(
        op,
        peep === undefined || cell === undefined ? sum : op.emit(add, [sum, op.emit(mul, [peep, cell])]),
      );
    };
    const i = f(op, gate(0, c));
    const keep = op.flag('input_forget') ? op.emit(sub, [op.scalar('f32', 1), i]) : f(op, gate(2, c));
    const fresh = op.emit(mul, [i, g(op, gate(3, undefined))]);
    const cell = op.emit(add, [op.emit(mul, [keep, c!]), fresh]);
    const o = f(op, gate(1, cell));
    return [op.emit(mul, [o, last(op, cell)]), cell];
  },
};

export const recurrentRows: Rows = {
  RNN: (op) => layer(op, rnn, floatWeights(op)),
  GRU: (op) => layer(op, gru, floatWeights(op)),
  LSTM: (op) => layer(op, lstm, floatWeights(op)),
};

/** Operands 1 and 2: directions x (gates * hidden) x inputs, and the same with hidden in the place of inputs. */
function floatWeights(op: NodeContext): LayerWeights {
  const [w, r] = [op.input(1), op.input(2)];
  const [directions = 0, width = 0] = w.type.shape;
  rule(w.type.shape.length === 3, 'takes weights of rank 3');
  return {
    directions,
    width,
    inputProducts: (x, d, bias) => op.emit(fullyConnected, [x, perDirection(op, w, d), bias], { keep_dims: true }),
    recurrentProducts: (h, d, first, count, bias) =>
      op.emit(fullyConnected, [h, sliceAxis(op, perDirection(op, r, d), 0, first, count), bias]),
  };
}

/** A recurrent layer by the operands and attributes that RNN, GRU and LSTM share. */
export function layer(op: NodeContext, cell: Cell, weights: LayerWeights): Value[] {
  const batchFirst = op.flag('layout');
  const given = op.input(0);
  rule(given.type.shape.length === 3, 'takes a sequence of rank 3');
  const x = batchFirst ? op.emit(transpose, [given], { perm: [1, 0, 2] }) : given;
  const [steps = 0, batch = 0] = x.type.shape;
  if (steps > maxSteps) op.unsupported(`The sequence has ${steps} steps; int8c writes out at most ${maxSteps}.`);
  const hidden = op.int('hidden_size', weights.width / cell.gates);
  rule(
    hidden > 0 && hidden * cell.gates === weights.width,
    () => `has ${weights.width} rows of weights for a state of ${hidden}`,
  );
  const direction = op.string('direction', 'forward');
  const directions = direction === 'bidirectional' ? 2 : 1;
  rule(weights.directions === directions, () => `needs weights for ${directions} directions`);
  const states = cell === lstm ? 2 : 1;
  const runs = Array.from({ length: directions }, (_, d) => {
    const initial = Array.from({ length: states }, (_, s) => initialState(op, 5 + s, d, batch, hidden, batchFirst));
    const part = directionOf(op, cell, weights, d, hidden);
    const inputs = weights.inputProducts(x, d, biasOf(op, cell, d, hidden, 0));
    return run(op, cell, part, inputs, initial, direction === 'reverse' || d === 1);
  });
  // steps x directions x batch x hidden, and the last states directions x batch x hidden.
  const all = Array.from({ length: steps }, (_, t) =>
    runs.map(({ outputs }) => op.emit(reshape, [outputs[t]!], { shape: [1, 1, batch, hidden] })),
  );
  const rows = all.map((parts) => joined(op, parts, 1));
  const y = rows.length === 0 ? op.filled('f32', [0, directions, batch, hidden], 0) : joined(op, rows, 0);
  const finals = Array.from({ length: states }, (_, s) =>
    joined(
      op,
      runs.map(({ last }) => op.emit(reshape, [last[s]!], { shape: [1, batch, hidden] })),
      0,
    ),
  );
  if (!batchFirst) return [y, ...finals];
  return [
    op.emit(transpose, [y], { perm: [2, 0, 1, 3] }),
    ...finals.map((state) => op.emit(transpose, [state], { perm: [1, 0, 2] })),
  ];
}

const joined = (op: NodeContext, parts: readonly Value[], axis: number): Value =>
  parts.length === 1 ? parts[0]! : op.emit(concat, parts, { axis });

/** Slice `d` of the first dimension, which it loses. */
export function perDirection(op: NodeContext, values: Value, d: number): Value {
  return op.emit(reshape, [sliceAxis(op, values, 0, d, 1)], { shape: values.type.shape.slice(1) });
}

function directionOf(op: NodeContext, cell: Cell, weights: LayerWeights, d: number, hidden: number): Direction {
  const peep = cell === lstm ? op.optional(7) : undefined;
  const own = peep && perDirection(op, peep, d);
  return {
    op,
    index: d,
    hidden,
    weights,
    bias: biasOf(op, cell, d, hidden, 1),
    peepholes: own === undefined ? [] : [0, 1, 2].map((i) => sliceAxis(op, own, 0, i * hidden, hidden)),
    activations: activationsOf(op, cell.defaults, d),
  };
}

/** The bias of the inputs' products (0) or of the recurrent ones (1), which operand 3 has behind each other. */
function biasOf(op: NodeContext, cell: Cell, d: number, hidden: number, which: 0 | 1): Value | undefined {
  const bias = op.optional(3);
  const width = cell.gates * hidden;
  return bias && sliceAxis(op, perDirection(op, bias, d), 0, which * width, width);
}

function initialState(
  op: NodeContext,
  operand: number,
  d: number,
  batch: number,
  hidden: number,
  batchFirst: boolean,
): Value {
  const given = op.optional(operand);
  if (given === undefined) return op.filled('f32', [batch, hidden], 0);
  return perDirection(op, batchFirst ? op.emit(transpose, [given], { perm: [1, 0, 2] }) : given, d);
}

/** h times the weights of `count` gates from gate `first` on, plus their recurrent bias. */
function recurrent({ op, index, hidden, weights, bias }: Direction, h: Value, first: number, count: number): Value {
  const [start, size] = [first * hidden, count * hidden];
  const own = bias && sliceAxis(op, bias, 0, start, size);
  return weights.recurrentProducts(h, index, start, size, own);
}

/** The sum before an activation, inside of [-clip, clip]. */
function limited(op: NodeContext, x: Value): Value {
  const clip = op.float('clip', 0);
  return clip > 0 ? op.emit(clamp, [x], { min: -clip, max: clip }) : x;
}

interface Run {
  /** The hidden state after each step; zeros where a sequence has ended. */
  readonly outputs: readonly Value[];
  readonly last: readonly Value[];
}

function run(
  op: NodeContext,
  cell: Cell,
  direction: Direction,
  products: Value,
  initial: readonly Value[],
  backwards: boolean,
): Run {
  const [steps = 0, batch = 0, width = 0] = products.type.shape;
  const lengths = op.has(4) ? op.constantInts(4, 'sequence lengths') : undefined;
  const outputs: Value[] = [];
  let states = initial;
  for (let i = 0; i < steps; i++) {
    const t = backwards ? steps - 1 - i : i;
    const x = op.emit(reshape, [sliceAxis(op, products, 0, t, 1)], { shape: [batch, width] });
    const next = cell.step(direction, x, states);
    if (lengths === undefined || lengths.every((n) => t < n)) {
      states = next;
      outputs[t] = next[0]!;
      continue;
    }
    // Sequences that have ended keep their state and give zeros.
    const runs = op.numbers(
      'bool',
      [batch, 1],
      lengths.map((n) => Number(t < n)),
    );
    states = states.map((state, s) => op.emit(select, [runs, next[s]!, state]));
    outputs[t] = op.emit(select, [runs, next[0]!, op.scalar('f32', 0)]);
  }
  return { outputs, last: states };
}

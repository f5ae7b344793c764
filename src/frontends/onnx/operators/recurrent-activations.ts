// Activation functions of recurrent layers, by ONNX's names.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md#LSTM (activations and their defaults).

import type { AnyOpDefinition, Value } from '../../../../ir/module.ts';
import { add } from '../../../../ir/ops/add.ts';
import { clamp } from '../../../../ir/ops/clamp.ts';
import { greater } from '../../../../ir/ops/comparison.ts';
import { div } from '../../../../ir/ops/div.ts';
import { elu } from '../../../../ir/ops/elu.ts';
import { leakyRelu } from '../../../../ir/ops/leaky-relu.ts';
import { logistic, tanh } from '../../../../ir/ops/logistic.ts';
import { mul } from '../../../../ir/ops/mul.ts';
import { select } from '../../../../ir/ops/select.ts';
import { abs } from '../../../../ir/ops/sign.ts';
import { didYouMean } from '../../../../ir/spelling.ts';
import type { NodeContext } from '../node-context.ts';
import { softplus } from './elementwise.ts';

export type Activation = (op: NodeContext, x: Value) => Value;

interface ActivationRow {
  /** Defaults of alpha and beta, where it has them. */
  readonly alpha?: number;
  readonly beta?: number;
  build(op: NodeContext, x: Value, alpha: number, beta: number): Value;
}

const plain = (definition: AnyOpDefinition): ActivationRow => ({ build: (op, x) => op.emit(definition, [x]) });

const scaled = (op: NodeContext, x: Value, alpha: number, beta: number): Value =>
  op.emit(add, [op.emit(mul, [x, op.scalar('f32', alpha)]), op.scalar('f32', beta)]);

const rows: Readonly<Record<string, ActivationRow>> = {
  affine: { alpha: 1, beta: 0, build: scaled },
  elu: { alpha: 1, build: (op, x, alpha) => op.emit(elu, [x], { alpha }) },
  hardsigmoid: {
    alpha: Math.fround(0.2),
    beta: 0.5,
    build: (op, x, alpha, beta) => op.emit(clamp, [scaled(op, x, alpha, beta)], { min: 0, max: 1 }),
  },
  leakyrelu: { alpha: Math.fround(0.01), build: (op, x, alpha) => op.emit(leakyRelu, [x], { alpha }) },
  relu: { build: (op, x) => op.emit(clamp, [x], { min: 0 }) },
  scaledtanh: {
    alpha: 1,
    beta: 1,
    build: (op, x, alpha, beta) =>
      op.emit(mul, [op.emit(tanh, [op.emit(mul, [x, op.scalar('f32', beta)])]), op.scalar('f32', alpha)]),
  },
  sigmoid: plain(logistic),
  softplus: { build: softplus },
  softsign: { build: (op, x) => op.emit(div, [x, op.emit(add, [op.emit(abs, [x]), op.scalar('f32', 1)])]) },
  tanh: plain(tanh),
  thresholdedrelu: {
    alpha: 1,
    build: (op, x, alpha) => op.emit(select, [op.emit(greater, [x, op.scalar('f32', alpha)]), x, op.scalar('f32', 0)]),
  },
};

/** One activation by its name, with alpha and beta where they are given and it has them. */
export function activated(op: NodeContext, x: Value, name: string, alpha?: number, beta?: number): Value {
  const row = rowNamed(op, name);
  return row.build(op, x, alpha ?? row.alpha ?? 0, beta ?? row.beta ?? 0);
}

function rowNamed(op: NodeContext, name: string): ActivationRow {
  const row = Object.hasOwn(rows, name.toLowerCase()) ? rows[name.toLowerCase()] : undefined;
  if (row !== undefined) return row;
  return op.unsupported(`The activation is ${JSON.stringify(name.slice(0, 40))}.`, didYouMean(name, Object.keys(rows)));
}

/** The activations of one direction: `defaults` names those that a layer has when none are given. */
export function activationsOf(op: NodeContext, defaults: readonly string[], direction: number): readonly Activation[] {
  const names = op.strings('activations') ?? [];
  const [alphas, betas] = [[...(op.floats('activation_alpha') ?? [])], [...(op.floats('activation_beta') ?? [])]];
  const all = names.length === 0 ? [...defaults, ...defaults] : names;
  // Parameters are listed for those activations alone that have them.
  const activations = all.map((name): Activation => {
    const row = rowNamed(op, name);
    const alpha = (row.alpha === undefined ? undefined : alphas.shift()) ?? row.alpha ?? 0;
    const beta = (row.beta === undefined ? undefined : betas.shift()) ?? row.beta ?? 0;
    return (context, x) => row.build(context, x, alpha, beta);
  });
  const own = activations.slice(direction * defaults.length, (direction + 1) * defaults.length);
  return own.length === defaults.length
    ? own
    : op.fail('I8C0207', `It needs ${defaults.length} activations per direction.`);
}

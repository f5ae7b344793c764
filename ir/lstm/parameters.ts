// The parameters of the lstm operator: its attributes, its extents, and how the integer form derives from quantized
// types (TensorFlow Lite Micro lstm_eval_common.cc, PrepareGateParametersInteger and CreateLstmCellStateInfo).
import { attr, type Requantization, type Rounding } from '../attributes.ts';
import { rule } from '../define-op.ts';
import type { TableScale } from '../fixed-point/sigmoid-table.ts';
import type { Value } from '../module.ts';
import { INT32_MAX, roundHalfAway, saturate } from '../numerics.ts';
import { constantOf } from '../ops/constant.ts';
import { requantizationFor, scaleAndZero, unbounded } from '../quantized.ts';
import { accumulatorBound } from '../quantized-contraction.ts';
import { integerRange, perTensor, type TensorType, tensorType } from '../types.ts';

/** The gates, in the order of operands: input, forget, cell, output. */
export const gateCount = 4;
/** Operand numbers: four gates, four recurrent weights, hidden state, cell state. */
export const hiddenOperand = 2 * gateCount;
export const cellOperand = hiddenOperand + 1;

/** What gates are in: i16 with 12 fraction bits, before their activation. */
export const gateScale = 2 ** -12;
/** What activations are in: i16 with 15 fraction bits. */
const activationScale = 2 ** -15;
/** A cell limit that limits nothing. */
const noLimit = 32768;

export const lstmAttributes = {
  time_major: attr.bool({ fallback: false, doc: 'Gates are time x batch x unit; otherwise batch x time x unit.' }),
  cell_clip: attr.float({ fallback: 0, doc: 'Cells stay in [-cell_clip, cell_clip]; 0: anywhere.' }),
  hidden_zero: attr.int({ fallback: 0, doc: 'Zero point of the hidden state in the integer form.' }),
  weights_zero: attr.ints({ length: 4, fallback: [0, 0, 0, 0], doc: 'Zero points of the four weights, likewise.' }),
  accumulator: attr.word(['i32', 'i64'], { fallback: 'i32', doc: 'Accumulators of the integer form.' }),
  gate_requant: attr.requantization({
    doc: 'Present in the integer form: products of hidden state and weights to i16 with 12 fraction bits, a factor per gate.',
  }),
  forget_requant: attr.requantization({ doc: 'Forget gate times cell, to the cell’s scale.' }),
  input_requant: attr.requantization({ doc: 'Input gate times candidate, to the cell’s scale.' }),
  output_requant: attr.requantization({ doc: 'Output gate times tanh of the cell, to the hidden state.' }),
  cell_limit: attr.int({ min: 0, fallback: noLimit, doc: 'cell_clip in the cell’s scale.' }),
  tanh_multiplier: attr.int({ min: 0, fallback: 3, doc: 'Brings the cell to the scale of the sigmoid table.' }),
  tanh_shift: attr.int({ min: 0, max: 31, fallback: 0, doc: 'Rounding right shift that goes with the multiplier.' }),
};

export interface LstmAttributes {
  readonly time_major: boolean;
  readonly cell_clip: number;
  readonly hidden_zero: number;
  readonly weights_zero: readonly number[];
  readonly accumulator: 'i32' | 'i64';
  readonly gate_requant: Requantization | undefined;
  readonly forget_requant: Requantization | undefined;
  readonly input_requant: Requantization | undefined;
  readonly output_requant: Requantization | undefined;
  readonly cell_limit: number;
  readonly tanh_multiplier: number;
  readonly tanh_shift: number;
}

/** The requantizations and table scales of the integer form. */
export interface IntegerCell {
  /** One per gate. */
  readonly gates: readonly Requantization[];
  readonly forget: Requantization;
  readonly input: Requantization;
  readonly output: Requantization;
  readonly limit: number;
  readonly gateTable: TableScale;
  readonly cellTable: TableScale;
}

/** The integer form's parameters, undefined in the float form. */
export function integerCell(a: LstmAttributes): IntegerCell | undefined {
  const { gate_requant: gates, forget_requant: forget, input_requant: input, output_requant: output } = a;
  if (gates === undefined || forget === undefined || input === undefined || output === undefined) return undefined;
  return {
    gates: Array.from({ length: gateCount }, (_, g) => oneFactor(gates, g)),
    ...{ forget, input, output },
    limit: a.cell_limit,
    gateTable: { multiplier: 3, shift: 0 },
    cellTable: { multiplier: a.tanh_multiplier, shift: a.tanh_shift },
  };
}

/** A requantization by one of its factors. */
function oneFactor(r: Requantization, i: number): Requantization {
  return {
    ...r,
    multiplier: r.multiplier.slice(i, i + 1),
    shift: r.shift.slice(i, i + 1),
    scale: r.scale.slice(i, i + 1),
  };
}

export interface LstmExtents {
  readonly steps: number;
  readonly batches: number;
  readonly units: number;
}

export function lstmExtents(gates: TensorType, timeMajor: boolean): LstmExtents {
  const [outer, inner, units] = gates.shape as readonly [number, number, number];
  return timeMajor ? { steps: outer, batches: inner, units } : { steps: inner, batches: outer, units };
}

/** The exponent of a scale that is a power of two. */
function exponentOf(scale: number): number {
  const log = Math.log2(scale);
  const exponent = roundHalfAway(log);
  rule(Math.abs(log - exponent) < 1e-3, `needs a cell scale that is a power of two, got ${scale}`);
  return exponent;
}

/**
 * The scale at which tanh of the cell is read: 2^(exponent + 12) times three, as a multiplier where that is a whole
 * number and as a right shift otherwise (lstm_eval.cc, Tanh).
 */
function tanhScale(exponent: number): TableScale {
  const left = 12 + exponent;
  rule(left <= 14 && left >= -31, 'has a cell scale far from its use');
  return left < 0 ? { multiplier: 3, shift: -left } : { multiplier: 3 * 2 ** left, shift: 0 };
}

/** The attributes of the integer form, from the quantizations of weights, hidden state and cell. */
export function integerAttributes(
  weights: readonly Value[],
  hidden: TensorType,
  cell: TensorType,
  a: LstmAttributes,
  rounding: Rounding,
): Partial<LstmAttributes> {
  const { scale: hiddenScale, zero: hiddenZero } = scaleAndZero(hidden, 'hidden state');
  const { scale: cellScale, zero: cellZero } = scaleAndZero(cell, 'cell state');
  rule(cellZero === 0, 'needs a cell state with zero point 0');
  const quants = weights.map((w) => scaleAndZero(w.type, 'weights'));
  // As in a fully connected layer, the product of scales is rounded to f32 first.
  const factors = quants.map((q) => Math.fround(hiddenScale * q.scale) / gateScale);
  const wide = hidden.element === 'i16';
  const gates = tensorType('i16', [], perTensor(gateScale, 0));
  const one = (factor: number, result: TensorType) => requantizationFor([factor], result, unbounded, rounding);
  const clip = saturate(Math.trunc(a.cell_clip / cellScale), 0, 32767);
  const tanh = tanhScale(exponentOf(cellScale));
  return {
    time_major: a.time_major,
    cell_clip: a.cell_clip,
    hidden_zero: hiddenZero,
    weights_zero: quants.map((q) => q.zero),
    accumulator: worstSum(weights, hidden, hiddenZero) <= INT32_MAX ? 'i32' : 'i64',
    gate_requant: requantizationFor(factors, gates, unbounded, rounding, wide),
    forget_requant: one((activationScale * cellScale) / cellScale, cell),
    input_requant: one((activationScale * activationScale) / cellScale, cell),
    output_requant: one((activationScale * activationScale) / hiddenScale, hidden),
    cell_limit: a.cell_clip > 0 ? clip : noLimit,
    tanh_multiplier: tanh.multiplier,
    tanh_shift: tanh.shift,
  };
}

/** The greatest magnitude of a sum of products of hidden state and weights. */
function worstSum(weights: readonly Value[], hidden: TensorType, hiddenZero: number): number {
  const bounds = weights.map((w) => {
    const { zero } = scaleAndZero(w.type, 'weights');
    const units = w.type.shape[0]!;
    const x = { element: hidden.element, zero: hiddenZero };
    const data = constantOf(w)?.data;
    if (data !== undefined) return accumulatorBound(x, { data, zero }, { channels: units, behind: units }, undefined);
    const reach = (type: TensorType, z: number) => {
      const { min, max } = integerRange(type.element);
      return Math.max(Math.abs(min - z), Math.abs(max - z));
    };
    return units * reach(hidden, hiddenZero) * reach(w.type, zero);
  });
  return Math.max(...bounds);
}

// How far the quantized weights of each linear operator are from the real ones.

import type { Value } from '../../ir/module.ts';
import { constantOf } from '../../ir/ops/constant.ts';
import { dequantize } from '../../ir/ops/dequantize.ts';
import type { TensorData } from '../../ir/tensor-data.ts';
import { valueNamed } from '../quantize/float-network.ts';
import { Histogram } from '../quantize/histogram.ts';
import { integerWeights, linearLayers } from '../quantize/plan.ts';
import type { Quantized } from '../quantize/quantize.ts';
import { type ErrorFigures, ErrorSums } from './error-sums.ts';
import { realValues } from './real-values.ts';

export interface WeightComparison extends ErrorFigures {
  /** Of the operator's result in the float network. */
  readonly name: string;
  readonly operator: string;
  readonly where: string;
  readonly shape: readonly number[];
  /** Share of the integers that are 0. */
  readonly zeros: number;
  /** Least and greatest scale of a channel. */
  readonly scales: { readonly least: number; readonly greatest: number };
  /** Of the real weights. */
  readonly histogram: Histogram;
}

type Source = Pick<Quantized, 'network' | 'program' | 'decisions'>;

/** Of each linear operator whose weights are integers in the quantized program, in order. */
export function compareWeights({ network, program, decisions }: Source): WeightComparison[] {
  // Where activations are quantized as the program runs, operators are parted; their weights follow from the decisions.
  const decided = decisions.ranges.size === 0 ? integerWeights(decisions) : () => undefined;
  const quantized = program.module().entry;
  return linearLayers(network.module().entry).flatMap(({ op, name, weights }) => {
    const position = op.definition.linear?.weights;
    // Where operators were fused already, only the integers are left.
    const result = valueNamed(quantized, name) ?? valueNamed(quantized, `${name}_q`);
    const operand = position === undefined ? undefined : result?.producer?.operands[position];
    const integers = storedIntegers(operand) ?? decided(op);
    const { data } = weights;
    if (integers === undefined || !(data instanceof Float32Array)) return [];
    const sums = new ErrorSums();
    sums.add(data, realValues(integers.data, integers.type));
    const scale = integers.type.quant?.scale ?? [1];
    const zeros = Array.from(integers.data, Number).filter((q) => q === 0).length / data.length;
    return [
      {
        name,
        operator: op.definition.name,
        where: op.location,
        shape: weights.type.shape,
        ...sums.figures,
        zeros,
        scales: {
          least: scale.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
          greatest: scale.reduce((a, b) => Math.max(a, b), 0),
        },
        histogram: Histogram.of(data.filter(Number.isFinite)),
      },
    ];
  });
}

/** The quantized constant that a value is, or was dequantized from. */
function storedIntegers(value: Value | undefined): TensorData | undefined {
  const stored = value?.producer?.definition === dequantize ? value.producer.operand(0) : value;
  const data = constantOf(stored);
  return data?.type.quant === undefined ? undefined : data;
}

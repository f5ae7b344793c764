// compare: a float network against its quantized form, on samples: accuracy, errors of outputs, errors of every layer.
import { fail, quoteName } from '../../ir/diagnostics.ts';
import type { Func, Module } from '../../ir/module.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import { sameShape } from '../../ir/types.ts';
import type { Precision } from '../../passes/quantization/insert-quantization.ts';
import type { FloatOperator } from '../float-operators.ts';
import type { Program } from '../program.ts';
import type { CalibrationProgress } from '../quantize/calibrate.ts';
import type { Range } from '../quantize/estimators/index.ts';
import { compileToWasm } from '../quantize/float-network.ts';
import type { Quantized } from '../quantize/quantize.ts';
import type { Feeds } from '../runner.ts';
import type { SampleSource } from '../samples/sample-source.ts';
import { type Accuracy, ClassCounts, classesOf } from './class-counts.ts';
import { ChannelErrors, type ChannelFigure, type ErrorFigures, ErrorSums } from './error-sums.ts';
import { type ProgramCost, programCost } from './program-cost.ts';
import { RangeCounts, type RangeUse, SeenRange } from './range-use.ts';
import { inputValues, realValues } from './real-values.ts';
import { type TensorPair, tensorPairs, tensorsWithinTables } from './tensor-pairs.ts';

/** A float program and what it was quantized to elsewhere: the same inputs and outputs in the same order. */
export interface ProgramPair {
  readonly float: Program;
  readonly quantized: Program;
}

export interface CompareOptions {
  /** The class of each sample; those of the samples themselves when absent. */
  readonly labels?: readonly number[];
  readonly onProgress?: (progress: CalibrationProgress) => void;
}

/** One output of the program: its values in both networks. */
export interface OutputComparison extends ErrorFigures {
  readonly name: string;
  readonly shape: readonly number[];
}

/** One tensor that quantization observes: an input, or what an operator computes (unless a table computes past it). */
export interface LayerComparison extends ErrorFigures {
  /** In the float network. */
  readonly name: string;
  readonly operator: string;
  /** The operators of the user's model that it comes from; '' for inputs. */
  readonly where: string;
  readonly shape: readonly number[];
  /** As what the operators that take it read it; `f32` where it stays float. */
  readonly precision: Precision;
  /** The channel (index in the last dimension) of least signal to noise; absent where there is no signal. */
  readonly worstChannel?: ChannelFigure;
  /** The float network's values on these samples. */
  readonly seen: Range;
  /** Absent where the tensor stays float. */
  readonly range?: RangeUse;
}

export interface Comparison {
  /** Of the program. */
  readonly name: string;
  readonly samples: number;
  /** Absent without labels, or where the first output is no vector of scores. */
  readonly accuracy?: Accuracy;
  /** Share of samples for which both name the same class; absent where the first output is no vector of scores. */
  readonly agreement?: number;
  readonly outputs: readonly OutputComparison[];
  /** In the network's order; none for programs that were quantized elsewhere. */
  readonly layers: readonly LayerComparison[];
  /** What stays in f32, and why. */
  readonly float: readonly FloatOperator[];
  readonly cost: { readonly float: ProgramCost; readonly quantized: ProgramCost };
}

/**
 * Runs both networks over the samples, one sample after the other: memory does not depend on their number. States of
 * streaming networks go on from sample to sample, as in calibration. Feeds are those of the float program; a program that
 * takes integers gets them quantized.
 *
 * @throws CompileError I8C0402 where the interfaces of two programs differ, an input is not fed, or a label is no class.
 */
export async function compare(
  subject: Quantized | ProgramPair,
  samples: SampleSource,
  options: CompareOptions = {},
): Promise<Comparison> {
  const { name, float, quantized, floatModule, staysFloat } = subjectOf(subject);
  checkInterfaces(float, quantized);
  const quantizedModule = quantized.module();
  const pairs = 'network' in subject ? comparedPairs(subject, floatModule.entry, quantizedModule.entry) : [];
  // The reference is the program as it was imported: what prepares a network for quantization may change it.
  const reference = compileToWasm(float.module());
  const runFloat = compileToWasm(
    floatModule,
    pairs.map((p) => p.compared),
  );
  const runQuantized = compileToWasm(
    quantizedModule,
    pairs.map((p) => p.counterpart),
  );

  const outputs = float.outputs.map(() => new ErrorSums());
  const layers = pairs.map((pair) => new LayerSums(pair));
  const classes = classesOf(float.outputs[0]?.type.shape ?? []);
  const labels = options.labels ?? samples.labels;
  if (labels !== undefined) checkLabels(labels, samples.count);
  const counts = classes === undefined ? undefined : new ClassCounts(classes, labels);

  for (let i = 0; i < samples.count; i++) {
    const feeds = await samples.read(i);
    const inputs = feedsOf(float, feeds);
    const expected = reference.run(inputs);
    const real = layers.length === 0 ? [] : runFloat.run(inputs);
    const other = runQuantized.run(inputs.map((x, k) => inputOf(quantized, k, x)));
    const scores = outputs.map((sums, k) => {
      const x = realOutput(float, k, expected[k]);
      const y = realOutput(quantized, k, other[k]);
      sums.add(x, y);
      return [x, y] as const;
    });
    if (scores[0] !== undefined) counts?.add(i, ...scores[0]);
    layers.forEach((layer, k) => {
      const [x, y] = [real[outputs.length + k], other[outputs.length + k]];
      if (x !== undefined && y !== undefined) layer.add(x, y);
    });
    options.onProgress?.({ done: i + 1, count: samples.count });
  }

  const accuracy = counts?.accuracy;
  return {
    name,
    samples: samples.count,
    ...(accuracy === undefined ? {} : { accuracy }),
    ...(counts === undefined ? {} : { agreement: counts.agreement }),
    outputs: float.outputs.map(({ name, type }, k) => {
      const figures = outputs[k]?.figures ?? new ErrorSums().figures;
      return { name, shape: type.shape, ...figures };
    }),
    layers: layers.map((layer) => layer.comparison),
    float: staysFloat,
    cost: { float: programCost(float), quantized: programCost(quantized) },
  };
}

interface Subject {
  readonly name: string;
  readonly float: Program;
  readonly quantized: Program;
  readonly floatModule: Module;
  readonly staysFloat: readonly FloatOperator[];
}

function subjectOf(subject: Quantized | ProgramPair): Subject {
  if ('network' in subject) {
    const { network, program, float: staysFloat } = subject;
    const float = network.program;
    return { name: float.name, float, quantized: program, floatModule: network.module(), staysFloat };
  }
  const { float, quantized } = subject;
  return { name: float.name, float, quantized, floatModule: float.module(), staysFloat: [] };
}

function comparedPairs({ decisions }: Quantized, float: Func, quantized: Func): TensorPair[] {
  const within = tensorsWithinTables(float, decisions);
  return tensorPairs(float, quantized).filter((pair) => !within.has(pair.name));
}

function checkInterfaces(float: Program, quantized: Program): void {
  for (const [kind, ours, theirs] of [
    ['inputs', float.inputs, quantized.inputs],
    ['outputs', float.outputs, quantized.outputs],
  ] as const) {
    const same = ours.length === theirs.length && ours.every((t, i) => sameShape(t.type.shape, shapeAt(theirs, i)));
    if (same) continue;
    const say = (list: Program['inputs']) => list.map((t) => `[${t.type.shape.join(', ')}]`).join(', ') || 'none';
    fail('I8C0402', `The programs differ in their ${kind}: ${say(ours)} against ${say(theirs)}.`, {
      hint: 'Compare a float program with its own quantized form.',
    });
  }
}

const shapeAt = (list: Program['inputs'], i: number) => list[i]?.type.shape ?? [];

function checkLabels(labels: readonly number[], samples: number): void {
  if (labels.length === samples) return;
  fail('I8C0402', `There are ${labels.length} labels for ${samples} samples.`, { hint: 'Give one label per sample.' });
}

function feedsOf({ inputs }: Program, feeds: Feeds): TensorArray[] {
  return inputs.map(({ name }) => {
    const array = Object.hasOwn(feeds, name) ? feeds[name] : undefined;
    return array ?? fail('I8C0402', `Input ${quoteName(name)} is missing.`);
  });
}

function inputOf({ inputs }: Program, k: number, array: TensorArray): TensorArray {
  const type = inputs[k]?.type;
  return type === undefined ? array : inputValues(array, type);
}

function realOutput({ outputs }: Program, k: number, array: TensorArray | undefined): ArrayLike<number> {
  const type = outputs[k]?.type;
  return type === undefined || array === undefined ? [] : realValues(array, type);
}

/** Everything summed up of one tensor. */
class LayerSums {
  readonly #errors = new ErrorSums();
  readonly #channels: ChannelErrors;
  readonly #seen = new SeenRange();
  readonly #range: RangeCounts | undefined;

  constructor(readonly pair: TensorPair) {
    this.#channels = new ChannelErrors(pair.shape.at(-1) ?? 1);
    this.#range = pair.precision === 'f32' ? undefined : new RangeCounts(pair.type);
  }

  add(real: TensorArray, stored: TensorArray): void {
    const x = realValues(real, { element: 'f32', shape: this.pair.shape });
    const y = realValues(stored, this.pair.type);
    this.#errors.add(x, y);
    this.#channels.add(x, y);
    this.#seen.add(x);
    if (stored instanceof Int8Array || stored instanceof Int16Array) this.#range?.add(x, stored);
  }

  get comparison(): LayerComparison {
    const { name, operator, where, shape, precision } = this.pair;
    const { worst } = this.#channels;
    return {
      name,
      operator,
      where,
      shape,
      precision,
      ...this.#errors.figures,
      ...(worst === undefined ? {} : { worstChannel: worst }),
      seen: this.#seen.range,
      ...(this.#range === undefined ? {} : { range: this.#range.use }),
    };
  }
}

// The compiler between importer and loops: one ordered list, a reason per line.
import type { Diagnostic } from '../ir/diagnostics.ts';
import type { Module } from '../ir/module.ts';
import { canonicalize } from './canonicalize.ts';
import { compareIntegers } from './compare-integers.ts';
import { eliminateDeadCode } from './eliminate-dead-code.ts';
import { foldBatchNorm } from './fold-batch-norm.ts';
import { foldConstants } from './fold-constants.ts';
import { fuseActivation } from './fuse-activation.ts';
import { fusePortScaling } from './fuse-port-scaling.ts';
import { fuseQuantization } from './fuse-quantization.ts';
import { fuseRequantize } from './fuse-requantize.ts';
import { keepIntegerWeights } from './keep-integer-weights.ts';
import { makeInteger } from './make-integer.ts';
import type { Pass } from './pass.ts';
import { reportFloats } from './report-floats.ts';
import { type Isa, isas } from './schedule/isa.ts';
import { sinkTransposes } from './sink-transposes.ts';
import { storeUnsigned } from './store-unsigned.ts';
import { tabulateCurves } from './tabulate-curves.ts';

/** Every pass, in the order in which a compilation runs them. */
export const pipeline: readonly Pass[] = [
  canonicalize, // fewer and plainer operators for every pass below
  fuseQuantization, // dequantize, operator, quantize as one, while quantized weights are still seen
  tabulateCurves, // float functions of one quantized number, which are between the pairs that were left
  compareIntegers, // what does not need real numbers to tell which is greater
  reportFloats, // what is in float by now stays so
  keepIntegerWeights, // a byte each in flash, ahead of the folding that would make floats of them
  foldConstants, // f16 weights, and integers that must be, become f32 constants, so that the passes below see weights
  sinkTransposes, // images in one order of dimensions throughout, so that operators stand beside each other
  foldConstants, // constants that sink-transposes put into that order
  tabulateCurves, // again: factors of channels stand in the last dimension by now
  foldBatchNorm, // scales and offsets per channel vanish into weights
  fuseActivation, // clamps after float operators, while they still stand alone
  fusePortScaling, // floats that conversions make by the channel never reach memory
  makeInteger, // quantized types become integer operators with explicit parameters
  foldConstants, // tables and rescaled constants that make-integer emitted
  fuseRequantize, // accumulators never reach memory
  eliminateDeadCode, // last: whatever the others left without users
];

/**
 * What goes before quantization is decided: everything of {@link pipeline} that a float network can have done to it. Weights
 * become floats, whatever they are stored as: new integers are made from these.
 */
export const prepareFloat: readonly Pass[] = [
  ...pipeline
    .slice(0, pipeline.indexOf(makeInteger))
    .filter((pass) => pass !== keepIntegerWeights && pass !== fusePortScaling),
  eliminateDeadCode,
];

/** From a network with quantize and dequantize around its operators to operators on integers. */
export const toIntegers: readonly Pass[] = [
  canonicalize, // clamps that split ports, before a quantize is taken through them
  fuseQuantization,
  tabulateCurves,
  compareIntegers,
  reportFloats,
  foldConstants,
  makeInteger,
];

/** The passes that follow for an instruction set, in order. */
function passesFor(isa: Isa | undefined): readonly Pass[] {
  if (isa?.activations !== 'u8') return [];
  return [
    storeUnsigned, // behind fuse-requantize, so that results move with their requantization
    eliminateDeadCode, // constants that moved
  ];
}

/** The passes that give every operator an executable form, and nothing more: what the reference interpreter needs. */
export const executable: readonly Pass[] = [keepIntegerWeights, makeInteger];

export interface PipelineOptions {
  readonly passes?: readonly Pass[];
  /** The instruction set that follows: it may want values stored otherwise. */
  readonly isa?: Isa;
  /** Called after each pass, for printing and for verification. */
  readonly after?: (pass: Pass, module: Module) => void;
  readonly report?: (diagnostic: Diagnostic) => void;
}

/** Runs passes over the module's functions, in place. */
export function runPasses(module: Module, options: PipelineOptions = {}): void {
  const report = options.report ?? (() => {});
  for (const pass of [...(options.passes ?? pipeline), ...passesFor(options.isa)]) {
    for (const func of module.functions) pass.run(func, { module, report });
    options.after?.(pass, module);
  }
}

const everyPass: readonly Pass[] = [...pipeline, ...isas.flatMap(passesFor)];

/** A pass by name. */
export function passNamed(name: string): Pass | undefined {
  return everyPass.find((p) => p.name === name);
}

/** Every pass name, once, in pipeline order. */
export function passNames(): string[] {
  return [...new Set(everyPass.map((p) => p.name))];
}

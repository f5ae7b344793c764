// quantize: a float program and samples to an integer program that keeps its accuracy.
import type { Rounding } from '../../ir/attributes.ts';
import type { Diagnostic } from '../../ir/diagnostics.ts';
import { Module } from '../../ir/module.ts';
import type { Precision } from '../../passes/quantization/insert-quantization.ts';
import { integerPorts } from '../../passes/quantization/integer-ports.ts';
import { type Program, programOf } from '../program.ts';
import type { SampleSource } from '../samples/sample-source.ts';
import { type CalibrationOptions, calibrate, type NetworkStatistics } from './calibrate.ts';
import { estimateRange, type Method, weightScales } from './estimators/index.ts';
import { type FloatNetwork, floatNetwork } from './float-network.ts';
import { applyDecisions, type Decisions, linearLayers } from './plan.ts';
import { type FloatOperator, possiblePrecisions } from './precisions.ts';

export interface QuantizeOptions extends CalibrationOptions {
  /** How ranges of activations are chosen. Default: `auto`. */
  method?: Exclude<Method, 'auto'>;
  /** What activations become: `i16` goes with 8-bit weights. Default: `i8`. */
  element?: 'i8' | 'i16';
  /** How accumulators are requantized. Default: `half-even`. */
  rounding?: Rounding;
  /** What the program's own inputs and outputs are: as in the float program (default), or integers. */
  ports?: 'float' | 'integer';
}

export interface Quantized {
  readonly program: Program;
  readonly network: FloatNetwork;
  readonly decisions: Decisions;
  readonly statistics: NetworkStatistics;
  /** What stays in f32, and why. */
  readonly float: readonly FloatOperator[];
}

/** Quantizes a float program by samples of its inputs. */
export async function quantize(
  program: Program,
  samples: SampleSource,
  options: QuantizeOptions = {},
): Promise<Quantized> {
  const network = floatNetwork(program);
  const statistics = await calibrate(network, samples, options);
  const decided = decide(network, statistics, options);
  const { precisions, float } = possiblePrecisions(network, decided);
  const decisions = { ...decided, precisions };
  return { program: quantizedProgram(network, decisions, options), network, decisions, statistics, float };
}

function decide(network: FloatNetwork, statistics: NetworkStatistics, options: QuantizeOptions): Decisions {
  const { method = 'mse', element = 'i8', rounding = 'half-even' } = options;
  const bits = element === 'i8' ? 8 : 16;
  const ranges = [...statistics].map(([name, s]) => [name, estimateRange(s, method, { bits })] as const);
  const { entry } = network.module();
  const scales = linearLayers(entry).map(({ name, weights, channels, stride }) => {
    const data = weights.data as Float32Array;
    return [name, weightScales(data, { channels, stride }, 'minmax')] as const;
  });
  return {
    ranges: new Map(ranges),
    weightScales: new Map(scales),
    precisions: new Map<string, Precision>(),
    ties: rounding === 'half-even' ? 'even' : 'away',
  };
}

/** The program that the decisions make of the network. */
export function quantizedProgram(
  network: FloatNetwork,
  decisions: Decisions,
  { rounding = 'half-even', ports = 'float' }: Pick<QuantizeOptions, 'rounding' | 'ports'> = {},
): Program {
  const { name, sourceHash } = network.program;
  const diagnostics: readonly Diagnostic[] = network.program.diagnostics;
  return programOf(name, sourceHash, () => {
    const float = network.module();
    applyDecisions(float.entry, decisions);
    if (ports === 'integer') integerPorts(float.entry);
    const module = new Module(float.name, rounding);
    module.functions.push(...float.functions);
    return { module, diagnostics };
  });
}

// The programs that decisions make of a float network.
import type { Rounding } from '../../ir/attributes.ts';
import { Module } from '../../ir/module.ts';
import { fuseQuantization } from '../../passes/fuse-quantization.ts';
import { runPasses } from '../../passes/pipeline.ts';
import { integerPorts } from '../../passes/quantization/integer-ports.ts';
import { quantizeDynamically, storeIntegerWeights } from '../../passes/quantization/integer-weights.ts';
import { type Program, programOf } from '../program.ts';
import type { FloatNetwork } from './float-network.ts';
import { applyDecisions, type Decisions, integerWeights } from './plan.ts';

export interface ProgramForm {
  /** How accumulators are requantized. Default: `half-even`. */
  readonly rounding?: Rounding;
  /** What the program's own inputs and outputs are: as in the float program (default), or integers. */
  readonly ports?: 'float' | 'integer';
  /**
   * Integer weights without decisions on activations, which are quantized as the program runs (`dynamic`) or stay f32
   * (`weights`).
   */
  readonly activations?: 'dynamic' | 'weights';
}

/** The program that the decisions make of the network. */
export function quantizedProgram(network: FloatNetwork, decisions: Decisions, form: ProgramForm = {}): Program {
  const { rounding = 'half-even', ports = 'float', activations } = form;
  const { name, sourceHash, diagnostics } = network.program;
  return programOf(name, sourceHash, () => {
    const float = network.module();
    const { entry } = float;
    if (activations === undefined) applyDecisions(entry, decisions);
    else (activations === 'dynamic' ? quantizeDynamically : storeIntegerWeights)(entry, integerWeights(decisions));
    const module = new Module(float.name, rounding);
    module.functions.push(...float.functions);
    if (ports === 'integer') {
      // Behind what moves elements a quantize would not be seen to be the input's own.
      runPasses(module, { passes: [fuseQuantization] });
      integerPorts(entry);
    }
    return { module, diagnostics };
  });
}

// Calibration and quantization are for networks that compute in floating point.
import { fail } from '../../ir/diagnostics.ts';
import type { Program } from '../program.ts';
import { tensorsToObserve } from '../quantize/calibration-module.ts';
import { floatNetwork } from '../quantize/float-network.ts';

/** Refuses a model whose tensors are integers already, rather than to find nothing to do in it. */
export function requireFloats(program: Program): void {
  if (tensorsToObserve(floatNetwork(program)).length > 0) return;
  fail('I8C0401', 'The model has no float tensors: it computes in integers already.', {
    hint: 'It compiles as it is; int8c quantize --method keep writes it in another format.',
  });
}

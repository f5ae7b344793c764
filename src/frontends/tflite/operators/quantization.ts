// Rows between element types: real numbers to integers and back, and casts.
import { cast } from '../../../../ir/ops/cast.ts';
import { dequantize } from '../../../../ir/ops/dequantize.ts';
import { quantize } from '../../../../ir/ops/quantize.ts';
import type { Rows } from '../operator-context.ts';

export const quantizationRows: Rows = {
  QUANTIZE: (op) => op.emit(quantize, [op.input(0)]),
  DEQUANTIZE: (op) => (op.input(0).type.element === 'f32' ? op.input(0) : op.emit(dequantize, [op.input(0)])),
  CAST: (op) => op.emit(cast, [op.input(0)], { to: op.outputType().element }),
};

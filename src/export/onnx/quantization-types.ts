// Which integers ONNX quantizes to, and since when.
// Source: https://github.com/onnx/onnx/blob/main/docs/Operators.md (QuantizeLinear, DequantizeLinear).
import type { ElementType } from '../../../ir/types.ts';
import { noForm } from '../no-form.ts';
import type { OnnxGraph } from './graph.ts';

/** The first operator set whose QuantizeLinear gives 16-bit integers. */
const opset16Bit = 21;

/** Refuses integers that are never quantized to, and asks for the operator set that quantizes to these. */
export function quantizable(element: ElementType, graph: OnnxGraph): void {
  if (element === 'i16') graph.needsOpset(opset16Bit);
  else if (element === 'i64') noForm('has quantized integers of 64 bits');
}

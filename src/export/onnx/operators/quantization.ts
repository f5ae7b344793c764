// Writers of operators between real numbers and integers. Quantized values have QuantizeLinear and DequantizeLinear by
// themselves (see tensors.ts), so that these are little more than names.
import { dequantize } from '../../../../ir/ops/dequantize.ts';
import { quantize } from '../../../../ir/ops/quantize.ts';
import { reinterpret } from '../../../../ir/ops/reinterpret.ts';
import { noForm } from '../../no-form.ts';
import { form, type OnnxForms } from '../form.ts';

export const quantizationForms: OnnxForms = [
  // Ties go to even numbers in ONNX, whatever the operator says.
  form(quantize, (c) => c.put(c.real(0, c.order(0)), c.order(0))),
  form(dequantize, (c) => {
    if (c.type(0).quant === undefined) noForm('has half floats');
    c.put(c.real(0, c.order(0)), c.order(0));
  }),
  form(reinterpret, (c) => {
    const stored = c.tensors.stored(c.op.operand(0), c.order(0));
    c.tensors.setStored(c.op.result, stored, c.order(0));
  }),
];

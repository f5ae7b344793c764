// Writers of operators between real numbers and integers. Sources: TensorFlow Lite kernels/quantize.cc, dequantize.cc.
import { dequantize } from '../../../../ir/ops/dequantize.ts';
import { quantize } from '../../../../ir/ops/quantize.ts';
import { reinterpret } from '../../../../ir/ops/reinterpret.ts';
import { form, type TfliteForms } from '../form.ts';

export const quantizationForms: TfliteForms = [
  // Ties go away from zero in TensorFlow Lite, whatever the operator says.
  form(quantize, (c) =>
    c.put({
      name: 'QUANTIZE',
      inputs: c.inputs(),
      options: { type: 'QuantizeOptions', value: {} },
      version: c.resultType.element === 'i16' ? 2 : 1,
    }),
  ),
  form(dequantize, (c) =>
    c.put({ name: 'DEQUANTIZE', inputs: c.inputs(), options: { type: 'DequantizeOptions', value: {} } }),
  ),
  form(reinterpret, (c) => c.alias()),
];

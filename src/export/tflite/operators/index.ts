// Every operator that has a TFLite form, with its writer.
import type { AnyOpDefinition } from '../../../../ir/module.ts';
import type { TfliteForm } from '../form.ts';
import { convolutionForms } from './convolution.ts';
import { elementwiseForms } from './elementwise.ts';
import { matmulForms } from './matmul.ts';
import { movingForms } from './moving.ts';
import { poolingForms } from './pooling.ts';
import { quantizationForms } from './quantization.ts';
import { reductionForms } from './reduction.ts';
import { resizingForms } from './resizing.ts';

export const tfliteForms: ReadonlyMap<AnyOpDefinition, TfliteForm> = new Map([
  ...convolutionForms,
  ...elementwiseForms,
  ...matmulForms,
  ...movingForms,
  ...poolingForms,
  ...quantizationForms,
  ...reductionForms,
  ...resizingForms,
]);

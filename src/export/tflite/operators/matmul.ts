// Writers of matrix products. Sources: TensorFlow Lite kernels/fully_connected.cc, batch_matmul.cc.
import { batchMatmul } from '../../../../ir/ops/batch-matmul.ts';
import { fullyConnected } from '../../../../ir/ops/fully-connected.ts';
import { form, type TfliteForms } from '../form.ts';
import { absentTensor } from '../model.ts';
import { biasOf, checkContraction, checkSymmetric, weightsOf } from './contraction-operands.ts';

const keepingDimensionsVersion = 5;
const withoutBiasVersion = 6;

export const matmulForms: TfliteForms = [
  form(fullyConnected, (c, { keep_dims: keepNumDims, clamp }) => {
    checkContraction(c);
    checkSymmetric(c);
    const bias = biasOf(c, c.type(1).shape[0] ?? 1);
    const inputs = [c.input(0), weightsOf(c), bias];
    c.putActivated(clamp, (fusedActivationFunction) => ({
      name: 'FULLY_CONNECTED',
      inputs,
      options: { type: 'FullyConnectedOptions', value: { keepNumDims, fusedActivationFunction } },
      version: bias === absentTensor ? withoutBiasVersion : keepNumDims ? keepingDimensionsVersion : 1,
    }));
  }),
  form(batchMatmul, (c, { adjoint_x: adjX, adjoint_w: adjY, clamp }) => {
    checkContraction(c);
    const options = { type: 'BatchMatMulOptions', value: { adjX, adjY } } as const;
    c.putLimited(clamp, { name: 'BATCH_MATMUL', inputs: [c.input(0), weightsOf(c)], options });
  }),
];

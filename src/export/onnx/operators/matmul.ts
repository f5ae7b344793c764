// Writers of matrix products.
// Specification: https://github.com/onnx/onnx/blob/main/docs/Operators.md (Gemm, MatMul).
import { batchMatmul } from '../../../../ir/ops/batch-matmul.ts';
import { fullyConnected } from '../../../../ir/ops/fully-connected.ts';
import { elementCount } from '../../../../ir/types.ts';
import { int } from '../attributes.ts';
import { form, type OnnxContext, type OnnxForms } from '../form.ts';
import { identity } from '../tensors.ts';
import { checkContraction, realBias } from './contraction-operands.ts';

/** Operand `i` with its last two dimensions exchanged where it is stored transposed. */
function matrix(c: OnnxContext, i: number, adjoint: boolean): string {
  const perm = identity(c.type(i).shape.length);
  return c.real(i, adjoint ? [...perm.slice(0, -2), ...perm.slice(-2).reverse()] : perm);
}

export const matmulForms: OnnxForms = [
  form(fullyConnected, (c, { clamp }) => {
    checkContraction(c);
    const [out = 1, depth = 1] = c.type(1).shape;
    const rows = elementCount(c.type(0).shape) / depth;
    const y = c.node('Gemm', [c.reshaped(0, [rows, depth]), c.real(1), realBias(c)], { transB: int(1) });
    c.tensors.setReshaped(c.op.result, c.clamped(y, clamp), [rows, out]);
  }),
  form(batchMatmul, (c, { adjoint_x, adjoint_w, clamp }) => {
    checkContraction(c);
    const y = c.node('MatMul', [matrix(c, 0, adjoint_x), matrix(c, 1, adjoint_w)]);
    c.put(c.clamped(y, clamp));
  }),
];

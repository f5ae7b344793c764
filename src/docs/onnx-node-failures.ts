// The ONNX standard's node tests that int8c does not pass, for docs/onnx-support.md. test/onnx/node-tests.test.ts holds the
// list to what happens, both ways.

export interface NodeTestFailure {
  /** The code of the diagnostic with which int8c refuses the model; undefined where a result differs. */
  readonly code?: 'I8C0201' | 'I8C0203';
  readonly reason: string;
}

const tinyInverse =
  'the expected values have the rounding noise of the forward transform (1.9e-7) where int8c computes the exact 0';

/** By the test's name in onnx/backend/test/data/node. */
export const nodeTestFailures: ReadonlyMap<string, NodeTestFailure> = new Map<string, NodeTestFailure>([
  ['test_dft_inverse', { reason: tinyInverse }],
  ['test_dft_inverse_opset19', { reason: tinyInverse }],
]);

/** Tests in the set that the list was made with. */
export const nodeTestCount = 701;

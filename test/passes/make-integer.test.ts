// make-integer refuses what has no integer form: all of it, by operator and place.
import { expect, test } from 'vitest';
import { CompileError } from '../../ir/diagnostics.ts';
import { parseModule } from '../../ir/parser.ts';
import { makeInteger } from '../../passes/make-integer.ts';
import { runPasses } from '../../passes/pipeline.ts';

const activations = 'tensor<1x2x2x2xi8, quant<scale=0.5, zero=1>>';
const weights = 'tensor<2x1x1x2xi8, quant<axis=0, scale=[0.5, 0.25], zero=[1, 2]>>';

test('every operator without an integer form is reported', () => {
  const module = parseModule(`module @unequal rounding=double

func @main(%x: ${activations}) {
  %w = constant {value = splat<1>} : ${weights}
  %a = conv2d %x, %w : ${activations} loc "CONV_2D #0"
  %b = conv2d %a, %w : ${activations} loc "CONV_2D #1"
  return %b
}
`);
  try {
    runPasses(module, { passes: [makeInteger] });
    expect.unreachable();
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    expect(error.diagnostics.map((d) => [d.code, d.where])).toEqual([
      ['I8C0208', 'CONV_2D #0'],
      ['I8C0208', 'CONV_2D #1'],
    ]);
    expect(error.message).toContain('needs one zero point for the whole weights');
  }
});

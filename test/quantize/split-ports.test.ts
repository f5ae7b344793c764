// Parts of float ports with ranges of their own: states of recurrent networks that are handed around in one tensor.
import { describe, expect, it } from 'vitest';
import { requireIntegers } from '../../src/float-operators.ts';
import { compare, exportOnnx, importModel, quantize } from '../../src/index.ts';
import type { Program } from '../../src/program.ts';
import type { QuantizeOptions } from '../../src/quantize/quantize.ts';
import { seededRandom } from '../../src/random-tensor.ts';
import { samplesOf } from '../../src/samples/sample-source.ts';
import { networkOf } from './calibration-networks.ts';

const random = seededRandom(5);
const noise = () => 2 * random() - 1;

const weights = (...shape: number[]) => {
  const values = Array.from({ length: shape.reduce((a, b) => a * b) }, () => (noise() / 4).toFixed(6));
  return `constant {value = dense<[${values.join(', ')}]>} : tensor<${shape.join('x')}xf32>`;
};

/** A hidden state within 1 and a cell within 100 in one tensor, as they come and as they go on. */
const states = (outputs: number) => `module @states
func @main(%s "s": tensor<2x1x16xf32>) {
  %hs = slice %s {start = [0, 0, 0], size = [1, 1, 16]} : tensor<1x1x16xf32>
  %h = reshape %hs {shape = [1, 16]} : tensor<1x16xf32>
  %cs = slice %s {start = [1, 0, 0], size = [1, 1, 16]} : tensor<1x1x16xf32>
  %c = reshape %cs {shape = [1, 16]} : tensor<1x16xf32>
  %w = ${weights(16, 16)}
  %g = fully_connected %h, %w, _ : tensor<1x16xf32>
  %k = tanh %g : tensor<1x16xf32>
  %next = add %c, %k : tensor<1x16xf32>
  %v = ${weights(outputs, 16)}
  %y = fully_connected %k, %v, _ : tensor<1x${outputs}xf32>
  %hn = reshape %k {shape = [1, 1, 16]} : tensor<1x1x16xf32>
  %cn = reshape %next {shape = [1, 1, 16]} : tensor<1x1x16xf32>
  %sn = concat %hn, %cn {axis = 0} : tensor<2x1x16xf32>
  return %y "y", %sn "next"
}`;

const samples = samplesOf(
  Array.from({ length: 16 }, () => ({ s: Float32Array.from({ length: 32 }, (_, i) => (i < 16 ? 1 : 100) * noise()) })),
);

const small = await networkOf(states(112));
const large = await networkOf(states(64));

const quantized = (options: QuantizeOptions = {}, network = small) =>
  quantize(network.program, samples, { method: 'minmax', ...options });

const arithmetic = (program: Program) => program.module().entry.ops.map(({ definition }) => definition.name);

describe('parts', () => {
  it('keep what the range of others would round away', async () => {
    const [found, whole] = [await quantized(), await quantized({ ports: 'integer' })];
    const [y] = (await compare(found, samples)).outputs;
    const [coarse] = (await compare(whole, samples)).outputs;
    expect(y?.snr).toBeGreaterThan(30);
    expect(coarse?.snr).toBeLessThan(15);
  });

  it('leave nothing in floating point, and nothing of what parted them', async () => {
    const { program, float, network } = await quantized();
    expect(float).toEqual([]);
    requireIntegers(program, () => ({ hint: '' }));
    expect(network.ports.conversions.size).toBe(4);
    const again = await importModel(await exportOnnx(program), { name: 'net' });
    requireIntegers(again, () => ({ hint: '' }));
    expect(arithmetic(again)).not.toContain('clamp');
  });

  it('are of one quantization in integer ports', async () => {
    const { program } = await quantized({ ports: 'integer' });
    expect([...program.inputs, ...program.outputs].map(({ type }) => type.element)).toEqual(['i8', 'i8', 'i8']);
    requireIntegers(program, () => ({ hint: '' }));
  });

  it('stay together in ports that are large beside the weights', async () => {
    expect((await quantized({}, large)).network.ports.conversions.size).toBe(0);
  });
});

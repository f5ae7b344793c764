// Operators that once stayed f32 in quantized networks and need not: reductions, quotients, powers, and what has one scalar.
import { describe, expect, it } from 'vitest';
import { createRunner, type Feeds, type Program } from '../../src/index.ts';
import { inspect } from '../../src/inspection.ts';
import { type QuantizeOptions, quantize } from '../../src/quantize/quantize.ts';
import { networkOf, randomSamples } from './calibration-networks.ts';

const shape = 'tensor<1x6x5x4xf32>';
const scalar = (name: string, value: number) =>
  `%${name} = constant {value = dense<[${value.toExponential()}]>} : tensor<1xf32>`;

const scalars = (name: string, values: readonly number[]) =>
  `%${name} = constant {value = dense<[${values.join(', ')}]>} : tensor<${values.length}xf32>`;
const mask = shape.replace('f32', 'bool');

/** A network around operators on %p (positive), %a and %b (of both signs), which end in %y. */
function around(operators: string): string {
  return `module @m
func @main(%x "x": ${shape}, %z "z": ${shape}) {
  %a = tanh %x : ${shape}
  %b = mul %x, %z : ${shape}
  %p = exp %a : ${shape}
  ${operators}
  return %y "y"
}`;
}

/** Operators, and the least signal to noise in dB that their 8-bit results have. */
const cases: readonly [what: string, operators: string, least: number][] = [
  ['reduce_max', `%y = reduce_max %b {axes = [1, 2]} : tensor<1x4xf32>`, 30],
  ['reduce_min', `%y = reduce_min %b {axes = [3], keep_dims = true} : tensor<1x6x5x1xf32>`, 30],
  [
    'a range that is taken to [0, 1]',
    `%l = reduce_min %b {axes = [0, 1, 2, 3], keep_dims = true} : tensor<1x1x1x1xf32>
  %m = reduce_max %b {axes = [0, 1, 2, 3], keep_dims = true} : tensor<1x1x1x1xf32>
  %d = sub %b, %l : ${shape}
  %e = sub %m, %l : tensor<1x1x1x1xf32>
  %y = div %d, %e : ${shape}`,
    30,
  ],
  ['a quotient of tensors', `%y = div %b, %p : ${shape}`, 25],
  ['a quotient by a number', `${scalar('c', 3)}\n  %y = div %b, %c : ${shape}`, 35],
  ['a number by a tensor', `${scalar('c', 3)}\n  %y = div %c, %p : ${shape}`, 35],
  ['a square as a power', `${scalar('c', 2)}\n  %y = pow %b, %c : ${shape}`, 30],
  ['a root as a power', `${scalar('c', 0.5)}\n  %y = pow %p, %c : ${shape}`, 35],
  ['a power of a number', `${scalar('c', 2)}\n  %y = pow %c, %a : ${shape}`, 35],
  ['a squared difference to a number', `${scalar('c', 0.5)}\n  %y = squared_difference %a, %c : ${shape}`, 30],
  ['a squared difference of tensors', `%y = squared_difference %a, %b : ${shape}`, 25],
  ['a remainder', `${scalar('c', 0.75)}\n  %y = floor_mod %a, %c : ${shape}`, 10],
  ['the greater of a number', `${scalar('c', 0.25)}\n  %y = maximum %c, %b : ${shape}`, 30],
  ['slopes of channels', `${scalars('s', [0.1, -0.5, 0.25, 1.5])}\n  %y = prelu %b, %s : ${shape}`, 30],
  ['logarithms of a softmax', `%y = log_softmax %b : ${shape}`, 30],
  [
    'what is above a number',
    `${scalar('c', 0.25)}\n  ${scalar('o', 0)}
  %g = greater %b, %c : ${mask}
  %y = select %g, %b, %o : ${shape}`,
    30,
  ],
  [
    'a mask as numbers',
    `${scalar('c', 0.25)}\n  %g = greater %a, %c : ${mask}\n  %f = cast %g {to = f32} : ${shape}\n  %y = mul %a, %f : ${shape}`,
    30,
  ],
  ['a choice between tensors', `%g = less %b, %p : ${mask}\n  %y = select %g, %b, %p : ${shape}`, 30],
  ['the greatest in order', `%y, %at = top_k %b {k = 2} : tensor<1x6x5x2xf32>, tensor<1x6x5x2xi64>`, 30],
  // tanh and softmax say themselves what ranges they have; what they meet must not be cut off at them.
  ['the lesser of a tensor and a tanh', `%y = minimum %a, %b : ${shape}`, 30],
  [
    'a softmax beside what is larger',
    `%s = softmax %b : ${shape}\n  %t = transpose %s {perm = [0, 2, 1, 3]} : tensor<1x5x6x4xf32>
  %u = transpose %b {perm = [0, 2, 1, 3]} : tensor<1x5x6x4xf32>
  %y = concat %u, %t {axis = 3} : tensor<1x5x6x8xf32>`,
    30,
  ],
  [
    'one constant beside two tensors',
    `${scalar('c', 0.0001)}\n  ${scalar('k', 40)}\n  %v = mul %b, %k : ${shape}
  %w = maximum %v, %c : ${shape}\n  %y = maximum %b, %c : ${shape}`,
    30,
  ],
  ['the lesser of two tensors', `%y = minimum %p, %b : ${shape}`, 30],
];

/** Operators that compute on floats, once all passes have run. */
function floatCode(program: Program): string[] {
  const operators = inspect(program).float.map(({ operator }) => operator);
  return operators.filter((name) => name !== 'quantize' && name !== 'dequantize');
}

async function outputOf(program: Program, feeds: Feeds) {
  const runner = await createRunner(program, { target: 'wasm' });
  const { y } = await runner.run(feeds);
  await runner.close();
  return Array.from(y ?? [], Number);
}

/** In dB. */
function signalToNoise(wanted: readonly number[], found: readonly number[]): number {
  const noise = wanted.reduce((sum, v, i) => sum + (v - (found[i] ?? Number.NaN)) ** 2, 0);
  return 10 * Math.log10(wanted.reduce((sum, v) => sum + v * v, 0) / noise);
}

/** Functions that have forms of 16-bit integers, and what these reach. */
const sixteenBits: readonly [what: string, operators: string, least: number][] = [
  ['logistic', `%y = logistic %b : ${shape}`, 60],
  ['tanh', `%y = tanh %b : ${shape}`, 60],
  ['softmax', `%y = softmax %b : ${shape}`, 55],
  ['leaky_relu', `%y = leaky_relu %b {alpha = 0.1} : ${shape}`, 60],
  ['abs', `%y = abs %b : ${shape}`, 60],
  ['a quotient of tensors', `%y = div %b, %p : ${shape}`, 60],
];

describe('on integers alone', () => {
  it.each(cases)('%s', async (_, operators, least) => {
    const network = await networkOf(around(operators));
    const samples = randomSamples(network, 8);
    const wanted = await outputOf(network.program, await samples.read(0));
    const options: QuantizeOptions[] = [
      { method: 'minmax' },
      { method: 'mse' },
      { method: 'minmax', rounding: 'double' },
    ];
    for (const option of options) {
      const quantized = await quantize(network.program, samples, option);
      expect(quantized.float).toEqual([]);
      expect(floatCode(quantized.program)).toEqual([]);
      expect(signalToNoise(wanted, await outputOf(quantized.program, await samples.read(0)))).toBeGreaterThan(least);
    }
  });

  it.each(sixteenBits)('of 16 bits: %s', async (_, operators, least) => {
    const network = await networkOf(around(operators));
    const samples = randomSamples(network, 8);
    const wanted = await outputOf(network.program, await samples.read(0));
    for (const rounding of ['half-even', 'double'] as const) {
      const quantized = await quantize(network.program, samples, { method: 'minmax', element: 'i16', rounding });
      const names = new Set(quantized.float.map(({ name }) => name));
      expect(names.has('y')).toBe(false);
      expect(signalToNoise(wanted, await outputOf(quantized.program, await samples.read(0)))).toBeGreaterThan(least);
    }
  });

  it('inputs that several operators take moved', async () => {
    const network = await networkOf(`module @m
func @main(%x "x": ${shape}) {
  %m = mirror_pad %x {before = [0, 1, 1, 0], after = [0, 1, 1, 0], mode = reflect} : tensor<1x8x7x4xf32>
  %l = reduce_max %m {axes = [3], keep_dims = true} : tensor<1x8x7x1xf32>
  %s = slice %m {start = [0, 0, 0, 0], size = [1, 8, 7, 1]} : tensor<1x8x7x1xf32>
  %y = sub %l, %s : tensor<1x8x7x1xf32>
  return %y "y"
}`);
    const { program } = await quantize(network.program, randomSamples(network, 4), { method: 'minmax' });
    expect(floatCode(program)).toEqual([]);
  });

  it('where the greatest is', async () => {
    const network = await networkOf(around(`%y = arg_max %b {axis = 3} : tensor<1x6x5xi64>`));
    const samples = randomSamples(network, 8);
    const quantized = await quantize(network.program, samples, { method: 'minmax' });
    expect(floatCode(quantized.program)).toEqual([]);
    const [wanted, found] = await Promise.all(
      [network.program, quantized.program].map(async (program) => outputOf(program, await samples.read(0))),
    );
    // All but near ties.
    const differing = wanted?.filter((v, i) => v !== found?.[i]).length;
    expect(differing).toBeLessThanOrEqual(2);
  });

  it('a softmax of almost equal numbers', async () => {
    const network = await networkOf(
      around(`${scalar('c', 1e-8)}\n  %t = mul %b, %c : ${shape}\n  %y = softmax %t : ${shape}`),
    );
    const samples = randomSamples(network, 8);
    const quantized = await quantize(network.program, samples, { method: 'minmax' });
    expect(quantized.float).toEqual([]);
    expect(new Set(await outputOf(quantized.program, await samples.read(0)))).toEqual(new Set([0.25]));
  });
});

// Every operator that the exporters write, alone and quantized: what comes back from the file computes the same.
import { describe, expect, it } from 'vitest';
import { parseModule } from '../../ir/parser.ts';
import { exportOnnx } from '../../src/export/onnx/export.ts';
import { exportTflite } from '../../src/export/tflite/export.ts';
import { importModel } from '../../src/index.ts';
import { distance, distanceOfRoundTrip, programFrom } from './round-trips.ts';

const q = (shape: string, scale: number, zero: number) => `tensor<${shape}xi8, quant<scale=${scale}, zero=${zero}>>`;
const image = q('1x6x5x4', 0.03, -7);
const row = q('2x3x8', 0.02, 5);

/** One operator's use: its operands' types (constants as text), its attributes and its result. */
interface Case {
  readonly inputs?: readonly string[];
  readonly constants?: readonly string[];
  readonly operator: string;
  readonly operands: string;
  readonly attributes?: string;
  readonly result: string;
  /** Steps that the results of a format may lie apart; 0 where absent. `none`: it has no form. */
  readonly onnx?: number | 'none';
  readonly tflite?: number | 'none';
}

const numbers = (count: number, low: number, high: number) =>
  Array.from({ length: count }, (_, i) => low + ((i * 37 + 11) % (high - low + 1))).join(', ');

const constantOf = (type: string, count: number, low = -127, high = 127) =>
  `constant {value = dense<[${numbers(count, low, high)}]>} : ${type}`;

const perChannel = (shape: string, axis: number, count: number) =>
  `tensor<${shape}xi8, quant<axis=${axis}, scale=[${Array.from({ length: count }, (_, i) => (i + 2) / 1024).join(', ')}], zero=[${new Array(count).fill(0).join(', ')}]>>`;

const bias = (count: number) => constantOf(`tensor<${count}xi32>`, count, -900, 900);

const unary = (operator: string, rest: Partial<Case> = {}): Case => ({
  operator,
  operands: '%x',
  result: q('1x6x5x4', 0.05, 3),
  ...rest,
});
const binary = (operator: string, rest: Partial<Case> = {}): Case => ({
  inputs: [image, q('1x1x1x4', 0.01, 20)],
  operator,
  operands: '%x, %y',
  result: q('1x6x5x4', 0.05, 3),
  ...rest,
});

const cases: Readonly<Record<string, Case>> = {
  'conv2d with a fused relu6': {
    constants: [constantOf(perChannel('6x3x3x4', 0, 6), 216), bias(6)],
    operator: 'conv2d',
    operands: '%x, %c0, %c1',
    attributes: 'stride = [2, 1], pad = [1, 1, 1, 1], clamp = [0, 6]',
    result: q('1x3x5x6', 0.11, -20),
  },
  'conv2d with an activation that has no name': {
    constants: [constantOf(perChannel('6x1x1x4', 0, 6), 24), bias(6)],
    operator: 'conv2d',
    operands: '%x, %c0, %c1',
    attributes: 'clamp = [-0.5, 1.5]',
    result: q('1x6x5x6', 0.02, 4),
  },
  'conv2d in groups, padded on one side, dilated, without a bias': {
    constants: [constantOf(perChannel('6x3x3x2', 0, 6), 108)],
    operator: 'conv2d',
    operands: '%x, %c0, _',
    attributes: 'pad = [2, 0, 3, 0], dilation = [2, 2]',
    result: q('1x4x4x6', 0.11, 2),
  },
  'depthwise_conv2d with two results per channel': {
    constants: [constantOf(perChannel('1x3x2x8', 3, 8), 48), bias(8)],
    operator: 'depthwise_conv2d',
    operands: '%x, %c0, %c1',
    attributes: 'pad = [1, 1, 0, 1], clamp = [0, inf]',
    result: q('1x6x5x8', 0.02, -10),
  },
  transpose_conv2d: {
    constants: [constantOf(perChannel('3x3x3x4', 0, 3), 108), bias(3)],
    operator: 'transpose_conv2d',
    operands: '%x, %c0, %c1',
    attributes: 'stride = [2, 2], extent = [12, 10], clamp = [0, inf]',
    result: q('1x12x10x3', 0.05, -100),
  },
  'fully_connected that keeps dimensions, with large biases': {
    inputs: [row],
    constants: [constantOf(perChannel('5x8', 0, 5), 40), constantOf('tensor<5xi32>', 5, -50_000_001, 50_000_000)],
    operator: 'fully_connected',
    operands: '%x, %c0, %c1',
    attributes: 'keep_dims = true',
    result: q('2x3x5', 11.5, 1),
  },
  'fully_connected over a whole tensor': {
    constants: [constantOf(perChannel('5x120', 0, 5), 600), bias(5)],
    operator: 'fully_connected',
    operands: '%x, %c0, %c1',
    attributes: 'clamp = [0, inf]',
    result: q('1x5', 0.4, -30),
  },
  'batch_matmul with a transposed operand': {
    inputs: [row, q('2x5x8', 0.04, -3)],
    operator: 'batch_matmul',
    operands: '%x, %y',
    attributes: 'adjoint_w = true',
    result: q('2x3x5', 0.09, 2),
  },
  'batch_matmul with bounds': {
    inputs: [row, q('2x8x5', 0.04, -3)],
    operator: 'batch_matmul',
    operands: '%x, %y',
    attributes: 'clamp = [0, 2]',
    result: q('2x3x5', 0.09, 2),
  },
  'average_pool2d with padding': {
    operator: 'average_pool2d',
    operands: '%x',
    attributes: 'kernel = [3, 3], pad = [1, 1, 1, 1]',
    result: image,
  },
  'max_pool2d with padding on one side': {
    operator: 'max_pool2d',
    operands: '%x',
    attributes: 'kernel = [3, 2], stride = [2, 2], pad = [1, 0, 1, 0]',
    result: q('1x3x3x4', 0.03, -7),
  },
  add: binary('add', { attributes: 'clamp = [0, inf]' }),
  sub: binary('sub'),
  mul: binary('mul'),
  div: binary('div', { tflite: 1 }),
  maximum: binary('maximum', { inputs: [image, q('1x1x1x4', 0.03, -7)], result: image }),
  minimum: binary('minimum', { inputs: [image, q('1x1x1x4', 0.03, -7)], result: image }),
  // The difference is rounded to f32 in one, kept in integers in the other.
  squared_difference: binary('squared_difference', { onnx: 1 }),
  abs: unary('abs'),
  exp: unary('exp'),
  gelu: unary('gelu'),
  'gelu with tanh': unary('gelu', { attributes: 'approximate = true' }),
  hard_swish: unary('hard_swish'),
  elu: unary('elu'),
  leaky_relu: unary('leaky_relu', { attributes: 'alpha = 0.2' }),
  logistic: unary('logistic', { result: q('1x6x5x4', 0.00390625, -128) }),
  tanh: unary('tanh', { result: q('1x6x5x4', 0.0078125, 0) }),
  neg: unary('neg'),
  square: unary('square'),
  sqrt: unary('sqrt'),
  clamp: unary('clamp', { attributes: 'min = 0, max = 6' }),
  'clamp that the type does anyway, to another scale': unary('clamp', {
    attributes: 'min = 0',
    result: q('1x6x5x4', 0.05, -128),
  }),
  'clamp at one scale, between bounds without a name': unary('clamp', {
    attributes: 'min = -0.25, max = 1.25',
    result: image,
  }),
  quantize: unary('quantize'),
  prelu: {
    constants: [constantOf(q('4', 0.01, 0), 4)],
    operator: 'prelu',
    operands: '%x, %c0',
    result: q('1x6x5x4', 0.03, -7),
  },
  concat: {
    inputs: [image, image],
    operator: 'concat',
    operands: '%x, %y',
    attributes: 'axis = 2',
    result: q('1x6x10x4', 0.03, -7),
  },
  reshape: { operator: 'reshape', operands: '%x', attributes: 'shape = [4, 30]', result: q('4x30', 0.03, -7) },
  transpose: {
    operator: 'transpose',
    operands: '%x',
    attributes: 'perm = [0, 3, 2, 1]',
    result: q('1x4x5x6', 0.03, -7),
  },
  pad: {
    operator: 'pad',
    operands: '%x',
    attributes: 'before = [0, 1, 0, 0], after = [0, 0, 2, 0], value = -7',
    result: q('1x7x7x4', 0.03, -7),
  },
  'pad with another number': {
    operator: 'pad',
    operands: '%x',
    attributes: 'before = [0, 1, 0, 0], after = [0, 0, 2, 0], value = -128',
    result: q('1x7x7x4', 0.03, -7),
  },
  mirror_pad: {
    operator: 'mirror_pad',
    operands: '%x',
    attributes: 'before = [0, 1, 0, 0], after = [0, 0, 2, 0], mode = reflect',
    result: q('1x7x7x4', 0.03, -7),
  },
  'slice backwards': {
    operator: 'slice',
    operands: '%x',
    attributes: 'start = [0, 5, 1, 0], size = [1, 6, 2, 4], step = [1, -1, 2, 1]',
    result: q('1x6x2x4', 0.03, -7),
  },
  slice: {
    operator: 'slice',
    operands: '%x',
    attributes: 'start = [0, 2, 1, 0], size = [1, 3, 2, 4]',
    result: q('1x3x2x4', 0.03, -7),
  },
  gather: {
    constants: ['constant {value = dense<[4, 0, 0]>} : tensor<3xi32>'],
    operator: 'gather',
    operands: '%x, %c0',
    attributes: 'axis = 2',
    result: q('1x6x3x4', 0.03, -7),
  },
  broadcast_to: {
    inputs: [q('1x1x5x4', 0.03, -7)],
    operator: 'broadcast_to',
    operands: '%x',
    attributes: 'shape = [1, 6, 5, 4]',
    result: image,
  },
  resize_nearest: {
    operator: 'resize_nearest',
    operands: '%x',
    attributes: 'size = [9, 10], half_pixel_centers = true',
    result: q('1x9x10x4', 0.03, -7),
  },
  // Weights of 10 bits in one, of f32 in the other.
  resize_bilinear: {
    operator: 'resize_bilinear',
    operands: '%x',
    attributes: 'size = [12, 10], half_pixel_centers = true',
    result: q('1x12x10x4', 0.03, -7),
    onnx: 1,
  },
  softmax: { inputs: [row], operator: 'softmax', operands: '%x', result: q('2x3x8', 0.00390625, -128) },
  reduce_mean: {
    operator: 'reduce_mean',
    operands: '%x',
    attributes: 'axes = [1, 2], keep_dims = true',
    result: q('1x1x1x4', 0.01, 3),
  },
  'reduce_mean that drops dimensions': {
    operator: 'reduce_mean',
    operands: '%x',
    attributes: 'axes = [3]',
    result: q('1x6x5', 0.02, 3),
  },
  reduce_sum: { operator: 'reduce_sum', operands: '%x', attributes: 'axes = [2, 3]', result: q('1x6', 0.2, 3) },
  reduce_max: { operator: 'reduce_max', operands: '%x', attributes: 'axes = [-3]', result: q('1x5x4', 0.03, -7) },
  arg_max: { operator: 'arg_max', operands: '%x', attributes: 'axis = -1', result: 'tensor<1x6x5xi32>' },
  greater: binary('greater', { inputs: [image, image], result: 'tensor<1x6x5x4xbool>' }),
  select: {
    inputs: [image, image, 'tensor<1x6x5x4xbool>'],
    operator: 'select',
    operands: '%z, %x, %y',
    result: image,
  },
  // TFLite's kernel takes no quantized integers.
  cumsum: {
    operator: 'cumsum',
    operands: '%x',
    attributes: 'axis = 1',
    result: q('1x6x5x4', 0.2, 0),
    onnx: 0,
    tflite: 'none',
  },
};

function moduleOf({ inputs = [image], constants = [], operator, operands, attributes, result }: Case) {
  const names = ['%x', '%y', '%z'];
  const text = [
    'module @one rounding=double',
    `func @main(${inputs.map((type, i) => `${names[i]}: ${type}`).join(', ')}) {`,
    ...constants.map((line, i) => `%c${i} = ${line}`),
    `%r = ${operator} ${operands}${attributes === undefined ? '' : ` {${attributes}}`} : ${result}`,
    'return %r "result"',
    '}',
  ];
  return parseModule(text.join('\n'));
}

const rows = Object.entries(cases);

/** What kernels of TensorFlow Lite give at one scale only; a module that rounds as ONNX does may ask for others. */
const atOtherScales = ['logistic', 'tanh'].map((operator) => [operator, 0.004, -120] as const);

describe('one operator through a file', () => {
  it.each(rows)('ONNX: %s', async (_, one) => {
    const write = () => exportOnnx(moduleOf(one), { name: 'one' });
    if (one.onnx === 'none') return expect(write).toThrow('I8C0502');
    expect(await distanceOfRoundTrip(() => moduleOf(one), 'onnx', write())).toBeLessThanOrEqual(one.onnx ?? 0);
  });

  it.each(rows)('TFLite: %s', async (_, one) => {
    const write = () => exportTflite(moduleOf(one), { name: 'one' });
    if (one.tflite === 'none') return expect(write).toThrow('I8C0502');
    expect(await distanceOfRoundTrip(() => moduleOf(one), 'tflite', write())).toBeLessThanOrEqual(one.tflite ?? 0);
  });

  it.each(atOtherScales)('TFLite: %s at another scale is quantized anew', async (operator, scale, zero) => {
    const text = `module @one rounding=half-even
func @main(%x: ${image}) {
%r = ${operator} %x : ${q('1x6x5x4', scale, zero)}
return %r "result"
}`;
    const program = programFrom('one', () => parseModule(text));
    const again = await importModel(exportTflite(parseModule(text), { name: 'one' }));
    // Rounded twice: at most one step of the result and one of the kernel's own scale apart.
    expect(await distance(program, again)).toBeLessThanOrEqual(operator === 'tanh' ? 3 : 2);
  });
});

// Quantization to and from ONNX's integers that int8c keeps in wider ones (uint16, uint4, int4): they saturate where
// ONNX's do, in ONNX's own domain and in com.microsoft, where tools write them for operator sets before 21.
import { TensorProto_DataType as DataType } from 'onnx-buf';
import { describe, expect, it } from 'vitest';
import { runPasses } from '../../passes/pipeline.ts';
import { importModel } from '../../src/index.ts';
import {
  type Case,
  expectLikeOrt,
  int,
  known,
  modelOf,
  type Operand,
  operandsOf,
  scale,
  zero,
} from './contrib-models.ts';
import { onnxRuntime } from './onnx-runtime.ts';
import { type Node, node } from './write-model.ts';

const { floats, knownBytes } = operandsOf(53);
const opset = 21;

/** Parameters under which floats of [-2, 2) saturate at both ends. */
const parameters = {
  u16: [scale(0.00005), zero('u16', 30000)],
  i16: [scale(0.00005), zero('i16', -2000)],
  u4: [scale(0.15), zero('u4', 9)],
  i4: [scale(0.15), zero('i4', -2)],
} as const;

const run = { ...zero('u16', 30000), fed: true };
const short = [scale(0.00005), run];

/** Integers as results, which ONNX Runtime's interface has for 8 and 16 bits. */
const results = ['', 'com.microsoft'].flatMap((domain): Case[] => [
  ...(['u16', 'i16'] as const).map(
    (element): Case => ({
      op: 'QuantizeLinear',
      domain,
      opset,
      operands: [floats(3, 40), ...parameters[element]],
    }),
  ),
  { op: 'QuantizeLinear', domain, opset, operands: [floats(3, 40), ...short] },
]);
const typed: Case = {
  op: 'QuantizeLinear',
  domain: '',
  opset,
  operands: [floats(3, 40), scale(0.00002)],
  attributes: [int('output_dtype', DataType.UINT16)],
};

const chain = (domain: string, middle: Node[] = [], last = 'q'): Node[] => [
  { ...node('QuantizeLinear', ['x0', 'x1', 'x2'], ['q']), domain },
  ...middle,
  { ...node('DequantizeLinear', [last, 'x1', 'x2'], ['y0']), domain },
];
const there = (['u16', 'i16', 'u4', 'i4'] as const).flatMap((element) =>
  ['', 'com.microsoft'].map(
    (domain): Case => ({
      op: 'QuantizeLinear',
      operands: [floats(3, 40), ...parameters[element]],
      opset,
      nodes: chain(domain),
    }),
  ),
);

const perAxis = (element: 'u16' | 'u4' | 'i4'): Operand[] => [
  known('f32', [3], [0.00005, 0.0001, 0.15].map(Math.fround)),
  known(element, [3], element === 'i4' ? [-8, 0, 7] : [0, 8, 15]),
];
const axes = (['u16', 'u4', 'i4'] as const).map((element): Case => {
  const axis = [int('axis', 0)];
  return {
    op: 'QuantizeLinear',
    operands: [floats(3, 40), ...perAxis(element)],
    opset,
    nodes: [
      node('QuantizeLinear', ['x0', 'x1', 'x2'], ['q'], axis),
      node('DequantizeLinear', ['q', 'x1', 'x2'], ['y0'], axis),
    ],
  };
});

/** A layer between uint16 tensors, and a movement of their integers. */
const layers: Case[] = [
  {
    op: 'QuantizeLinear',
    operands: [floats(3, 40), scale(0.0001), zero('u16', 32768)],
    opset,
    nodes: [
      node('QuantizeLinear', ['x0', 'x1', 'x2'], ['q']),
      node('DequantizeLinear', ['q', 'x1', 'x2'], ['r']),
      node('Sigmoid', ['r'], ['s']),
      node('QuantizeLinear', ['s', 'x1', 'x2'], ['y0']),
    ],
  },
  {
    op: 'QuantizeLinear',
    operands: [floats(3, 40), ...parameters.u16],
    opset,
    nodes: chain('com.microsoft', [node('Transpose', ['q'], ['t'])], 't'),
  },
];

/** A convolution of uint16 tensors by bytes, as QDQ says it. */
const convolution = (at: number): Case => ({
  op: 'Conv',
  opset,
  operands: [
    ...[floats(1, 3, 8, 8), scale(0.0001), zero('u16', at)],
    ...[knownBytes('i8', 4, 3, 3, 3), scale(0.01), zero('i8', 0)],
    ...[scale(0.0005), zero('u16', at)],
  ],
  nodes: [
    node('QuantizeLinear', ['x0', 'x1', 'x2'], ['q']),
    node('DequantizeLinear', ['q', 'x1', 'x2'], ['r']),
    node('DequantizeLinear', ['x3', 'x4', 'x5'], ['w']),
    node('Conv', ['r', 'w'], ['c']),
    node('Relu', ['c'], ['d']),
    node('QuantizeLinear', ['d', 'x6', 'x7'], ['e']),
    node('DequantizeLinear', ['e', 'x6', 'x7'], ['y0']),
  ],
});
const convolutions = [convolution(32768), convolution(30000)];

const cases: Readonly<Record<string, readonly Case[]>> = { results, typed: [typed], there, axes, layers, convolutions };

describe.skipIf(onnxRuntime === undefined)('like ONNX Runtime', () => {
  for (const [name, list] of Object.entries(cases)) {
    it.each(list.map((one, i) => ({ ...one, i })))(`${name} $i`, expectLikeOrt);
  }
});

it.each(convolutions)('computes with the i16 tensors that uint16 ones are', async (one) => {
  const module = (await importModel(modelOf(one))).module();
  runPasses(module);
  const layer = module.entry.ops.find(({ definition }) => definition.name === 'conv2d');
  expect([layer?.operand(0).type.element, layer?.result.type.element]).toEqual(['i16', 'i16']);
});

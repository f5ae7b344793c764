// Seeded random contractions, with contents for their buffers: windows with padding, strides and dilation, groups,
// depthwise channels, phases of weights, matrix products; constant weights or not.
import type { LoopBuilder } from '../../ir/loops/builder.ts';
import type { LoopValue } from '../../ir/loops/kernel.ts';
import { type Access, type Axis, affine, type ContractionLowering } from '../../ir/loops/lowering.ts';
import type { Buffer, BufferRole } from '../../ir/loops/types.ts';
import { laneOf, lanesOf, loopType } from '../../ir/loops/types.ts';
import { allocateArray, type TensorArray } from '../../ir/tensor-data.ts';
import { type ElementType, elementCount, integerRange } from '../../ir/types.ts';
import type { Isa } from '../../passes/schedule/isa.ts';
import { randomInteger } from '../ops/operator-runs.ts';

export interface RandomContraction {
  readonly contraction: ContractionLowering;
  /** Contents of input, weights and bias; those of constants are known to the schedule. */
  readonly contents: ReadonlyMap<Buffer, TensorArray>;
  readonly constants: ReadonlySet<Buffer>;
}

type Form = 'i8' | 'u8' | 'mixed' | 'i16' | 'wide' | 'f32' | 'hybrid';
export const forms: readonly Form[] = ['i8', 'u8', 'mixed', 'i16', 'wide', 'f32', 'hybrid'];

const types: Record<Form, [input: ElementType, weights: ElementType, bias: ElementType, acc: 'i32' | 'i64' | 'f32']> = {
  i8: ['i8', 'i8', 'i32', 'i32'],
  u8: ['u8', 'u8', 'i32', 'i32'],
  mixed: ['u8', 'i8', 'i32', 'i32'],
  i16: ['i16', 'i8', 'i32', 'i32'],
  wide: ['i16', 'i8', 'i64', 'i64'],
  f32: ['f32', 'f32', 'f32', 'f32'],
  hybrid: ['f32', 'i8', 'f32', 'f32'],
};

/**
 * A random contraction of a form; often one whose channels fill vectors of these lanes and groups. `channelwise`: every
 * channel keeps to itself, and windows are large.
 */
export function randomContraction(
  random: () => number,
  form: Form,
  { lanes, group }: Pick<Isa, 'lanes' | 'group'>,
  channelwise = false,
): RandomContraction {
  const pick = <T>(values: readonly T[]): T => values[randomInteger(random, 0, values.length - 1)]!;
  const upTo = (high: number) => randomInteger(random, 1, high);
  const [inputElement, weightElement, biasElement, accumulator] = types[form];
  const depthwise = channelwise || random() < 0.3;
  const channels = channelwise ? [lanes - 1, lanes, 2 * lanes, 3 * lanes + 1] : [1, 3, 8, 33];
  const rows = channelwise ? pick([1, 2, 5, 9]) : upTo(3);
  const extents = { batch: upTo(2), row: rows, column: upTo(7), group: depthwise ? pick(channels) : upTo(2) };
  const phases = random() < 0.2 ? upTo(3) : 1;
  const filled = random() < 0.5;
  const out = depthwise ? 1 : filled ? lanes + upTo(5) : pick([1, 2, 3, 4, 5, 8, 9, 33]);
  const depth = depthwise ? 1 : filled ? group * upTo(2) : pick([1, 2, 3, 4, 7, 8, 16]);
  const kernel = [upTo(channelwise ? 7 : 3), upTo(depthwise ? 5 : 3)] as const;
  const [stride, dilation] = [
    [upTo(2), upTo(3)],
    [upTo(2), upTo(2)],
  ] as const;
  const padding = random() < 0.6 ? [randomInteger(random, 0, 2), randomInteger(random, 0, 2)] : [0, 0];
  const axes: Axis[] = [
    { name: 'batch', extent: extents.batch, role: 'parallel' },
    { name: 'row', extent: extents.row, role: 'parallel' },
    { name: 'column', extent: extents.column, role: 'parallel' },
    { name: 'group', extent: extents.group, role: 'parallel' },
    { name: 'phase', extent: phases, role: 'parallel' },
    { name: 'out', extent: out, role: 'parallel' },
    { name: 'ky', extent: kernel[0], role: 'reduce' },
    { name: 'kx', extent: kernel[1], role: 'reduce' },
    { name: 'in', extent: depth, role: 'reduce' },
  ];
  const reach = (d: 0 | 1, positions: number) => (positions - 1) * stride[d] + (kernel[d] - 1) * dilation[d] + 1;
  // Without padding the image is as large as the windows reach; with it, some windows leave it.
  const size = (d: 0 | 1, positions: number) =>
    Math.max(1, reach(d, positions) - padding[d]! - randomInteger(random, 0, padding[d]!));
  const image = [size(0, extents.row), size(1, extents.column)] as const;
  const contents = new Map<Buffer, TensorArray>();
  const buffer = (name: string, element: ElementType, shape: readonly number[], role: BufferRole): Buffer => {
    const made: Buffer = { name, element, length: elementCount(shape), role };
    if (role !== 'out') contents.set(made, randomArray(random, element, made.length));
    return made;
  };
  const inputShape = [extents.batch, image[0], image[1], extents.group * depth];
  const weightsShape = [phases, extents.group * out, kernel[0], kernel[1], depth];
  const resultShape = [extents.batch, extents.row, extents.column, phases, extents.group * out];
  const known = random() < 0.85;
  const role = known ? 'const' : 'in';
  const output = affine(0, [3, out], [5, 1]);
  const bias: Access | undefined =
    random() < 0.8
      ? {
          buffer: buffer('bias', biasElement, [extents.group * out], role),
          shape: [extents.group * out],
          index: [output],
        }
      : undefined;
  const input: Access = {
    buffer: buffer('x', inputElement, inputShape, 'in'),
    shape: inputShape,
    index: [
      affine(0, [0, 1]),
      affine(-padding[0]!, [1, stride[0]], [6, dilation[0]]),
      affine(-padding[1]!, [2, stride[1]], [7, dilation[1]]),
      affine(0, [3, depth], [8, 1]),
    ],
  };
  // Taps of transposed convolutions run backwards.
  const backwards = random() < 0.2;
  const tap = backwards ? affine(kernel[1] - 1, [7, -1]) : affine(0, [7, 1]);
  const weights: Access = {
    buffer: buffer('w', weightElement, weightsShape, role),
    shape: weightsShape,
    index: [affine(0, [4, 1]), output, affine(0, [6, 1]), tap, affine(0, [8, 1])],
  };
  const result: Access = {
    buffer: buffer('y', accumulator === 'i64' ? 'i64' : accumulator === 'f32' ? 'f32' : 'i8', resultShape, 'out'),
    shape: resultShape,
    index: [affine(0, [0, 1]), affine(0, [1, 1]), affine(0, [2, 1]), affine(0, [4, 1]), output],
  };
  const zeroOf = (element: ElementType) => {
    if (element === 'f32' || element === 'i16') return 0;
    const { min, max } = integerRange(element);
    return random() < 0.3 ? min : randomInteger(random, min, max);
  };
  const contraction: ContractionLowering = {
    kind: 'contraction',
    axes,
    ...{ input, weights, result, accumulator },
    inputZero: zeroOf(inputElement),
    weightsZero: weightElement === 'u8' ? zeroOf('u8') : 0,
    ...(bias === undefined ? {} : { bias }),
    biasLast: accumulator === 'f32',
    epilogue: (b, acc, index) => finish(b, acc, b.add(b.mul(index[3] ?? 0, out), index[5] ?? 0)),
  };
  const constants = new Set(known ? [...contents.keys()].filter((b) => b.role === 'const') : []);
  return { contraction, contents, constants };
}

/** An epilogue that tells channels and all bits of accumulators apart; lanes are consecutive channels. */
function finish(b: LoopBuilder, acc: LoopValue, channel: LoopValue): LoopValue {
  const lanes = lanesOf(acc.type);
  const lane = laneOf(acc.type);
  if (lane === 'f32') return acc;
  const type = loopType('i32', lanes);
  let channels = lanes === 1 ? channel : b.splat(channel, type);
  for (let l = 1; l < lanes; l++) {
    channels = b.compute('insert', [channels, b.add(channel, l)], { lanes: [l] });
  }
  if (lane === 'i64') return b.add(acc, b.convert(channels, acc.type));
  const folded = b.xor(b.xor(acc, b.shr(acc, 8)), b.xor(b.shr(acc, 16), channels));
  return b.sub(b.and(folded, 255), 128);
}

function randomArray(random: () => number, element: ElementType, length: number): TensorArray {
  const array = allocateArray(element, length);
  for (let i = 0; i < length; i++) {
    if (array instanceof BigInt64Array) array[i] = BigInt(randomInteger(random, -(2 ** 36), 2 ** 36));
    else if (element === 'f32') array[i] = random() * 4 - 2;
    else if (element === 'i32') array[i] = randomInteger(random, -100_000, 100_000);
    else {
      const { min, max } = integerRange(element);
      array[i] = randomInteger(random, min, max);
    }
  }
  return array;
}

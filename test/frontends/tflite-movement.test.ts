// What the importer makes of operators that move elements: options, masks, odd files. Expected elements are worked out
// by hand or taken from the documentation of the TensorFlow operator of the same name.
import { describe, expect, it } from 'vitest';
import { type ElementType, perTensor, type TensorType, tensorType } from '../../ir/types.ts';
import { fed, held, int, ints, type Opcode, type Operand, type Options, runSingle } from './single-operator.ts';

const f32 = (...shape: number[]) => tensorType('f32', shape);
const i8 = (shape: number[], scale = 0.5, zero = 3) => tensorType('i8', shape, perTensor(scale, zero));
const u8 = (shape: number[], scale = 0.5, zero = 3) => tensorType('u8', shape, perTensor(scale, zero));
const plain = (element: ElementType, shape: number[]) => tensorType(element, shape);

/** An operand that counts from 1. */
function counted(type: TensorType): Operand {
  const count = type.shape.reduce((n, d) => n * d, 1);
  return fed(
    type,
    Array.from({ length: count }, (_, i) => i + 1),
  );
}

/** The elements of the first result. */
function first(opcode: Opcode, operands: readonly Operand[], result: TensorType, options?: Options) {
  return runSingle(opcode, operands, [result], options).results[0];
}

describe('shapes', () => {
  it.each<[string, Operand[], Options | undefined]>([
    ['the operand', [ints(3, 2)], undefined],
    ['the operand with an open dimension', [ints(3, -1)], undefined],
    ['the option', [], { type: 'ReshapeOptions', value: { newShape: [-1, 2] } }],
    ['the output, if the operand is stale', [ints(4, 2)], undefined],
    ['the output alone', [], undefined],
  ])('RESHAPE takes its shape from %s', (_, shape, options) => {
    const run = runSingle('RESHAPE', [counted(i8([2, 3])), ...shape], [i8([3, 2])], options);
    expect(run.results[0]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(run.operators).toEqual(['reshape']);
  });

  it('RESHAPE carries a quantization along an axis', () => {
    const q = (axis: number) => ({ axis, scale: [1, 2], zero: [0, 0] });
    const x = held(tensorType('i8', [2, 3], q(0)), [1, 2, 3, 4, 5, 6]);
    expect(first('RESHAPE', [x, ints(1, 2, 3)], tensorType('i8', [1, 2, 3], q(1)))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('RESHAPE refuses another number of elements', () => {
    expect(() => first('RESHAPE', [counted(f32(2, 3)), ints(4)], f32(4))).toThrow(/6 elements cannot be shaped/);
    expect(() => first('RESHAPE', [counted(f32(2, 3)), ints(-1, -1)], f32(4))).toThrow(/I8C0207/);
    expect(() => first('RESHAPE', [counted(f32(2, 3)), ints(0, -1)], f32(4))).toThrow(/I8C0207/);
  });

  it('SQUEEZE drops the named dimensions of one element, or all', () => {
    const squeeze = (dims: number[], shape: number[]) =>
      first('SQUEEZE', [counted(f32(1, 3, 1))], f32(...shape), {
        type: 'SqueezeOptions',
        value: { squeezeDims: dims },
      });
    expect(squeeze([], [3])).toEqual([1, 2, 3]);
    expect(squeeze([-1], [1, 3])).toEqual([1, 2, 3]);
    expect(squeeze([0], [3, 1])).toEqual([1, 2, 3]);
    expect(() => squeeze([1], [1, 1])).toThrow(/squeezes dimension 1 of 3 elements/);
  });

  it('EXPAND_DIMS counts a negative axis from behind the last dimension', () => {
    expect(first('EXPAND_DIMS', [counted(f32(2)), int(-1)], f32(2, 1))).toEqual([1, 2]);
    expect(first('EXPAND_DIMS', [counted(f32(2)), int(0)], f32(1, 2))).toEqual([1, 2]);
    expect(() => first('EXPAND_DIMS', [counted(f32(2)), int(2)], f32(2, 1))).toThrow(/axis 2/);
  });

  it('SHAPE, RANK and BROADCAST_ARGS are constants', () => {
    const x = counted(f32(2, 3));
    const options: Options = { type: 'ShapeOptions', value: { outType: 'INT64' } };
    const shape = runSingle('SHAPE', [x], [plain('i64', [2])], options);
    expect(shape.results[0]).toEqual([2, 3]);
    expect(shape.operators).toEqual([]);
    expect(first('RANK', [x], plain('i32', []))).toEqual([2]);
    expect(first('BROADCAST_ARGS', [ints(2, 1), ints(3)], plain('i32', [2]))).toEqual([2, 3]);
    expect(() => first('BROADCAST_ARGS', [ints(2), ints(3)], plain('i32', [1]))).toThrow(/cannot broadcast/);
  });
});

describe('fills', () => {
  it('FILL repeats a value, known or not', () => {
    expect(first('FILL', [ints(2, 2), fed(f32(), [7])], f32(2, 2))).toEqual([7, 7, 7, 7]);
    expect(first('FILL', [ints(3), held(plain('i32', []), [7])], plain('i32', [3]))).toEqual([7, 7, 7]);
    const shape = fed(plain('i32', [1]), [3]);
    expect(() => first('FILL', [shape, held(f32(), [7])], f32(3))).toThrow(/I8C0205.*computed at run time/);
  });

  it('FILL takes no memory out of proportion', () => {
    const huge = ints(2 ** 30, 2 ** 30);
    expect(() => first('FILL', [huge, held(f32(), [7])], f32(1))).toThrow(/elements, more than/);
  });

  it('ZEROS_LIKE stores zeros, whatever the zero point', () => {
    expect(first('ZEROS_LIKE', [counted(i8([2]))], i8([2]))).toEqual([0, 0]);
  });

  it('RANGE counts up or down to a limit', () => {
    const range = (element: 'i32' | 'f32', [start, limit, delta]: number[], result: number) =>
      first(
        'RANGE',
        [start!, limit!, delta!].map((x) => held(plain(element, []), [x])),
        plain(element, [result]),
      );
    expect(range('i32', [3, 18, 3], 5)).toEqual([3, 6, 9, 12, 15]);
    expect(range('i32', [5, 0, -2], 3)).toEqual([5, 3, 1]);
    // Repeated addition in f32: the third is not 0.3.
    expect(range('f32', [0, 0.5, Math.fround(0.1)], 5)?.[3]).toBe(Math.fround(Math.fround(0.2) + Math.fround(0.1)));
    expect(() => range('i32', [0, 1, 0], 1)).toThrow(/by 0/);
    expect(() => range('i32', [0, 2 ** 31 - 1, 1], 1)).toThrow(/I8C0004/);
  });

  it('ONE_HOT marks the indexed position along a new axis', () => {
    const hot = (indices: Operand, axis: number, result: TensorType, on: Operand, off: Operand) =>
      first('ONE_HOT', [indices, int(3), on, off], result, { type: 'OneHotOptions', value: { axis } });
    const [one, zero] = [held(f32(), [1]), held(f32(), [0])];
    const pair = fed(plain('i32', [2]), [2, 0]);
    expect(hot(pair, -1, f32(2, 3), one, zero)).toEqual([0, 0, 1, 1, 0, 0]);
    expect(hot(pair, 0, f32(3, 2), one, zero)).toEqual([0, 1, 0, 0, 1, 0]);
    const outside = fed(plain('i64', [3]), [-1n, 1n, 3n]);
    const values = [held(i8([]), [9]), held(i8([]), [-9])] as const;
    expect(hot(outside, -1, i8([3, 3]), ...values)).toEqual([-9, -9, -9, -9, 9, -9, -9, -9, -9]);
    expect(() => hot(pair, 2, f32(2, 3), one, zero)).toThrow(/axis 2/);
  });

  it('BROADCAST_TO and TILE repeat', () => {
    expect(first('BROADCAST_TO', [counted(i8([2, 1])), ints(2, 2)], i8([2, 2]))).toEqual([1, 1, 2, 2]);
    const tiled = first('TILE', [counted(i8([2, 2])), ints(1, 2)], i8([2, 4]));
    expect(tiled).toEqual([1, 2, 1, 2, 3, 4, 3, 4]);
    expect(first('TILE', [counted(i8([2])), ints(3)], i8([6]))).toEqual([1, 2, 1, 2, 1, 2]);
    expect(() => first('TILE', [counted(i8([2])), ints(3, 1)], i8([6]))).toThrow(/count for each of 1/);
  });
});

describe('slices', () => {
  it('SLICE takes a size of -1 as all that is left', () => {
    expect(first('SLICE', [counted(i8([2, 3])), ints(0, 1), ints(1, -1)], i8([1, 2]))).toEqual([2, 3]);
    expect(() => first('SLICE', [counted(i8([3])), ints(2), ints(2)], i8([2]))).toThrow(/of a dimension of 3/);
    expect(() => first('SLICE', [counted(i8([3])), ints(-1), ints(1)], i8([1]))).toThrow(/I8C0207/);
  });

  it('SPLIT and SPLIT_V hand out consecutive parts', () => {
    const x = counted(f32(2, 4));
    const halves = runSingle('SPLIT', [int(-1), x], [f32(2, 2), f32(2, 2)], {
      type: 'SplitOptions',
      value: { numSplits: 2 },
    });
    expect(halves.results).toEqual([
      [1, 2, 5, 6],
      [3, 4, 7, 8],
    ]);
    const parts = runSingle('SPLIT_V', [x, ints(1, -1), int(1)], [f32(2, 1), f32(2, 3)]);
    expect(parts.results).toEqual([
      [1, 5],
      [2, 3, 4, 6, 7, 8],
    ]);
    expect(() => runSingle('SPLIT', [int(1), x], [f32(2, 1), f32(2, 1), f32(2, 2)])).toThrow(/4 elements into 3 parts/);
    expect(() => runSingle('SPLIT_V', [x, ints(1, 2), int(1)], [f32(2, 1), f32(2, 2)])).toThrow(
      /into parts of \[1, 2\]/,
    );
    expect(() => runSingle('SPLIT_V', [x, ints(9, -1), int(1)], [f32(2, 1), f32(2, 2)])).toThrow(/I8C0207/);
  });

  it('UNPACK drops the axis that it takes apart, PACK puts it back', () => {
    const x = counted(f32(2, 3));
    const columns = runSingle('UNPACK', [x], [f32(2), f32(2), f32(2)], {
      type: 'UnpackOptions',
      value: { axis: -1, num: 3 },
    });
    expect(columns.results).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    const rows = [fed(f32(2), [1, 2]), fed(f32(2), [3, 4])];
    const pack = (axis: number): Options => ({ type: 'PackOptions', value: { axis, valuesCount: 2 } });
    expect(first('PACK', rows, f32(2, 2), pack(0))).toEqual([1, 2, 3, 4]);
    expect(first('PACK', rows, f32(2, 2), pack(-1))).toEqual([1, 3, 2, 4]);
    expect(() => first('PACK', rows, f32(2, 2), pack(2))).toThrow(/axis 2/);
  });

  it('REVERSE_V2 reverses the named axes', () => {
    expect(first('REVERSE_V2', [counted(f32(2, 3)), ints(-1)], f32(2, 3))).toEqual([3, 2, 1, 6, 5, 4]);
    expect(first('REVERSE_V2', [counted(f32(2, 3)), ints(0, 1)], f32(2, 3))).toEqual([6, 5, 4, 3, 2, 1]);
  });
});

describe('joins', () => {
  const joined = (fusedActivationFunction: 'NONE' | 'RELU' = 'NONE'): Options => ({
    type: 'ConcatenationOptions',
    value: { axis: -1, fusedActivationFunction },
  });

  it('CONCATENATION copies bytes at one scale', () => {
    const run = runSingle('CONCATENATION', [fed(i8([1]), [1]), fed(i8([2]), [2, 3])], [i8([3])], joined());
    expect(run.results[0]).toEqual([1, 2, 3]);
    expect(run.operators).toEqual(['concat']);
    expect(run.diagnostics).toEqual([]);
  });

  it('CONCATENATION copies int8 bytes at any scale, as TensorFlow Lite Micro does, and warns', () => {
    const other = fed(i8([2], 0.25, 0), [2, 3]);
    const run = runSingle('CONCATENATION', [fed(i8([1]), [1]), other], [i8([3])], joined());
    expect(run.results[0]).toEqual([1, 2, 3]);
    expect(run.operators).toEqual(['reinterpret', 'concat']);
    expect(run.diagnostics.map((d) => [d.code, d.severity])).toEqual([['I8C0207', 'warning']]);
  });

  it('CONCATENATION rescales uint8, as TensorFlow Lite does', () => {
    // Real values 0.25 * (q - 10) at scale 0.5 and zero point 3: round(0.5 q - 5) + 3, halves away from zero.
    const other = fed(u8([6], 0.25, 10), [0, 9, 10, 11, 13, 255]);
    const run = runSingle('CONCATENATION', [fed(u8([1]), [200]), other], [u8([7])], joined());
    expect(run.results[0]).toEqual([200, 0, 2, 3, 4, 5, 126]);
  });

  it('CONCATENATION refuses fused activations', () => {
    expect(() => first('CONCATENATION', [fed(i8([1]), [1])], i8([1]), joined('RELU'))).toThrow(/I8C0203.*RELU/);
  });
});

describe('borders', () => {
  const border = held(plain('i32', [2, 2]), [1, 0, 0, 1]);

  it('PAD writes a real zero, PADV2 a value', () => {
    const x = fed(i8([1, 2]), [1, 2]);
    expect(first('PAD', [x, border], i8([2, 3]))).toEqual([3, 3, 3, 1, 2, 3]);
    expect(first('PAD', [fed(f32(1, 2), [1, 2]), border], f32(2, 3))).toEqual([0, 0, 0, 1, 2, 0]);
    expect(first('PADV2', [x, border, held(i8([]), [-9])], i8([2, 3]))).toEqual([-9, -9, -9, 1, 2, -9]);
    expect(() => first('PADV2', [x, border, held(i8([], 1), [-9])], i8([2, 3]))).toThrow(/type and scale/);
    expect(() => first('PADV2', [x, border, fed(i8([]), [-9])], i8([2, 3]))).toThrow(/I8C0205/);
  });

  it('PAD refuses what is no border', () => {
    const x = fed(i8([1, 2]), [1, 2]);
    const negative = held(plain('i32', [2, 2]), [0, 0, 0, -1]);
    expect(() => first('PAD', [x, negative], i8([1, 1]))).toThrow(/I8C0207.*at least 0/);
    expect(() => first('PAD', [x, ints(0, 1)], i8([1, 2]))).toThrow(/two paddings for each of 2/);
    const huge = held(plain('i32', [2, 2]), [0, 2 ** 31 - 1, 0, 2 ** 31 - 1]);
    expect(() => first('PAD', [x, huge], i8([1, 1]))).toThrow(/more than/);
  });

  it('MIRROR_PAD reflects', () => {
    const wide = held(plain('i64', [2, 2]), [0, 0, 2, 2]);
    const mirror = (mode: 'REFLECT' | 'SYMMETRIC') =>
      first('MIRROR_PAD', [counted(f32(1, 3)), wide], f32(1, 7), { type: 'MirrorPadOptions', value: { mode } });
    expect(mirror('REFLECT')).toEqual([3, 2, 1, 2, 3, 2, 1]);
    expect(mirror('SYMMETRIC')).toEqual([2, 1, 1, 2, 3, 3, 2]);
  });
});

describe('rearrangements', () => {
  it('TRANSPOSE moves data only where it must', () => {
    const run = runSingle('TRANSPOSE', [counted(f32(1, 2, 3)), ints(1, 0, 2)], [f32(2, 1, 3)]);
    expect(run.operators).toEqual(['reshape']);
    expect(first('TRANSPOSE', [counted(f32(2, 3)), ints(1, 0)], f32(3, 2))).toEqual([1, 4, 2, 5, 3, 6]);
    for (const perm of [[0], [0, 0], [1, 2], [-1, 0]]) {
      expect(() => first('TRANSPOSE', [counted(f32(1, 1)), ints(...perm)], f32(1, 1))).toThrow(/I8C0207/);
    }
  });

  // The examples of tf.nn.space_to_depth, tf.nn.depth_to_space, tf.space_to_batch and tf.batch_to_space.
  it('SPACE_TO_DEPTH and DEPTH_TO_SPACE undo each other', () => {
    const toDepth: Options = { type: 'SpaceToDepthOptions', value: { blockSize: 2 } };
    const x = fed(f32(1, 4, 4, 1), [1, 2, 5, 6, 3, 4, 7, 8, 9, 10, 13, 14, 11, 12, 15, 16]);
    const deep = first('SPACE_TO_DEPTH', [x], f32(1, 2, 2, 4), toDepth);
    expect(deep).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
    const toSpace: Options = { type: 'DepthToSpaceOptions', value: { blockSize: 2 } };
    const wide = first('DEPTH_TO_SPACE', [counted(f32(1, 2, 2, 4))], f32(1, 4, 4, 1), toSpace);
    expect(wide).toEqual([1, 2, 5, 6, 3, 4, 7, 8, 9, 10, 13, 14, 11, 12, 15, 16]);
    // Channels stay together within a place of the block.
    const pairs = first('DEPTH_TO_SPACE', [counted(f32(1, 1, 1, 8))], f32(1, 2, 2, 2), toSpace);
    expect(pairs).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const odd: Options = { type: 'SpaceToDepthOptions', value: { blockSize: 3 } };
    expect(() => first('SPACE_TO_DEPTH', [x], f32(1, 1, 1, 9), odd)).toThrow(/blocks of 3/);
    const none: Options = { type: 'SpaceToDepthOptions', value: { blockSize: 0 } };
    expect(() => first('SPACE_TO_DEPTH', [x], f32(1, 1, 1, 9), none)).toThrow(/block size is 0/);
  });

  it('SPACE_TO_BATCH_ND pads with real zeros and spreads places over batches', () => {
    const x = counted(f32(1, 2, 2, 3));
    const none = held(plain('i32', [2, 2]), [0, 0, 0, 0]);
    const spread = first('SPACE_TO_BATCH_ND', [x, ints(2, 2), none], f32(4, 1, 1, 3));
    expect(spread).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const rows = held(plain('i32', [2, 2]), [0, 0, 2, 0]);
    const padded = first('SPACE_TO_BATCH_ND', [counted(i8([2, 2, 4, 1])), ints(2, 2), rows], i8([8, 1, 3, 1]));
    expect(padded).toEqual([3, 1, 3, 3, 9, 11, 3, 2, 4, 3, 10, 12, 3, 5, 7, 3, 13, 15, 3, 6, 8, 3, 14, 16]);
    const line = held(plain('i32', [1, 2]), [1, 0]);
    expect(first('SPACE_TO_BATCH_ND', [counted(f32(1, 3, 1)), ints(2), line], f32(2, 2, 1))).toEqual([0, 2, 1, 3]);
    expect(() => first('SPACE_TO_BATCH_ND', [x, ints(3, 2), none], f32(6, 1, 1, 3))).toThrow(/into blocks of/);
  });

  it('BATCH_TO_SPACE_ND gathers batches and cuts', () => {
    const none = held(plain('i32', [2, 2]), [0, 0, 0, 0]);
    const gathered = first('BATCH_TO_SPACE_ND', [counted(f32(4, 2, 2, 1)), ints(2, 2), none], f32(1, 4, 4, 1));
    expect(gathered).toEqual([1, 5, 2, 6, 9, 13, 10, 14, 3, 7, 4, 8, 11, 15, 12, 16]);
    const crops = held(plain('i32', [2, 2]), [0, 0, 2, 0]);
    const x = fed(f32(8, 1, 3, 1), [0, 1, 3, 0, 9, 11, 0, 2, 4, 0, 10, 12, 0, 5, 7, 0, 13, 15, 0, 6, 8, 0, 14, 16]);
    const cut = first('BATCH_TO_SPACE_ND', [x, ints(2, 2), crops], f32(2, 2, 4, 1));
    expect(cut).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
    expect(() => first('BATCH_TO_SPACE_ND', [x, ints(3, 1), none], f32(1, 1, 1, 1))).toThrow(/from 8 batches/);
    const all = held(plain('i32', [2, 2]), [0, 0, 9, 0]);
    expect(() => first('BATCH_TO_SPACE_ND', [x, ints(2, 2), all], f32(2, 2, 1, 1))).toThrow(/I8C0207/);
  });
});

describe('choices', () => {
  const gather = (axis: number, batchDims = 0): Options => ({ type: 'GatherOptions', value: { axis, batchDims } });

  it('GATHER and GATHER_ND check the indices that they know', () => {
    const x = counted(i8([2, 3]));
    expect(first('GATHER', [x, ints(2, 0)], i8([2, 2]), gather(-1))).toEqual([3, 1, 6, 4]);
    expect(first('GATHER', [x, fed(plain('i32', [1]), [7])], i8([1, 3]), gather(0))).toEqual([4, 5, 6]);
    expect(() => first('GATHER', [x, ints(2)], i8([1, 3]), gather(0))).toThrow(/element 2 of a dimension of 2/);
    expect(() => first('GATHER', [x, ints(-1)], i8([1, 3]), gather(0))).toThrow(/element -1/);
    const pairs = held(plain('i32', [2, 2]), [1, 2, 0, 0]);
    expect(first('GATHER_ND', [x, pairs], i8([2]))).toEqual([6, 1]);
    const outside = held(plain('i32', [2, 2]), [1, 2, 0, 3]);
    expect(() => first('GATHER_ND', [x, outside], i8([2]))).toThrow(/element 3 of a dimension of 3/);
  });

  it('GATHER counts negative batch dimensions from the rank of the indices', () => {
    const each = fed(plain('i32', [2, 1]), [2, 0]);
    expect(first('GATHER', [counted(i8([2, 3])), each], i8([2, 1]), gather(1, -1))).toEqual([3, 4]);
  });

  it('EMBEDDING_LOOKUP takes rows, dequantized where the output is float', () => {
    const rows = fed(plain('i32', [2]), [1, 0]);
    expect(first('EMBEDDING_LOOKUP', [rows, held(f32(2, 2), [1, 2, 3, 4])], f32(2, 2))).toEqual([3, 4, 1, 2]);
    const table = held(i8([2, 2], 0.5, 0), [1, 2, 3, 4]);
    expect(first('EMBEDDING_LOOKUP', [rows, table], f32(2, 2))).toEqual([1.5, 2, 0.5, 1]);
    const perRow = held(tensorType('i8', [2, 2], { axis: 0, scale: [1, 2], zero: [0, 0] }), [1, 2, 3, 4]);
    expect(first('EMBEDDING_LOOKUP', [rows, perRow], f32(2, 2))).toEqual([6, 8, 1, 2]);
  });
});

describe('the rest', () => {
  it('RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR pass their options', () => {
    const x = fed(i8([1, 1, 2, 1]), [0, 100]);
    const nearest: Options = { type: 'ResizeNearestNeighborOptions', value: { alignCorners: true } };
    expect(first('RESIZE_NEAREST_NEIGHBOR', [x, ints(1, 3)], i8([1, 1, 3, 1]), nearest)).toEqual([0, 100, 100]);
    const bilinear: Options = { type: 'ResizeBilinearOptions', value: { halfPixelCenters: true } };
    expect(first('RESIZE_BILINEAR', [x, ints(1, 4)], i8([1, 1, 4, 1]), bilinear)).toEqual([0, 25, 75, 100]);
    expect(() => first('RESIZE_BILINEAR', [x, ints(1, 0)], i8([1, 1, 0, 1]), bilinear)).toThrow(/at least 1/);
  });

  it('CUMSUM passes its options', () => {
    const options: Options = { type: 'CumsumOptions', value: { exclusive: true, reverse: true } };
    expect(first('CUMSUM', [counted(f32(2, 3)), int(-1)], f32(2, 3), options)).toEqual([5, 3, 0, 11, 6, 0]);
  });

  it('an output of another scale keeps the bytes, with a warning for 8 and 16 bits only', () => {
    const run = runSingle('TRANSPOSE', [counted(i8([2, 2])), ints(1, 0)], [i8([2, 2], 0.25)]);
    expect(run.results[0]).toEqual([1, 3, 2, 4]);
    expect(run.diagnostics.map((d) => d.severity)).toEqual(['warning']);
    const index = (shape: number[], scale: number) => tensorType('i32', shape, perTensor(scale, 0));
    const silent = runSingle('TRANSPOSE', [counted(index([2, 2], 1)), ints(1, 0)], [index([2, 2], 0.25)]);
    expect(silent.diagnostics).toEqual([]);
  });

  it('an output of another element type is refused', () => {
    expect(() => first('TRANSPOSE', [counted(i8([2, 2])), ints(1, 0)], u8([2, 2]))).toThrow(/Output 0 is u8/);
  });
});

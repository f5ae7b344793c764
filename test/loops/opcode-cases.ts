// Kernels that hold one opcode each: operands loaded from buffers, result stored to one, for every opcode of the table
// and the scalar and vector types that matter. The tests of the interpreter and of the backends run them.
import { LoopBuilder } from '../../ir/loops/builder.ts';
import type { LoopValue } from '../../ir/loops/kernel.ts';
import { type Immediates, type Lanes, type LaneValue, type Opcode, opcodeRow } from '../../ir/loops/opcodes.ts';
import { type Buffer, type LoopType, laneOf, lanesOf, loopType } from '../../ir/loops/types.ts';
import { allocateArray, type TensorArray } from '../../ir/tensor-data.ts';
import type { ElementType } from '../../ir/types.ts';
import { Random } from '../../src/example/random.ts';
import type { KernelCase } from './kernel-case.ts';
import { type Domain, sampleOperands } from './opcode-samples.ts';

/** One way to use an opcode. */
interface Signature {
  readonly types: readonly LoopType[];
  readonly asked?: LoopType;
  readonly immediates?: Immediates;
  readonly domains?: readonly Domain[];
}

const integers: readonly LoopType[] = ['i32', 'i64', 'i32x4', 'i64x2', 'i8x16', 'u8x8', 'i16x8'];
const floats: readonly LoopType[] = ['f32', 'f32x4'];
const bools: readonly LoopType[] = ['bool', 'boolx4'];
const numbers = [...integers, ...floats];

const unary = (types: readonly LoopType[]): Signature[] => types.map((t) => ({ types: [t] }));
const binary = (types: readonly LoopType[], domains: readonly Domain[] = []): Signature[] =>
  types.map((t) => ({ types: [t, t], domains }));
const conversions = (pairs: readonly string[]): Signature[] =>
  pairs.map((pair) => {
    const [from = '', to = ''] = pair.split(' ');
    return { types: [from], asked: to };
  });

/** 64-bit integers so small that nothing leaves 53 bits: a backend may hold them otherwise. */
const smallLongs = (...domains: Domain[]): Signature[] => binary(['i64', 'i64x2'], domains);

const smallUnary = (asked?: LoopType): Signature[] => [
  { types: ['i64'], domains: ['long25'], ...(asked === undefined ? {} : { asked }) },
];

const selections: Signature[] = [...numbers, ...bools].flatMap((t) => [
  { types: [loopType('bool', lanesOf(t)), t, t] },
  { types: ['bool', t, t] },
  ...(laneOf(t) === 'i64' ? [{ types: ['bool', t, t], domains: ['any', 'long25', 'long25'] as const }] : []),
]);

const requantizations: Signature[] = (['double', 'single'] as const).flatMap((rounding) => [
  { types: ['i32', 'i32', 'i32'], immediates: { rounding }, domains: ['any', 'multiplier', 'shift'] },
  { types: ['i32x4', 'i32x4', 'i32x4'], immediates: { rounding }, domains: ['any', 'multiplier', 'shift'] },
  { types: ['i64', 'i32', 'i32'], immediates: { rounding }, domains: ['long48', 'multiplier16', 'shift'] },
  { types: ['i64x2', 'i32x2', 'i32x2'], immediates: { rounding }, domains: ['long48', 'multiplier16', 'shift'] },
]);

/** A case for every opcode: a new opcode does not compile until it has some. */
const signatures: Record<Opcode, readonly Signature[]> = {
  add: [...binary(numbers), ...smallLongs('long25', 'long25')],
  sub: [...binary(numbers), ...smallLongs('long25', 'long25')],
  mul: [...binary(numbers), ...smallLongs('long25', 'long25')],
  div: [...binary(numbers), ...smallLongs('long25', 'long25'), ...smallLongs('long25', 'few')],
  rem: [...binary(integers), ...smallLongs('long25', 'long25'), ...smallLongs('long25', 'few')],
  min: [...binary(numbers), ...smallLongs('long25', 'long25')],
  max: [...binary(numbers), ...smallLongs('long25', 'long25')],
  and: [...binary([...integers, ...bools]), ...smallLongs('long25', 'long25')],
  or: [...binary([...integers, ...bools]), ...smallLongs('long25', 'long25')],
  xor: [...binary([...integers, ...bools]), ...smallLongs('long25', 'long25')],
  shl: [...binary(integers, ['any', 'amount']), ...smallLongs('long25', 'few')],
  shr: [...binary(integers, ['any', 'amount']), ...smallLongs('long25', 'few')],
  shr_u: binary(['i32', 'i32x4'], ['any', 'amount']),
  abs: [...unary(numbers), ...smallUnary()],
  neg: [...unary(numbers), ...smallUnary()],
  not: unary(bools),
  sqrt: unary(floats),
  floor: unary(floats),
  ceil: unary(floats),
  trunc: unary(floats),
  nearest: unary(floats),
  mul_high: binary(['i32', 'i32x4']),
  shr_round: binary(['i32', 'i32x4'], ['any', 'exponent']),
  eq: binary([...numbers, ...bools]),
  ne: binary([...numbers, ...bools]),
  lt: [...binary(numbers), ...smallLongs('long25', 'few')],
  le: binary(numbers),
  gt: binary(numbers),
  ge: [...binary(numbers), ...smallLongs('long25', 'few')],
  select: selections,
  convert: [...smallUnary('i32'), ...smallUnary('f32')].concat(
    conversions(
      ['i32 i64', 'i64 i32', 'i32 f32', 'i64 f32', 'f32 i32', 'bool i32', 'bool i64', 'bool f32']
        .concat(['i8x4 i32x4', 'u8x4 i32x4', 'i16x4 i32x4', 'i32x4 i8x4', 'i32x4 u8x4', 'i32x4 i16x4', 'u8x8 i8x8'])
        .concat([
          'i32x2 i64x2',
          'i64x2 i32x2',
          'i16x2 i64x2',
          'i32x4 f32x4',
          'f32x4 i32x4',
          'i8x4 f32x4',
          'i64x2 f32x2',
        ])
        .concat(['boolx4 i8x4', 'boolx4 i32x4', 'i8x8 i16x8']),
    ),
  ),
  narrow: smallUnary('i32').concat(
    conversions(
      ['i64 i32', 'i32x4 i8x4', 'i32x4 u8x4', 'i32x4 i16x4', 'i16x8 i8x8', 'i16x8 u8x8', 'i64x2 i32x2'].concat([
        'i64x2 i8x2',
      ]),
    ),
  ),
  bitcast: [...conversions(['f32 i32', 'f32x4 i32x4']), ...['', 'x4'].map(bitsToFloats)],
  requantize: requantizations,
  scale: [
    { types: ['i32', 'f32'], domains: ['any', 'factor'] },
    { types: ['i32x4', 'f32x4'], domains: ['any', 'factor'] },
  ],
  dot: ['i32 i8x16 i8x16', 'i32x4 i8x4 i8x4', 'i32x4 i16x8 i16x8', 'i32x4 u8x16 i8x16', 'i32x8 i8x32 i8x32']
    .concat(['i32x2 i8x32 u8x32', 'i64 i16x4 i16x4', 'i64x2 i16x2 i8x2', 'i32x16 i8x64 i8x64'])
    .map((types): Signature => ({ types: types.split(' ') }))
    .concat([{ types: ['i64x2', 'i16x4', 'i16x4'], domains: ['long25'] }]),
  splat: conversions([
    'i32 i32x4',
    'i64 i64x2',
    'f32 f32x4',
    'bool boolx4',
    'i32 i8x16',
    'i32 u8x8',
    'i32 i16x8',
    'i8x4 i8x16',
  ]),
  extract: ['i8x16', 'u8x16', 'i16x8', 'i32x4', 'i64x2', 'f32x4', 'boolx4'].flatMap((t) => [
    { types: [t], immediates: { lanes: [0] } },
    { types: [t], immediates: { lanes: [lanesOf(t) - 1] } },
  ]),
  insert: ['i8x16 i32', 'u8x16 i32', 'i16x8 i32', 'i32x4 i32', 'i64x2 i64', 'f32x4 f32', 'boolx4 bool'].map(
    (types) => ({
      types: types.split(' '),
      immediates: { lanes: [1] },
    }),
  ),
  shuffle: [
    { types: ['i8x4', 'i8x4'], immediates: { lanes: [7, 0, 3, 3, 4, 1, 2, 6] } },
    { types: ['i64x2', 'i64x2'], immediates: { lanes: [3, 0] } },
    { types: ['f32x4', 'f32x4'], immediates: { lanes: [4, 5, 0, 1] } },
    { types: ['boolx4', 'boolx4'], immediates: { lanes: [4, 1] } },
  ],
  sum: [...unary(['i32x4', 'i32x16', 'i64x2']), { types: ['i64x2'], domains: ['long25'] }],
};

function bitsToFloats(lanes: string): Signature {
  return { types: [`i32${lanes}`], asked: `f32${lanes}`, domains: ['bits'] };
}

/** Iterations of each kernel, so sets of operands. */
const count = 96;

/** Where values of a type are kept: bool lanes as 0 or 1 in i32. */
function elementFor(type: LoopType): ElementType {
  const lane = laneOf(type);
  return lane === 'bool' ? 'i32' : lane;
}

function loadAs(b: LoopBuilder, buffer: Buffer, index: LoopValue, type: LoopType): LoopValue {
  const lanes = lanesOf(type);
  const loaded = b.load(buffer, b.mul(index, lanes), lanes);
  return laneOf(type) === 'bool' ? b.compare('ne', loaded, b.constant(0, loaded.type)) : loaded;
}

function storeAs(b: LoopBuilder, buffer: Buffer, index: LoopValue, value: LoopValue): void {
  const lanes = lanesOf(value.type);
  const stored = laneOf(value.type) === 'bool' ? b.convert(value, loopType('i32', lanes)) : value;
  b.store(buffer, b.mul(index, lanes), stored);
}

function fill(type: LoopType, values: readonly Lanes[]): TensorArray {
  const array = allocateArray(elementFor(type), values.length * lanesOf(type));
  const flat: LaneValue[] = values.flat();
  if (array instanceof BigInt64Array) array.set(flat.map(BigInt));
  else array.set(flat.map(Number));
  return array;
}

/** The title of a use: `requantize i64 i32 i32 {"rounding":"single"} (long48, multiplier16, shift)`. */
function titleOf(opcode: Opcode, s: Signature): string {
  const asked = s.asked === undefined ? '' : ` to ${s.asked}`;
  const immediates = s.immediates === undefined ? '' : ` ${JSON.stringify(s.immediates)}`;
  const domains = s.domains === undefined || s.domains.length === 0 ? '' : ` (${s.domains.join(', ')})`;
  return `${opcode} ${s.types.join(' ')}${asked}${immediates}${domains}`;
}

function makeCase(opcode: Opcode, s: Signature, seed: number): KernelCase {
  const row = opcodeRow(opcode);
  const immediates = s.immediates ?? {};
  const type = row.type(s.types, immediates, s.asked);
  if (typeof type !== 'string') throw new Error(`${titleOf(opcode, s)}: ${type.problem}`);
  const random = new Random(seed);
  const samples = Array.from({ length: count }, () => sampleOperands(random, s.types, s.domains ?? []));
  const operands = s.types.map((t, o) => {
    const buffer: Buffer = { name: `x${o}`, element: elementFor(t), length: count * lanesOf(t), role: 'in' };
    const array = fill(
      t,
      samples.map((sample) => sample[o]!),
    );
    return { buffer, before: array, after: array };
  });
  const result: Buffer = { name: 'y', element: elementFor(type), length: count * lanesOf(type), role: 'out' };
  const after = fill(
    type,
    samples.map((sample) => row.evaluate(sample, s.types, type, immediates)),
  );
  const b = new LoopBuilder();
  b.for(0, count, (i) => {
    const values = s.types.map((t, o) => loadAs(b, operands[o]!.buffer, i, t));
    storeAs(b, result, i, b.compute(opcode, values, immediates, s.asked));
  });
  const title = titleOf(opcode, s);
  const kernel = b.finish(`try_${opcode}`, title, [...operands.map((o) => o.buffer), result]);
  const before = allocateArray(result.element, result.length);
  return { title, kernel, scalars: [], memory: [...operands, { buffer: result, before, after }] };
}

/** Every case of every opcode, with seeded operands. */
export function opcodeCases(): KernelCase[] {
  return Object.entries(signatures).flatMap(([opcode, uses], o) =>
    uses.map((s, i) => makeCase(opcode as Opcode, s, 1000 * o + i)),
  );
}

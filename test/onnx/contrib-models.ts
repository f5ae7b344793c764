// Models of one node of the domain com.microsoft, run by int8c and by ONNX Runtime on equal inputs.
import { AttributeProto_AttributeType as AttributeType, TensorProto_DataType as DataType } from 'onnx-buf';
import { expect } from 'vitest';
import type { TensorArray } from '../../ir/tensor-data.ts';
import { createRunner, importModel } from '../../src/index.ts';
import { type Random, seededRandom } from '../../src/random-tensor.ts';
import type { RunnerTarget } from '../../src/targets.ts';
import { createOrtSession, type OrtElement, onnxRuntime } from './onnx-runtime.ts';
import { type Attribute, type Node, type Tensor, tensorInput, writeModel } from './write-model.ts';

type Element = 'f32' | 'i4' | 'u4' | 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'i64' | 'bool';

/** An operand of the node: fed at run time, or an initializer. */
export interface Operand {
  readonly element: Element;
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly fed: boolean;
}

interface ElementRow {
  readonly dataType: number;
  readonly ort: OrtElement;
  array(values: readonly number[]): TensorArray;
  /** As the program takes it, where that is another type. */
  program?(values: readonly number[]): TensorArray;
}

const elements: Readonly<Record<Element, ElementRow>> = {
  f32: { dataType: DataType.FLOAT, ort: 'float32', array: (v) => Float32Array.from(v) },
  i4: { dataType: DataType.INT4, ort: 'uint8', array: nibbles },
  u4: { dataType: DataType.UINT4, ort: 'uint8', array: nibbles },
  i8: { dataType: DataType.INT8, ort: 'int8', array: (v) => Int8Array.from(v) },
  u8: { dataType: DataType.UINT8, ort: 'uint8', array: (v) => Uint8Array.from(v) },
  i16: { dataType: DataType.INT16, ort: 'int16', array: (v) => Int16Array.from(v) },
  u16: {
    dataType: DataType.UINT16,
    ort: 'uint16',
    array: (v) => Uint16Array.from(v),
    program: (v) => Int32Array.from(v),
  },
  i32: { dataType: DataType.INT32, ort: 'int32', array: (v) => Int32Array.from(v) },
  i64: { dataType: DataType.INT64, ort: 'int64', array: (v) => BigInt64Array.from(v, BigInt) },
  bool: { dataType: DataType.BOOL, ort: 'bool', array: (v) => Uint8Array.from(v) },
};

/** Two to a byte, the first in the low bits: for initializers alone. */
function nibbles(values: readonly number[]): Uint8Array {
  const packed = new Uint8Array(Math.ceil(values.length / 2));
  for (const [i, x] of values.entries()) packed[i >> 1] = (packed[i >> 1] ?? 0) | ((x & 15) << (4 * (i & 1)));
  return packed;
}

/** Operands with values of one seed, in the order in which they are asked for. */
export function operandsOf(seed: number) {
  const random: Random = seededRandom(seed);
  const values = (shape: readonly number[], next: () => number) =>
    Array.from({ length: shape.reduce((n, extent) => n * extent, 1) }, next);
  const whole = (low: number, high: number) => () => low + Math.floor(random() * (high - low + 1));
  return {
    /** Floats in [-2, 2) that come when the program runs; known ones are initializers. */
    floats: (...shape: number[]): Operand => ({
      ...known(
        'f32',
        shape,
        values(shape, () => Math.fround(4 * random() - 2)),
      ),
      fed: true,
    }),
    weights: (...shape: number[]): Operand =>
      known(
        'f32',
        shape,
        values(shape, () => Math.fround(2 * random() - 1)),
      ),
    bytes: (element: 'i8' | 'u8', ...shape: number[]): Operand => ({
      ...known(element, shape, values(shape, element === 'i8' ? whole(-128, 127) : whole(0, 255))),
      fed: true,
    }),
    knownBytes: (element: 'i8' | 'u8', ...shape: number[]): Operand =>
      known(element, shape, values(shape, element === 'i8' ? whole(-128, 127) : whole(0, 255))),
    integers: (element: 'i16' | 'i32' | 'i64', low: number, high: number, ...shape: number[]): Operand => ({
      ...known(element, shape, values(shape, whole(low, high))),
      fed: true,
    }),
    booleans: (...shape: number[]): Operand => ({ ...known('bool', shape, values(shape, whole(0, 1))), fed: true }),
  };
}

export const known = (element: Element, shape: readonly number[], values: readonly number[]): Operand => ({
  element,
  shape,
  values,
  fed: false,
});

export const scale = (value: number): Operand => known('f32', [], [Math.fround(value)]);
export const zero = (element: 'i4' | 'u4' | 'i8' | 'u8' | 'i16' | 'u16', value: number): Operand =>
  known(element, [], [value]);

export const ints = (name: string, ...values: number[]): Attribute => ({
  name,
  ints: values.map(BigInt),
  type: AttributeType.INTS,
});
export const int = (name: string, value: number): Attribute => ({ name, i: BigInt(value), type: AttributeType.INT });
export const float = (name: string, value: number): Attribute => ({ name, f: value, type: AttributeType.FLOAT });
export const floats = (name: string, ...values: number[]): Attribute => ({
  name,
  floats: values,
  type: AttributeType.FLOATS,
});
export const string = (name: string, value: string): Attribute => ({
  name,
  s: new TextEncoder().encode(value),
  type: AttributeType.STRING,
});

/** One node and what it works on; an operand that is left out is undefined. */
export interface Case {
  readonly op: string;
  readonly operands: readonly (Operand | undefined)[];
  readonly attributes?: readonly Attribute[];
  /** Outputs that are asked for, by position. Default: the first. */
  readonly outputs?: readonly number[];
  /** ONNX's own domain instead of com.microsoft. */
  readonly domain?: string;
  /** All nodes of the model, instead of the one. */
  readonly nodes?: readonly Node[];
  /** The version of ONNX's own operators. Default: 17. */
  readonly opset?: number;
  /** Other nodes that say the same, where ONNX Runtime has no kernel; they use and give the names of this one. */
  readonly instead?: readonly Node[];
}

/** The model: operand i is x0, x1 ..., output i y0, y1 ... */
export function modelOf(
  { op, operands, attributes = [], outputs = [0], domain = 'com.microsoft', opset = 17, nodes: all }: Case,
  nodes = all,
): Uint8Array {
  const names = operands.map((operand, i) => (operand === undefined ? '' : `x${i}`));
  const results = Array.from({ length: Math.max(...outputs) + 1 }, (_, i) => (outputs.includes(i) ? `y${i}` : ''));
  const given = operands.flatMap((operand, i) => (operand === undefined ? [] : [{ ...operand, name: `x${i}` }]));
  const node: Node = { opType: op, domain, input: names, output: results, attribute: [...attributes] };
  return writeModel(
    {
      input: given
        .filter(({ fed }) => fed)
        .map(({ name, shape, element }) => tensorInput(name, shape, elements[element].dataType)),
      initializer: given
        .filter(({ fed }) => !fed)
        .map(
          ({ name, shape, element, values }): Tensor => ({
            name,
            dims: shape.map(BigInt),
            dataType: elements[element].dataType,
            rawData: new Uint8Array(elements[element].array(values).buffer as ArrayBuffer),
          }),
        ),
      node: nodes === undefined ? [node] : [...nodes],
      output: outputs.map((i) => ({ name: `y${i}` })),
    },
    {
      opsetImport: [
        { domain: '', version: BigInt(opset) },
        { domain: 'com.microsoft', version: 1n },
      ],
    },
  );
}

const fedOperands = ({ operands }: Case) =>
  operands.flatMap((operand, i) => (operand?.fed === true ? [{ ...operand, name: `x${i}` }] : []));

/** What ONNX Runtime gives for the case. */
export async function expectedOf(
  one: Case,
): Promise<Readonly<Record<string, { data: TensorArray; dims: readonly number[] }>>> {
  if (onnxRuntime === undefined) throw new Error('ONNX Runtime is not installed');
  const { Tensor } = onnxRuntime;
  const session = await createOrtSession(onnxRuntime, modelOf(one, one.instead ?? one.nodes));
  const tensors = fedOperands(one).map(({ name, element, shape, values }) => [
    name,
    new Tensor(elements[element].ort, elements[element].array(values), shape),
  ]);
  return session.run(Object.fromEntries(tensors));
}

/** What int8c gives for the case on one target. */
export async function resultsOf(one: Case, target: RunnerTarget): Promise<Record<string, TensorArray>> {
  const program = await importModel(modelOf(one));
  const runner = await createRunner(program, { target });
  const feeds = fedOperands(one).map(({ name, element, values }) => [
    name,
    (elements[element].program ?? elements[element].array)(values),
  ]);
  const results = await runner.run(Object.fromEntries(feeds));
  await runner.close();
  return results;
}

/** Of floats, relative to the greatest element. */
const floatTolerance = 1e-4;

/** The first element that is further from ONNX Runtime's than allowed; undefined where there is none. */
function difference(found: TensorArray, wanted: TensorArray): string | undefined {
  const isFloat = wanted instanceof Float32Array;
  const magnitude = isFloat ? wanted.reduce((m, x) => Math.max(m, Math.abs(x)), 0) : 0;
  const allowed = isFloat ? floatTolerance * magnitude : 1;
  if (found.length !== wanted.length) return `${found.length} elements, not ${wanted.length}`;
  const far = Array.from(found, Number).findIndex((x, i) => !(Math.abs(x - Number(wanted[i])) <= allowed));
  return far < 0 ? undefined : `element ${far} is ${found[far]}, not ${wanted[far]} within ${allowed}`;
}

/**
 * Holds int8c to ONNX Runtime on the reference (the three float steps of a quantized operator), JavaScript and
 * WebAssembly (its integer form): integers within one step, since the kernels there round some sums in other places than
 * the specification, floats within 1e-4 of the greatest element. What is compiled is equal on both targets.
 */
export async function expectLikeOrt(one: Case): Promise<void> {
  const expected = await expectedOf(one);
  const program = await importModel(modelOf(one));
  for (const { name, type } of program.outputs) expect(type.shape, name).toEqual(expected[name]?.dims);
  const results = {
    interp: await resultsOf(one, 'interp'),
    js: await resultsOf(one, 'js'),
    wasm: await resultsOf(one, 'wasm'),
  };
  for (const [target, result] of Object.entries(results)) {
    for (const { name } of program.outputs) {
      const [found, wanted] = [result[name], expected[name]?.data];
      if (found === undefined || wanted === undefined) throw new Error(`${name} is missing`);
      expect(difference(found, wanted), `${name} on ${target}`).toBeUndefined();
    }
  }
  expect(results.wasm).toEqual(results.js);
}

// TFLite models of one operator, made for a test and run: by references and by loops, which must agree.
import { expect } from 'vitest';
import type { Diagnostic } from '../../ir/diagnostics.ts';
import { createReferenceRunner } from '../../ir/interpreter.ts';
import { runProgram } from '../../ir/loops/interpreter.ts';
import type { Func } from '../../ir/module.ts';
import { bytesOf, numbersOf, type TensorArray, type TensorData, tensorOf } from '../../ir/tensor-data.ts';
import { type ElementType, type TensorType, tensorType } from '../../ir/types.ts';
import { lowerFunction } from '../../passes/lower.ts';
import { executable, runPasses } from '../../passes/pipeline.ts';
import { scalar } from '../../passes/schedule/isa.ts';
import { importTflite } from '../../src/frontends/tflite/importer.ts';
import type { Encodable, TfliteModel } from '../../src/frontends/tflite/schema.ts';
import { encodeTflite } from '../../src/frontends/tflite/writer.ts';

type Model = Encodable<TfliteModel>;
type OperatorCode = NonNullable<NonNullable<Model['operatorCodes']>[number]>;
type Subgraph = NonNullable<NonNullable<Model['subgraphs']>[number]>;
type Tensor = NonNullable<NonNullable<Subgraph['tensors']>[number]>;

/** The schema's name of an operator, and its options table. */
export type Opcode = NonNullable<OperatorCode['builtinCode']>;
export type Options = NonNullable<NonNullable<NonNullable<Subgraph['operators']>[number]>['builtinOptions']>;

const schemaTypes: Partial<Record<ElementType, NonNullable<Tensor['type']>>> = {
  f32: 'FLOAT32',
  i8: 'INT8',
  u8: 'UINT8',
  i16: 'INT16',
  i32: 'INT32',
  i64: 'INT64',
  bool: 'BOOL',
};

/** An operand: constant in the file, or fed when the model runs. */
export interface Operand {
  readonly data: TensorData;
  readonly isConstant: boolean;
  /** A state, which starts as zeros. */
  readonly isVariable?: boolean;
}

type Numbers = readonly (number | bigint)[];

/** An operand that is fed. */
export function fed(type: TensorType, values: Numbers): Operand {
  return { data: tensorOf(type, values), isConstant: false };
}

/** An operand that the file holds. */
export function held(type: TensorType, values: Numbers): Operand {
  return { data: tensorOf(type, values), isConstant: true };
}

/** An operand that is the operator's own state. */
export function variable(type: TensorType): Operand {
  return { data: tensorOf(type, []), isConstant: false, isVariable: true };
}

/** A constant vector of i32: axes, sizes, shapes. */
export function ints(...values: number[]): Operand {
  return held(tensorType('i32', [values.length]), values);
}

/** A constant i32 scalar. */
export function int(value: number): Operand {
  return held(tensorType('i32', []), [value]);
}

function tensorEntry(type: TensorType, name: string, buffer: number): Tensor {
  const { quant } = type;
  const entry = {
    shape: type.shape,
    type: schemaTypes[type.element] ?? expect.fail(`no ${type.element}`),
    name,
    buffer,
  };
  if (quant === undefined) return entry;
  const quantization = { scale: quant.scale, zeroPoint: quant.zero.map(BigInt), quantizedDimension: quant.axis ?? 0 };
  return { ...entry, quantization };
}

const isFed = (o: Operand | undefined) => o !== undefined && !o.isConstant && o.isVariable !== true;

/** The bytes of a model of one operator; undefined stands for an operand that is left out. */
export function singleOperator(
  opcode: Opcode,
  given: readonly (Operand | undefined)[],
  results: readonly TensorType[],
  builtinOptions?: Options,
): Uint8Array {
  const operands = given.filter((o) => o !== undefined);
  const inputs = given.map((o) => (o === undefined ? -1 : operands.indexOf(o)));
  const outputs = results.map((_, i) => operands.length + i);
  const tensors = [
    ...operands.map(({ data, isConstant, isVariable = false }, i) => {
      return { ...tensorEntry(data.type, `x${i}`, isConstant ? i + 1 : 0), isVariable };
    }),
    ...results.map((type, i) => tensorEntry(type, `y${i}`, 0)),
  ];
  const operator = { opcodeIndex: 0, inputs, outputs, ...(builtinOptions === undefined ? {} : { builtinOptions }) };
  return encodeTflite({
    version: 3,
    operatorCodes: [{ builtinCode: opcode, version: 1 }],
    subgraphs: [{ tensors, inputs: inputs.filter((i) => isFed(operands[i])), outputs, operators: [operator] }],
    buffers: [{}, ...operands.map(({ data, isConstant }) => (isConstant ? { data: bytesOf(data.data) } : {}))],
  });
}

export interface SingleRun {
  /** One list of elements per result. */
  readonly results: readonly (readonly number[])[];
  readonly diagnostics: readonly Diagnostic[];
  /** The function as imported. */
  readonly func: Func;
  /** Names of its operators, constants left out. */
  readonly operators: readonly string[];
}

/** Imports a model of one operator and runs it both ways. Results have the types that the file says. */
export function runSingle(
  opcode: Opcode,
  operands: readonly (Operand | undefined)[],
  results: readonly TensorType[],
  options?: Options,
): SingleRun {
  const bytes = singleOperator(opcode, operands, results, options);
  const { module, diagnostics } = importTflite(bytes, { name: 'single' });
  const func = module.entry;
  expect(func.outputs.map((o) => o.value.type)).toEqual(results);
  const operators = func.ops.map((op) => op.definition.name).filter((name) => name !== 'constant');
  const feeds: TensorArray[] = operands
    .filter((o) => o !== undefined)
    .filter(isFed)
    .map((o) => o.data.data);
  runPasses(module, { passes: executable });
  const expected = createReferenceRunner(func).run(feeds);
  const again = importTflite(bytes, { name: 'single' }).module;
  runPasses(again);
  const loops = runProgram(lowerFunction(again.entry, { name: 'single', isa: scalar })).run(feeds);
  for (const [i, array] of loops.entries()) expect(bytesOf(array)).toEqual(bytesOf(expected[i]!.data));
  return { results: expected.map(numbersOf), diagnostics, func, operators };
}

// A decoded .tflite file as the importer wants it: operator codes resolved to names, constants beside their tensors,
// numbers as plain numbers, and every index checked. It interprets no operator.

import { fail } from '../../../ir/diagnostics.ts';
import { decodeTflite } from './reader.ts';
import { defaultTable, fieldsOf, isTableName, type Table, type TfliteModel, type UnionValue } from './schema.ts';
import { type EnumValue, enums } from './schema-enums.ts';
import type { OptionsName } from './schema-options.ts';

/** How the integers of a tensor stand for reals: `real = scale * (stored - zeroPoint)`. */
export interface QuantizationView {
  /** One scale per tensor, or one per index along `axis`. As in the file: not checked to be positive or finite. */
  readonly scale: readonly number[];
  /** As many as scales. */
  readonly zeroPoint: readonly number[];
  /** As in the file, also where it is not a dimension of the tensor (TensorFlow Lite Micro never looks). */
  readonly axis: number;
  /** A scheme other than the above, which then does not count: `BlockwiseQuantization`, or a number when unknown. */
  readonly details?: string | number;
}

export interface TensorView {
  readonly index: number;
  readonly name: string;
  /** `INT8`, `FLOAT32` ..., or `TYPE_57` for a type that the schema does not know. */
  readonly type: string;
  readonly shape: readonly number[];
  /** The shape with -1 for dimensions that are not known before run time, where the file tells. */
  readonly shapeSignature?: readonly number[];
  /** The stored bytes of a constant, little-endian, exactly as many as shape and type ask for; a view into the file. */
  readonly data?: Uint8Array;
  readonly quantization?: QuantizationView;
  /** Keeps its value from one invocation to the next. */
  readonly isVariable: boolean;
  /** `data` is in TFLite's sparse encoding, of a length that says nothing about the shape. */
  readonly sparse: boolean;
}

/** The options table of an operator: `{ type: 'Conv2DOptions', value: { strideW, ... } }`. */
export type OptionsView = UnionValue<'BuiltinOptions'> | UnionValue<'BuiltinOptions2'>;

export interface OperatorView {
  readonly index: number;
  /** `CONV_2D`, `CUSTOM:SignalWindow`, or `BUILTIN_213` for a number that the schema does not know. */
  readonly opcode: string;
  readonly version: number;
  /** Indices into the subgraph's tensors; -1 is an optional tensor that is not given. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Tensors inside the operator (LSTM), of which only the quantization matters; -1 as for inputs. */
  readonly intermediates: readonly number[];
  readonly options?: OptionsView;
  readonly customOptions?: Uint8Array;
}

export interface SubgraphView {
  readonly index: number;
  readonly name: string;
  readonly tensors: readonly TensorView[];
  /** In the order of execution. */
  readonly operators: readonly OperatorView[];
  /** Indices into `tensors`. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** A name that the user knows a subgraph's input or output by. */
export interface SignatureTensor {
  readonly name: string;
  /** Index into the tensors of the signature's subgraph. */
  readonly tensor: number;
}

export interface SignatureView {
  readonly key: string;
  readonly subgraph: number;
  readonly inputs: readonly SignatureTensor[];
  readonly outputs: readonly SignatureTensor[];
}

export interface ModelView {
  readonly description: string;
  /** At least one; the first is the main one. */
  readonly subgraphs: readonly SubgraphView[];
  readonly signatures: readonly SignatureView[];
}

/** Index of an operand that is not given. */
export const noTensor = -1;

/**
 * Reads the bytes of a .tflite file. Constant data and custom options are views into `bytes`.
 *
 * @throws CompileError I8C0001, I8C0002, I8C0003 as {@link decodeTflite} and {@link viewModel} do; I8C0005 when
 * weights are in a file of their own; I8C0208 when zero points are impossible.
 */
export function readTflite(bytes: Uint8Array): ModelView {
  return viewModel(decodeTflite(bytes));
}

/** The view of a decoded file; see {@link readTflite} for the errors. */
export function viewModel(model: TfliteModel): ModelView {
  const subgraphs = model.subgraphs ?? [];
  if (subgraphs.length === 0) fail('I8C0002', 'The model has no subgraph.', { where: 'Model.subgraphs' });
  const views = subgraphs.map((subgraph, index) => viewSubgraph(model, subgraph, index));
  return {
    description: model.description ?? '',
    subgraphs: views,
    signatures: (model.signatureDefs ?? []).map((signature, index) => viewSignature(signature, index, views)),
  };
}

/**
 * The options of an operator as table `name`; the schema's defaults when the file has no options for it.
 *
 * @throws CompileError I8C0207 when the operator carries the options of another one.
 */
export function optionsOf<N extends OptionsName>(operator: OperatorView, name: N): Table<N> {
  const { options } = operator;
  if (options === undefined) return defaultTable(name);
  if (options.type !== name || !('value' in options)) {
    fail('I8C0207', `The operator carries options of type ${options.type}, not ${name}.`, {
      where: `${operator.opcode} #${operator.index}`,
    });
  }
  // The value's type follows from the type name, which was compared just now.
  return options.value as Table<N>;
}

function viewSubgraph(model: TfliteModel, subgraph: Table<'SubGraph'>, index: number): SubgraphView {
  const where = `Model.subgraphs[${index}]`;
  const tensors = (subgraph.tensors ?? []).map((tensor, i) => viewTensor(model, tensor, i, `${where}.tensors[${i}]`));
  const operators = (subgraph.operators ?? []).map((operator, i) =>
    viewOperator(model, operator, i, tensors.length, `${where}.operators[${i}]`),
  );
  return {
    index,
    name: subgraph.name ?? '',
    tensors,
    operators,
    inputs: tensorIndices(subgraph.inputs, 0, tensors.length, `${where}.inputs`),
    outputs: tensorIndices(subgraph.outputs, 0, tensors.length, `${where}.outputs`),
  };
}

function viewTensor(model: TfliteModel, tensor: Table<'Tensor'>, index: number, where: string): TensorView {
  const name = tensor.name ?? '';
  const type = typeof tensor.type === 'number' ? `TYPE_${tensor.type}` : tensor.type;
  const shape = tensor.shape ?? [];
  const sparse = tensor.sparsity !== undefined;
  const data = constantBytes(model, tensor, shape, where);
  const quantization = viewQuantization(tensor.quantization, `${where}.quantization`);
  return {
    index,
    name,
    type,
    shape,
    isVariable: tensor.isVariable,
    sparse,
    ...(tensor.shapeSignature === undefined ? {} : { shapeSignature: tensor.shapeSignature }),
    ...(data === undefined ? {} : { data }),
    ...(quantization === undefined ? {} : { quantization }),
  };
}

/** Bits of one stored element; absent for types whose elements have no fixed size. */
const elementBits: { readonly [type: string]: number } = {
  INT2: 2,
  INT4: 4,
  UINT4: 4,
  BOOL: 8,
  INT8: 8,
  UINT8: 8,
  FLOAT8_E4M3FN: 8,
  FLOAT8_E5M2: 8,
  INT16: 16,
  UINT16: 16,
  FLOAT16: 16,
  BFLOAT16: 16,
  INT32: 32,
  UINT32: 32,
  FLOAT32: 32,
  INT64: 64,
  UINT64: 64,
  FLOAT64: 64,
  COMPLEX64: 64,
  COMPLEX128: 128,
};

/**
 * The bytes of a constant tensor, or undefined when the tensor is computed.
 *
 * A tensor is constant when its buffer has bytes. An empty buffer means a computed tensor, as in TensorFlow Lite Micro
 * (micro_allocator.cc), unless the tensor has no elements at all. More bytes than elements are cut off: neither
 * runtime reads them.
 */
function constantBytes(
  model: TfliteModel,
  tensor: Table<'Tensor'>,
  shape: readonly number[],
  where: string,
): Uint8Array | undefined {
  if (tensor.externalBuffer !== 0) {
    fail('I8C0005', 'The data of the tensor is in a file beside the model, which int8c does not read.', {
      where: `${where}.externalBuffer`,
      hint: 'Export the model with its weights inside.',
    });
  }
  if (tensor.buffer === 0) return undefined;
  const data = at(model.buffers, tensor.buffer, 'buffer', `${where}.buffer`).data;
  if (data === undefined) return undefined;

  const bits = typeof tensor.type === 'number' ? undefined : elementBits[tensor.type];
  if (bits === undefined || tensor.sparsity !== undefined) return data.length === 0 ? undefined : data;
  const elements = shape.reduce((product, dim) => product * dim, 1);
  if (data.length === 0 && elements !== 0) return undefined;
  if (shape.some((dim) => dim < 0)) damaged(`A constant cannot have shape [${shape}].`, `${where}.shape`);
  const needed = Math.ceil((elements * bits) / 8);
  if (data.length < needed) {
    damaged(`The constant has ${data.length} bytes; its shape and type ask for ${needed}.`, where);
  }
  return data.subarray(0, needed);
}

function viewQuantization(
  parameters: Table<'QuantizationParameters'> | undefined,
  where: string,
): QuantizationView | undefined {
  const scale = parameters?.scale ?? [];
  const details = parameters?.details;
  if (parameters === undefined || (scale.length === 0 && details === undefined)) return undefined;
  return {
    scale,
    zeroPoint: zeroPoints(parameters.zeroPoint ?? [], scale.length, `${where}.zeroPoint`),
    axis: parameters.quantizedDimension,
    ...(details === undefined ? {} : { details: details.type }),
  };
}

/** One zero point per scale. None in the file means 0; one stands for all. */
function zeroPoints(stored: readonly bigint[], scales: number, where: string): number[] {
  if (stored.length > 1 && stored.length !== scales) {
    fail('I8C0208', `There are ${stored.length} zero points for ${scales} scales.`, { where });
  }
  const values = stored.map((zeroPoint, i) => {
    if (BigInt.asIntN(32, zeroPoint) !== zeroPoint) {
      fail('I8C0208', `The zero point ${zeroPoint} does not fit 32 bits.`, { where: `${where}[${i}]` });
    }
    return Number(zeroPoint);
  });
  return values.length === scales ? values : new Array<number>(scales).fill(values[0] ?? 0);
}

function viewOperator(
  model: TfliteModel,
  operator: Table<'Operator'>,
  index: number,
  tensorCount: number,
  where: string,
): OperatorView {
  const code = at(model.operatorCodes, operator.opcodeIndex, 'operator code', `${where}.opcodeIndex`);
  const options = operator.builtinOptions ?? operator.builtinOptions2;
  if (options !== undefined) checkSubgraphIndices(model, options, `${where}.builtinOptions`);
  const indices = (list: readonly number[] | undefined, field: string) =>
    tensorIndices(list, noTensor, tensorCount, `${where}.${field}`);
  return {
    index,
    opcode: opcodeName(code),
    version: code.version,
    inputs: indices(operator.inputs, 'inputs'),
    outputs: indices(operator.outputs, 'outputs'),
    intermediates: indices(operator.intermediates, 'intermediates'),
    ...(options === undefined ? {} : { options }),
    ...(operator.customOptions === undefined ? {} : { customOptions: operator.customOptions }),
  };
}

const builtinNames: readonly string[] = enums.BuiltinOperator.names;

/**
 * The name of an operator code. Its number is the larger of two fields: the 8-bit one, which older writers fill, and
 * the 32-bit one, which came when the numbers passed 127 (schema version 3a; GetBuiltinCode in schema_utils.cc).
 */
function opcodeName(code: Table<'OperatorCode'>): string {
  const number = Math.max(code.deprecatedBuiltinCode, builtinNumber(code.builtinCode));
  const name = builtinNames[number] ?? `BUILTIN_${number}`;
  return name === 'CUSTOM' ? `CUSTOM:${code.customCode ?? ''}` : name;
}

function builtinNumber(code: EnumValue<'BuiltinOperator'>): number {
  return typeof code === 'number' ? code : builtinNames.indexOf(code);
}

/** Checks the fields of an options table that the schema marks as indices of subgraphs. */
function checkSubgraphIndices(model: TfliteModel, options: OptionsView, where: string): void {
  if (!('value' in options) || !isTableName(options.type)) return;
  const values: Readonly<Record<string, unknown>> = options.value;
  for (const [key, field] of fieldsOf(options.type)) {
    if (field.kind === 'scalar' && field.indexOf === 'subgraphs') {
      at(model.subgraphs, Number(values[key]), 'subgraph', `${where}.${key}`);
    }
  }
}

function viewSignature(
  signature: Table<'SignatureDef'>,
  index: number,
  subgraphs: readonly SubgraphView[],
): SignatureView {
  const where = `Model.signatureDefs[${index}]`;
  const subgraph = at(subgraphs, signature.subgraphIndex, 'subgraph', `${where}.subgraphIndex`);
  const tensors = (maps: readonly Table<'TensorMap'>[] | undefined, field: string) =>
    (maps ?? []).map((map, i) => {
      at(subgraph.tensors, map.tensorIndex, 'tensor', `${where}.${field}[${i}].tensorIndex`);
      return { name: map.name ?? '', tensor: map.tensorIndex };
    });
  return {
    key: signature.signatureKey ?? '',
    subgraph: signature.subgraphIndex,
    inputs: tensors(signature.inputs, 'inputs'),
    outputs: tensors(signature.outputs, 'outputs'),
  };
}

/** A list of tensor indices, each from `lowest` to `count - 1`. */
function tensorIndices(
  list: readonly number[] | undefined,
  lowest: number,
  count: number,
  where: string,
): readonly number[] {
  const indices = list ?? [];
  indices.forEach((index, i) => {
    if (index < lowest || index >= count) outOfRange(index, 'tensor', count, `${where}[${i}]`);
  });
  return indices;
}

/** Element `index` of a list; I8C0002 when there is none. */
function at<T>(list: readonly T[] | undefined, index: number, what: string, where: string): T {
  return list?.[index] ?? outOfRange(index, what, list?.length ?? 0, where);
}

function outOfRange(index: number, what: string, count: number, where: string): never {
  damaged(`There is no ${what} ${index}; the model has ${count}.`, where);
}

function damaged(message: string, where: string): never {
  fail('I8C0002', message, { where });
}

// Collects the tensors and operators of a TFLite model and encodes them: numbering, buffers, operator codes.
// Source of the format: tflite/converter/schema/schema.fbs of LiteRT.
import { bytesOf, type TensorData } from '../../../ir/tensor-data.ts';
import type { ElementType, Quantization, TensorType } from '../../../ir/types.ts';
import { type Encodable, schemaVersion, type Table } from '../../frontends/tflite/schema.ts';
import { enums } from '../../frontends/tflite/schema-enums.ts';
import { encodeTflite } from '../../frontends/tflite/writer.ts';

/** An index into the tensors of one subgraph; {@link absentTensor} for an operand that is left out. */
export type TensorIndex = number;
export const absentTensor: TensorIndex = -1;

export type OperatorName = Exclude<Table<'OperatorCode'>['builtinCode'], number>;
export type BuiltinOptions = NonNullable<Encodable<Table<'Operator'>>['builtinOptions']>;

/** One of `Model.subgraphs` while it is being written. */
export interface SubgraphDraft {
  readonly name: string;
  readonly tensors: TensorDraft[];
  readonly operators: Encodable<Table<'Operator'>>[];
  inputs: readonly TensorIndex[];
  outputs: readonly TensorIndex[];
}

interface TensorDraft {
  name: string;
  /** A resource stands for a variable; its other properties say nothing. */
  readonly type: TensorType | 'resource';
  readonly buffer: number;
  /** The quantization that the file says, where the type has none itself. */
  quant: Quantization | undefined;
}

const elements: Readonly<Record<ElementType, Table<'Tensor'>['type']>> = {
  f32: 'FLOAT32',
  f16: 'FLOAT16',
  // Unpacked, as buffers hold it: int8 has every number of it.
  i4: 'INT8',
  i8: 'INT8',
  u8: 'UINT8',
  i16: 'INT16',
  i32: 'INT32',
  i64: 'INT64',
  bool: 'BOOL',
};

/** A name of an input or output of the signature. */
export interface NamedTensor {
  readonly name: string;
  readonly tensorIndex: TensorIndex;
}

export class TfliteModelDraft {
  private readonly subgraphs: SubgraphDraft[] = [];
  private readonly operatorCodes: Encodable<Table<'OperatorCode'>>[] = [];
  /** Buffer 0 is empty by convention: the buffer of all tensors that are computed. */
  private readonly buffers: Encodable<Table<'Buffer'>>[] = [{}];

  /** A further subgraph; the first is the one that runs. */
  subgraph(name: string): SubgraphDraft {
    const draft: SubgraphDraft = { name, tensors: [], operators: [], inputs: [], outputs: [] };
    this.subgraphs.push(draft);
    return draft;
  }

  /** The index of the subgraph in the file. */
  indexOf(subgraph: SubgraphDraft): number {
    return this.subgraphs.indexOf(subgraph);
  }

  /** A tensor that operators compute, or a variable's handle. */
  tensor(subgraph: SubgraphDraft, name: string, type: TensorType | 'resource'): TensorIndex {
    const quant = type === 'resource' ? undefined : type.quant;
    return subgraph.tensors.push({ name, type, buffer: 0, quant }) - 1;
  }

  /** A tensor known at compile time. Typed arrays are little-endian on every machine that runs JavaScript today. */
  constant(subgraph: SubgraphDraft, name: string, { type, data }: TensorData): TensorIndex {
    const buffer = this.buffers.push({ data: bytesOf(data) }) - 1;
    return subgraph.tensors.push({ name, type, buffer, quant: type.quant }) - 1;
  }

  /** Appends an operator; operators run in the order in which they are added. */
  operator(
    subgraph: SubgraphDraft,
    name: OperatorName,
    version: number,
    inputs: readonly TensorIndex[],
    outputs: readonly TensorIndex[],
    builtinOptions?: BuiltinOptions,
  ): void {
    const opcodeIndex = this.operatorCode(name, version);
    const plain = { opcodeIndex, inputs, outputs };
    subgraph.operators.push(builtinOptions === undefined ? plain : { ...plain, builtinOptions });
  }

  /** The file, with the signature `serving_default` over its first subgraph. */
  encode(description: string, inputs: readonly NamedTensor[], outputs: readonly NamedTensor[]): Uint8Array {
    return encodeTflite({
      version: schemaVersion,
      description,
      operatorCodes: this.operatorCodes,
      buffers: this.buffers,
      subgraphs: this.subgraphs.map(({ name, tensors, operators, inputs: given, outputs: taken }) => ({
        name,
        tensors: tensors.map(tensorTable),
        operators,
        inputs: given,
        outputs: taken,
      })),
      signatureDefs: [{ signatureKey: 'serving_default', subgraphIndex: 0, inputs, outputs }],
    });
  }

  private operatorCode(name: OperatorName, version: number): number {
    const known = this.operatorCodes.findIndex((code) => code.builtinCode === name && code.version === version);
    if (known >= 0) return known;
    return this.operatorCodes.push({ builtinCode: name, deprecatedBuiltinCode: deprecatedCode(name), version }) - 1;
  }
}

/** The number as old readers look for it in a single byte: 127, "see the other field", where it does not fit. */
function deprecatedCode(name: OperatorName): number {
  const names: readonly string[] = enums.BuiltinOperator.names;
  return Math.min(127, names.indexOf(name));
}

function tensorTable({ name, type, buffer, quant }: TensorDraft): Encodable<Table<'Tensor'>> {
  if (type === 'resource') return { name, type: 'RESOURCE', shape: [], buffer };
  const described = { name, type: elements[type.element], shape: type.shape, buffer, hasRank: true };
  if (quant === undefined) return described;
  const { scale, zero, axis = 0 } = quant;
  return { ...described, quantization: { scale, zeroPoint: zero.map(BigInt), quantizedDimension: axis } };
}

// Collects tensors and operators of one TFLite subgraph and encodes them: numbering, buffers and operator codes, which
// every model that the example writes needs in the same way.

import type { Encodable, Table } from '../frontends/tflite/schema.ts';
import { enums } from '../frontends/tflite/schema-enums.ts';
import { encodeTflite } from '../frontends/tflite/writer.ts';

/** An index into the subgraph's tensors. */
export type TensorIndex = number;

export interface Quantization {
  readonly scale: readonly number[];
  /** One for all scales. */
  readonly zeroPoint: number;
  /** The axis along which there is a scale per index, when there are several. */
  readonly axis?: number;
}

export interface TensorOptions {
  readonly quantization?: Quantization;
  /** The elements of a constant; tensors that operators compute have none. */
  readonly data?: Float32Array | Int32Array | Int8Array;
}

type TensorType = Table<'Tensor'>['type'];
type OperatorName = Exclude<Table<'OperatorCode'>['builtinCode'], number>;
type BuiltinOptions = NonNullable<Encodable<Table<'Operator'>>['builtinOptions']>;

export class TfliteGraph {
  private readonly tensors: Encodable<Table<'Tensor'>>[] = [];
  private readonly operators: Encodable<Table<'Operator'>>[] = [];
  private readonly operatorCodes: Encodable<Table<'OperatorCode'>>[] = [];
  /** Buffer 0 is empty by convention: the buffer of all tensors that are computed. */
  private readonly buffers: Encodable<Table<'Buffer'>>[] = [{}];

  tensor(name: string, type: TensorType, shape: readonly number[], options: TensorOptions = {}): TensorIndex {
    const { data, quantization } = options;
    const buffer = data === undefined ? 0 : this.buffers.push({ data: littleEndian(data) }) - 1;
    const described = { name, type, shape, buffer, hasRank: true };
    this.tensors.push(
      quantization === undefined ? described : { ...described, quantization: quantizationTable(quantization) },
    );
    return this.tensors.length - 1;
  }

  /** Appends an operator; operators run in the order in which they are added. */
  operator(
    name: OperatorName,
    version: number,
    inputs: readonly TensorIndex[],
    output: TensorIndex,
    builtinOptions: BuiltinOptions,
  ): void {
    this.operators.push({
      opcodeIndex: this.operatorCode(name, version),
      inputs,
      outputs: [output],
      builtinOptions,
    });
  }

  /** The file: one input, one output, and the signature `serving_default` that names them. */
  encode(description: string, input: TensorIndex, output: TensorIndex): Uint8Array {
    const named = (tensorIndex: TensorIndex) => [{ name: this.tensors[tensorIndex]?.name ?? '', tensorIndex }];
    return encodeTflite({
      version: 3,
      description,
      operatorCodes: this.operatorCodes,
      buffers: this.buffers,
      subgraphs: [
        { name: 'main', tensors: this.tensors, operators: this.operators, inputs: [input], outputs: [output] },
      ],
      signatureDefs: [
        { signatureKey: 'serving_default', subgraphIndex: 0, inputs: named(input), outputs: named(output) },
      ],
    });
  }

  private operatorCode(name: OperatorName, version: number): number {
    const known = this.operatorCodes.findIndex((code) => code.builtinCode === name && code.version === version);
    if (known >= 0) return known;
    return this.operatorCodes.push({ builtinCode: name, deprecatedBuiltinCode: deprecatedCode(name), version }) - 1;
  }
}

/** The operator's number as files had it while numbers were single bytes; all of the example's still fit. */
function deprecatedCode(name: OperatorName): number {
  const names: readonly string[] = enums.BuiltinOperator.names;
  return names.indexOf(name);
}

function quantizationTable({ scale, zeroPoint, axis }: Quantization): Encodable<Table<'QuantizationParameters'>> {
  return { scale, zeroPoint: scale.map(() => BigInt(zeroPoint)), quantizedDimension: axis ?? 0 };
}

/** The elements as TFLite buffers hold them, on machines of either byte order. */
function littleEndian(data: Float32Array | Int32Array | Int8Array): Uint8Array {
  const bytes = new Uint8Array(data.byteLength);
  const view = new DataView(bytes.buffer);
  const width = data.BYTES_PER_ELEMENT;
  for (const [i, element] of data.entries()) {
    if (data instanceof Float32Array) view.setFloat32(i * width, element, true);
    else if (data instanceof Int32Array) view.setInt32(i * width, element, true);
    else view.setInt8(i, element);
  }
  return bytes;
}

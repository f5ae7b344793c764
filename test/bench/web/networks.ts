// The networks that web benches run, for int8c and for the peers.
import { readFileSync } from 'node:fs';
import { constant } from '../../../ir/ops/constant.ts';
import { bytesPerElement, elementCount, type TensorType } from '../../../ir/types.ts';
import { importModel, type Program } from '../../../src/index.ts';
import { sharedPath } from '../../shared-folder.ts';
import type { Contestant } from './peers.ts';

export interface Network {
  readonly name: string;
  /** Its folder in the golden set. */
  readonly golden: string;
  /** The same network as ONNX, and how it takes its input. */
  readonly onnx: { readonly file: string; readonly layout?: 'nhwc' };
}

export const resnet8: Network = {
  name: 'ResNet8',
  golden: 'pretrainedResnet_quant',
  onnx: { file: 'pretrainedResnet_quant.qdq_u8.onnx', layout: 'nhwc' },
};

export const networks: readonly Network[] = [
  resnet8,
  { name: 'KWS', golden: 'kws_ref_model', onnx: { file: 'kws_ref_model.qdq_u8.onnx', layout: 'nhwc' } },
  { name: 'VWW', golden: 'vww_96_int8', onnx: { file: 'vww_96_int8.qdq_u8.onnx', layout: 'nhwc' } },
  { name: 'AD', golden: 'ad01_int8', onnx: { file: 'ad01_int8.qdq_u8.onnx' } },
  {
    name: 'MobileNetV2 224',
    golden: 'mobilenet_v2_quantized_1x3x224x224',
    onnx: { file: 'mobilenet_v2_quantized_1x3x224x224.qdq_u8_nc.onnx' },
  },
];

/** The model as another runtime reads it: TFLite, or ONNX for ONNX Runtime. */
export function peer(kind: 'litert' | 'tfjstflite' | 'ort', label: string, { golden, onnx }: Network): Contestant {
  if (kind !== 'ort') return { kind, label, url: `/golden/${golden}/model.tflite` };
  return { kind, label, url: `/derived/${onnx.file}`, ...(onnx.layout ? { layout: onnx.layout } : {}), u8: 1 };
}

export function readNetwork({ golden }: Network): Promise<Program> {
  return importModel(readFileSync(sharedPath('golden-tflite', golden, 'model.tflite')), { name: golden });
}

/** What a model is made of, in bytes. */
export interface ModelBytes {
  /** Its constants: weights, biases, tables. */
  readonly weights: number;
  /** The scales of its weights, a float for each channel that has its own. (A bias' scale follows from them.) */
  readonly scales: number;
}

export function modelBytes(program: Program): ModelBytes {
  const constants = program.module().entry.ops.filter((op) => op.definition === constant);
  const types = constants.flatMap((op) => op.results.map((value) => value.type));
  const sum = (of: (type: TensorType) => number) => types.reduce((bytes, type) => bytes + of(type), 0);
  return {
    weights: sum(({ element, shape }) => bytesPerElement(element) * elementCount(shape)),
    scales: sum(({ element, quant }) => (element === 'i32' ? 0 : 4 * (quant?.scale.length ?? 0))),
  };
}

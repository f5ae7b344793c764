// The given networks from the field: what the importer is told about each, what they are fed, and how near to ONNX
// Runtime their outputs have to be.
import type { ImportOptions } from '../../src/index.ts';

export interface RealNetwork {
  readonly name: string;
  /** Dimensions that the file leaves open, and inputs that decide what it computes. */
  readonly options?: Pick<ImportOptions, 'dims' | 'bind'>;
  /** A value to compare beside the outputs: the logits of what is almost zero everywhere once it is a probability. */
  readonly logits?: string;
  /** Range of the inputs that the network was made for. */
  readonly range: readonly [low: number, high: number];
  /** Inputs that begin as zeros and then take what the last run gave for an output: input to output. */
  readonly state?: Readonly<Record<string, string>>;
  /** Largest difference of an output's element, by the output's largest magnitude. */
  readonly tolerance: number;
  /** Outputs are sigmoids, for which {@link sigmoidError} is allowed. */
  readonly sigmoid?: true;
  /** More than a GMAC a run: as JavaScript only when asked. */
  readonly large?: true;
  /** A second or two to compile and to run as C and as WGSL: others only when asked. */
  readonly small?: true;
}

/**
 * How far ONNX Runtime's own sigmoid is off near zero, absolutely: it is one half and a rational function of the argument
 * (MlasComputeLogistic in onnxruntime/core/mlas/lib/logistic.cpp), so what is left of a small result is rounding at 0.5.
 */
export const sigmoidError = 2 ** -22;

/** Two float programs that sum in different orders: 24 bits of significand, some hundred roundings of random sign. */
const roundings = 2e-6;
/** The same through a hundred layers (ONNX Runtime with and without fusion: 6e-6) or many steps. */
const manyLayers = 2e-5;
/** Logarithms of what is left of a spectrum between tones (ONNX Runtime with and without fusion: 2e-4). */
const logarithms = 1e-3;

const sampleRate = { sr: { shape: [], values: [16000] } };

export const realNetworks: readonly RealNetwork[] = [
  { name: 'autoencoder1d', range: [-2, 2], tolerance: roundings, small: true },
  { name: 'basic_pitch_onnx', range: [-1, 1], tolerance: logarithms },
  { name: 'blazeface_front', range: [-1, 1], tolerance: roundings },
  { name: 'cct_2_32_128', range: [-2, 2], tolerance: roundings, small: true },
  { name: 'dtln_1_onnx', range: [0, 4], state: { input_3: 'tf_op_layer_stack_2' }, tolerance: roundings, small: true },
  { name: 'light_resnet50', range: [-2, 2], tolerance: roundings, large: true },
  { name: 'light_squeezenet', range: [-2, 2], tolerance: roundings },
  { name: 'mnist_cntk', range: [0, 255], tolerance: roundings, small: true },
  {
    name: 'ppocr_v4_det',
    options: { dims: { 'p2o.DynamicDimension.1': 96, 'p2o.DynamicDimension.2': 96 } },
    logits: 'p2o.Add.281',
    range: [-2, 2.5],
    tolerance: manyLayers,
    sigmoid: true,
  },
  {
    name: 'silero_vad_op18_ifless',
    options: { dims: { sequence: 576 }, bind: sampleRate },
    range: [-0.5, 0.5],
    state: { state: 'stateN' },
    tolerance: manyLayers,
  },
  {
    name: 'silero_vad_v5',
    options: { dims: { 'input:1': 512 }, bind: sampleRate },
    range: [-0.5, 0.5],
    state: { state: 'stateN' },
    tolerance: manyLayers,
    small: true,
  },
  { name: 'super_resolution', range: [0, 1], tolerance: roundings, large: true },
  { name: 'tinyvit_demo', range: [-2, 2], tolerance: roundings },
  { name: 'ultraface_rfb320', range: [-1, 1], tolerance: roundings },
  { name: 'yolox_nano', range: [0, 255], tolerance: manyLayers },
  { name: 'yunet_n_320', range: [0, 255], tolerance: roundings, sigmoid: true },
];

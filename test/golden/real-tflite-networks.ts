// The given TFLite networks from the field: what each is fed, and how its runs follow each other.

export interface RealTfliteNetwork {
  readonly name: string;
  /** A tensor to compare beside the outputs: what is hardly more than one value once it is a probability in 8 bits. */
  readonly logits?: string;
  /** Range of the inputs that the network was made for. */
  readonly range: readonly [low: number, high: number];
  /** Runs that follow each other: several for networks with memory. */
  readonly runs: number;
  /** Inputs that begin as zeros and then take what the last run gave for an output: input to output. */
  readonly state?: Readonly<Record<string, string>>;
  /** Too slow on the reference interpreter: held to generated JavaScript, to the reference only when asked. */
  readonly large?: true;
  /** A few seconds to compile and to run as C and as WGSL: others only when asked. */
  readonly small?: true;
}

export const realTfliteNetworks: readonly RealTfliteNetwork[] = [
  { name: 'basic_pitch_tflite', range: [-1, 1], runs: 1 },
  { name: 'dtln_quant_1', range: [0, 4], runs: 4, state: { input_3: 'Identity_1' }, small: true },
  // The longest of its variables holds 18 rows and takes 2 a run.
  { name: 'lyragan', range: [-3, 3], runs: 10 },
  {
    name: 'mltk_kws_on_off',
    logits: 'TENet/dense/MatMul;TENet/dense/BiasAdd',
    range: [-128, 128],
    runs: 2,
  },
  { name: 'mp_face_short', range: [-1, 1], runs: 1 },
  { name: 'mp_selfie', range: [0, 1], runs: 1 },
  {
    name: 'mww_okay_nabu_v2',
    logits: 'model/dense/MatMul;model/dense/BiasAdd',
    range: [-128, 128],
    // Its variables, one behind the other, hold what 56 runs gave: the last runs see what went through all of them.
    runs: 60,
    small: true,
  },
  { name: 'yolox_nano_int8', range: [0, 255], runs: 1, large: true },
];

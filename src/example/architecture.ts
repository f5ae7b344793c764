// The example's network as a table: a small depthwise-separable CNN with one residual connection. Training,
// quantization and both model writers follow this table.

import { classNames, imageSize } from './draw.ts';

export type Activation = 'none' | 'relu' | 'relu6';

/** A convolution with batch normalization and activation; square images, kernels and strides, padding SAME. */
export interface Stage {
  readonly name: string;
  readonly kind: 'conv' | 'depthwise';
  readonly kernel: number;
  readonly stride: number;
  readonly inSize: number;
  readonly outSize: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly activation: Activation;
  /** The stage whose output is added to this one's: a residual connection. */
  readonly addOutputOf?: string;
}

export const stages: readonly Stage[] = chain([
  { name: 'stem', kind: 'conv', kernel: 3, stride: 2, outChannels: 8, activation: 'relu6' },
  { name: 'block1/depthwise', kind: 'depthwise', kernel: 3, stride: 1, outChannels: 8, activation: 'relu6' },
  { name: 'block1/pointwise', kind: 'conv', kernel: 1, stride: 1, outChannels: 16, activation: 'relu' },
  { name: 'block2/depthwise', kind: 'depthwise', kernel: 3, stride: 2, outChannels: 16, activation: 'relu6' },
  { name: 'block2/pointwise', kind: 'conv', kernel: 1, stride: 1, outChannels: 32, activation: 'relu' },
  { name: 'block3/depthwise', kind: 'depthwise', kernel: 3, stride: 1, outChannels: 32, activation: 'relu6' },
  {
    name: 'block3/pointwise',
    kind: 'conv',
    kernel: 1,
    stride: 1,
    outChannels: 32,
    activation: 'none',
    addOutputOf: 'block2/pointwise',
  },
]);

/** The last stage's output: averaged over the whole image, then classified by one fully connected layer. */
export const classifier = { size: 6, inFeatures: 32, outFeatures: classNames.length } as const;

/** Fills in each stage's input from the stage before it, starting at the grey image. */
function chain(rows: readonly Omit<Stage, 'inSize' | 'outSize' | 'inChannels'>[]): Stage[] {
  let size = imageSize;
  let channels = 1;
  return rows.map((row) => {
    const stage = { ...row, inSize: size, outSize: Math.ceil(size / row.stride), inChannels: channels };
    size = stage.outSize;
    channels = stage.outChannels;
    return stage;
  });
}

/** Rows and columns of padding before the image under padding SAME (after it, the rest of the total). */
export function paddingBefore(stage: Stage): number {
  const total = Math.max(0, (stage.outSize - 1) * stage.stride + stage.kernel - stage.inSize);
  return Math.floor(total / 2);
}

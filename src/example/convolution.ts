// Convolution and depthwise convolution over batches, forward and backward. Activations are NHWC; weights have the
// layout that TFLite stores: [out, height, width, in] and [1, height, width, channel].

import { paddingBefore, type Stage } from './architecture.ts';

/** The gradients that a layer's backward step gives. */
export interface Gradients {
  /** With respect to the layer's input. */
  readonly input: Float64Array;
  /** With respect to its weights, summed over the batch. */
  readonly weights: Float64Array;
}

/** Number of weights that meet in one output value. */
export function fanIn(stage: Stage): number {
  return stage.kernel * stage.kernel * (stage.kind === 'conv' ? stage.inChannels : 1);
}

/** The output channel that a weight belongs to: the last axis of depthwise weights, the first one of others. */
export function outChannelOf(stage: Stage, weightIndex: number): number {
  return stage.kind === 'conv' ? Math.floor(weightIndex / fanIn(stage)) : weightIndex % stage.outChannels;
}

/** The stage's convolution of `batch` images, without bias: [batch, outSize, outSize, outChannels]. */
export function convolve(stage: Stage, input: Float64Array, weights: Float64Array, batch: number): Float64Array {
  return stage.kind === 'conv' ? conv(stage, input, weights, batch) : depthwiseConv(stage, input, weights, batch);
}

/** The gradients of {@link convolve}, given the one with respect to its output. */
export function convolveBackward(
  stage: Stage,
  input: Float64Array,
  weights: Float64Array,
  outputGradient: Float64Array,
  batch: number,
): Gradients {
  const backward = stage.kind === 'conv' ? convBackward : depthwiseConvBackward;
  return backward(stage, input, weights, outputGradient, batch);
}

function conv(stage: Stage, input: Float64Array, weights: Float64Array, batch: number): Float64Array {
  const { inChannels, outChannels } = stage;
  const row = fanIn(stage);
  const output = new Float64Array(batch * stage.outSize * stage.outSize * outChannels);
  forEachTap(stage, batch, (outPixel, inPixel, tap) => {
    const x = inPixel * inChannels;
    const y = outPixel * outChannels;
    // Four outputs at a time (all channel counts are multiples of 4): a lone sum would wait for each of its additions.
    for (let o = 0; o < outChannels; o += 4) {
      const w0 = o * row + tap * inChannels;
      const w1 = w0 + row;
      const w2 = w1 + row;
      const w3 = w2 + row;
      let sum0 = output[y + o]!;
      let sum1 = output[y + o + 1]!;
      let sum2 = output[y + o + 2]!;
      let sum3 = output[y + o + 3]!;
      for (let i = 0; i < inChannels; i++) {
        const value = input[x + i]!;
        sum0 += value * weights[w0 + i]!;
        sum1 += value * weights[w1 + i]!;
        sum2 += value * weights[w2 + i]!;
        sum3 += value * weights[w3 + i]!;
      }
      output[y + o] = sum0;
      output[y + o + 1] = sum1;
      output[y + o + 2] = sum2;
      output[y + o + 3] = sum3;
    }
  });
  return output;
}

function convBackward(
  stage: Stage,
  input: Float64Array,
  weights: Float64Array,
  outputGradient: Float64Array,
  batch: number,
): Gradients {
  const { inChannels, outChannels } = stage;
  const row = fanIn(stage);
  const inputGradient = new Float64Array(input.length);
  const weightGradient = new Float64Array(weights.length);
  forEachTap(stage, batch, (outPixel, inPixel, tap) => {
    const x = inPixel * inChannels;
    const y = outPixel * outChannels;
    for (let o = 0; o < outChannels; o += 4) {
      const w0 = o * row + tap * inChannels;
      const w1 = w0 + row;
      const w2 = w1 + row;
      const w3 = w2 + row;
      const gradient0 = outputGradient[y + o]!;
      const gradient1 = outputGradient[y + o + 1]!;
      const gradient2 = outputGradient[y + o + 2]!;
      const gradient3 = outputGradient[y + o + 3]!;
      for (let i = 0; i < inChannels; i++) {
        const value = input[x + i]!;
        weightGradient[w0 + i]! += gradient0 * value;
        weightGradient[w1 + i]! += gradient1 * value;
        weightGradient[w2 + i]! += gradient2 * value;
        weightGradient[w3 + i]! += gradient3 * value;
        inputGradient[x + i]! +=
          gradient0 * weights[w0 + i]! +
          gradient1 * weights[w1 + i]! +
          gradient2 * weights[w2 + i]! +
          gradient3 * weights[w3 + i]!;
      }
    }
  });
  return { input: inputGradient, weights: weightGradient };
}

function depthwiseConv(stage: Stage, input: Float64Array, weights: Float64Array, batch: number): Float64Array {
  const channels = stage.outChannels;
  const output = new Float64Array(batch * stage.outSize * stage.outSize * channels);
  forEachTap(stage, batch, (outPixel, inPixel, tap) => {
    const x = inPixel * channels;
    const y = outPixel * channels;
    const w = tap * channels;
    for (let c = 0; c < channels; c++) output[y + c]! += input[x + c]! * weights[w + c]!;
  });
  return output;
}

function depthwiseConvBackward(
  stage: Stage,
  input: Float64Array,
  weights: Float64Array,
  outputGradient: Float64Array,
  batch: number,
): Gradients {
  const channels = stage.outChannels;
  const inputGradient = new Float64Array(input.length);
  const weightGradient = new Float64Array(weights.length);
  forEachTap(stage, batch, (outPixel, inPixel, tap) => {
    const x = inPixel * channels;
    const y = outPixel * channels;
    const w = tap * channels;
    for (let c = 0; c < channels; c++) {
      const gradient = outputGradient[y + c]!;
      weightGradient[w + c]! += gradient * input[x + c]!;
      inputGradient[x + c]! += gradient * weights[w + c]!;
    }
  });
  return { input: inputGradient, weights: weightGradient };
}

/**
 * Calls `visit` for every output pixel of the batch with every tap of the kernel that lies inside the image: the
 * indices of the output pixel, of the input pixel, and of the tap (row by row).
 */
function forEachTap(
  stage: Stage,
  batch: number,
  visit: (outPixel: number, inPixel: number, tap: number) => void,
): void {
  const { kernel, stride, inSize, outSize } = stage;
  const before = paddingBefore(stage);
  let outPixel = 0;
  for (let image = 0; image < batch; image++) {
    for (let row = 0; row < outSize; row++) {
      for (let column = 0; column < outSize; column++, outPixel++) {
        for (let tapRow = 0; tapRow < kernel; tapRow++) {
          const inRow = row * stride - before + tapRow;
          if (inRow < 0 || inRow >= inSize) continue;
          for (let tapColumn = 0; tapColumn < kernel; tapColumn++) {
            const inColumn = column * stride - before + tapColumn;
            if (inColumn < 0 || inColumn >= inSize) continue;
            visit(outPixel, (image * inSize + inRow) * inSize + inColumn, tapRow * kernel + tapColumn);
          }
        }
      }
    }
  }
}

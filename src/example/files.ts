// The files of the bundled example: models, samples and labels, as names with bytes. What is written is decided by the
// trained network and the drawings alone.

import { encodeNpy } from '../files/npy.ts';
import { calibrationSet, floatSampleCount, sampleSet } from './datasets.ts';
import { classNames, type Dataset, imageSize } from './draw.ts';
import type { TrainedNetwork } from './network.ts';
import { type QuantizedNetwork, quantize } from './quantize.ts';
import { firstImages, greyLevels } from './train.ts';
import { writeFloatModel } from './write-float-model.ts';
import { writeInt8Model } from './write-int8-model.ts';

/** The trained network in int8, calibrated on the start of the training set. */
export function quantizeExample(network: TrainedNetwork): QuantizedNetwork {
  const calibration = calibrationSet();
  return quantize(network, greyLevels(calibration, firstImages(calibration.count)), calibration.count);
}

/** All files of the example but its README. */
export function exampleFiles(network: TrainedNetwork, quantized: QuantizedNetwork): Map<string, Uint8Array> {
  const samples = sampleSet();
  const star = samples.labels.indexOf(classNames.indexOf('star'));
  const labels = { classes: classNames, labels: [...samples.labels] };
  return new Map([
    ['shapes.tflite', writeFloatModel(network)],
    ['shapes_int8.tflite', writeInt8Model(quantized)],
    ['samples.npy', floatImages(samples, firstImages(floatSampleCount))],
    ['samples_int8.npy', int8Images(samples, firstImages(samples.count))],
    ['star.npy', floatImages(samples, [star])],
    ['star_int8.npy', int8Images(samples, [star])],
    ['labels.json', new TextEncoder().encode(`${JSON.stringify(labels)}\n`)],
  ]);
}

function floatImages(data: Dataset, chosen: ArrayLike<number>): Uint8Array {
  return encodeNpy('f32', Float32Array.from(greyLevels(data, chosen)), [chosen.length, imageSize, imageSize, 1]);
}

/** Grey level g as the int8 number g - 128, which the int8 model's input quantization takes for g / 255. */
function int8Images(data: Dataset, chosen: ArrayLike<number>): Uint8Array {
  const levels = Int8Array.from(greyLevels(data, chosen), (grey) => Math.round(grey * 255) - 128);
  return encodeNpy('i8', levels, [chosen.length, imageSize, imageSize, 1]);
}

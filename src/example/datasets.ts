// The sets of drawings that the example uses, each with its own seed but for calibration.

import { type Dataset, drawDataset } from './draw.ts';

const trainingSeed = 1;

/** What the network learns from. */
export const trainingSet = (): Dataset => drawDataset(4000, trainingSeed);

/** What the int8 model is calibrated on: the start of the training set, which the same seed gives again. */
export const calibrationSet = (): Dataset => drawDataset(256, trainingSeed);

/** What accuracy is measured on. */
export const heldOutSet = (): Dataset => drawDataset(1000, 2);

/** The images written beside the models for users to try: eight of each class. */
export const sampleSet = (): Dataset => drawDataset(64, 3);

/** How many of the samples are written as float32 too, which takes four times the bytes. */
export const floatSampleCount = 24;

// Where samples go: an input of a program, with what --preprocess says about it worked out once.
import { fail, quoteName } from '../../ir/diagnostics.ts';
import { elementCount, type TensorType } from '../../ir/types.ts';
import { formatTensorShape } from '../files/fit-tensor.ts';
import type { TensorInfo } from '../program.ts';
import type { Color, Layout, Preprocess } from './preprocess.ts';

/** An input as a picture. */
export interface PictureTarget {
  readonly layout: Layout;
  readonly width: number;
  readonly height: number;
  readonly color: Color;
}

/** y = (x * scale - mean) / std, channel by channel. */
export interface Normalization {
  readonly scale: readonly number[];
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Elements that follow each other in one channel; after them comes the next channel, after the last one the first. */
  readonly run: number;
}

export interface InputTarget {
  readonly input: TensorInfo;
  readonly preprocess: Preprocess;
  /** How pictures become the input, or why they cannot. */
  readonly picture: PictureTarget | { readonly problem: string; readonly hint?: string };
  /** Undefined where numbers are left as they are. */
  readonly normalization: Normalization | undefined;
}

/** Whether the elements of an input stand for real numbers. */
export function isReal(type: TensorType): boolean {
  return type.element === 'f32' || type.quant !== undefined;
}

/**
 * Works out what preprocessing means for an input.
 *
 * @throws CompileError I8C0401 where it does not fit the input: other channels, another layout, normalized indices.
 */
export function targetOf(input: TensorInfo, preprocess: Preprocess): InputTarget {
  const { type } = input;
  const axes = pictureAxes(type, preprocess.layout);
  const picture = 'problem' in axes ? axes : pictureOf(axes, input, preprocess);
  // What can be a picture may also be features over time, [1, 49, 10]: the last extent then has the channels.
  const possible = [
    ...('problem' in axes ? [] : [axes.channelAxis]),
    featureAxis(type.shape.length, preprocess.layout),
  ];
  return { input, preprocess, picture, normalization: normalizationOf(input, preprocess, possible) };
}

/** The axis of channels of an input that is no picture: the last one, where the layout does not say otherwise. */
function featureAxis(rank: number, layout: Layout | undefined): number {
  if (layout !== 'nchw') return rank - 1;
  return rank === 4 ? 1 : 0;
}

interface PictureAxes {
  readonly layout: Layout;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Undefined for an input of rows and columns alone. */
  readonly channelAxis: number | undefined;
}

/** Inputs of rank 4 with a batch of 1, 3 or 2 have the axes of a picture; its channels are one or three. */
function pictureAxes(type: TensorType, asked: Layout | undefined): PictureAxes | { problem: string; hint?: string } {
  const { shape } = type;
  const described = `The input is ${formatTensorShape(type)}`;
  if (shape.length === 4 && shape[0] !== 1)
    return { problem: `${described}: a batch of ${shape[0]}, not one picture.` };
  const skipped = shape.length === 4 ? 1 : 0;
  const [a, b, c] = shape.slice(skipped);
  if (a !== undefined && b !== undefined && shape.length === 2) {
    return { layout: 'nhwc', height: a, width: b, channels: 1, channelAxis: undefined };
  }
  if (a === undefined || b === undefined || c === undefined || shape.length > 4) {
    return { problem: `${described}, which is no picture.` };
  }
  const isChannels = (extent: number) => extent === 1 || extent === 3;
  const nhwc: PictureAxes = { layout: 'nhwc', height: a, width: b, channels: c, channelAxis: skipped + 2 };
  const nchw: PictureAxes = { layout: 'nchw', channels: a, height: b, width: c, channelAxis: skipped };
  const possible = [nhwc, nchw].filter((p) => isChannels(p.channels) && (asked ?? p.layout) === p.layout);
  const [first, second] = possible;
  if (first === undefined) {
    return {
      problem: `${described}, which is no picture of one or three channels${asked ? ` laid out as ${asked}` : ''}.`,
    };
  }
  if (second === undefined) return first;
  return {
    problem: `${described}, and its layout cannot be told.`,
    hint: 'Name it: --preprocess layout=nhwc or nchw.',
  };
}

function pictureOf(axes: PictureAxes, { name }: TensorInfo, preprocess: Preprocess): PictureTarget {
  const { layout, width, height, channels } = axes;
  const color = preprocess.color ?? (channels === 1 ? 'gray' : 'rgb');
  if ((color === 'gray') !== (channels === 1)) {
    fail('I8C0401', `--preprocess gives color=${color}, and input ${quoteName(name)} has ${channels} channels.`);
  }
  return { layout, width, height, color };
}

function normalizationOf(
  { name, type }: TensorInfo,
  { scale, mean, std }: Preprocess,
  possibleAxes: readonly (number | undefined)[],
): Normalization | undefined {
  if ((scale ?? mean ?? std) === undefined || !isReal(type)) return undefined;
  const lists = { scale: scale ?? [1], mean: mean ?? [0], std: std ?? [1] };
  const channels = Math.max(...Object.values(lists).map((list) => list.length));
  const extentOf = (axis: number | undefined) => (axis === undefined ? 1 : (type.shape[axis] ?? 1));
  const [axis] = [...possibleAxes.filter((a) => extentOf(a) === channels), ...possibleAxes];
  const extent = extentOf(axis);
  for (const [key, { length }] of Object.entries(lists)) {
    if (length === 1 || length === extent) continue;
    const has = `${extent} channel${extent === 1 ? '' : 's'}`;
    const message = `--preprocess gives ${length} numbers for ${key}, and input ${quoteName(name)} has ${has}`;
    fail('I8C0401', `${message}: it is ${formatTensorShape(type)}.`, {
      hint: 'Give one number, or one per channel; layout=nhwc or layout=nchw says which axis the channels are.',
    });
  }
  const perChannel = (list: readonly number[]) => Array.from({ length: channels }, (_, c) => list[c] ?? list[0] ?? 0);
  const run = channels === 1 ? elementCount(type.shape) : elementCount(type.shape.slice((axis ?? 0) + 1));
  return { scale: perChannel(lists.scale), mean: perChannel(lists.mean), std: perChannel(lists.std), run };
}

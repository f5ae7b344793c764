// The language of --preprocess: what parses to what, what is refused, and how it is held to a program's input.
import { describe, expect, test } from 'vitest';
import { targetOf } from '../../src/samples/input-target.ts';
import { parsePreprocess } from '../../src/samples/preprocess.ts';
import { input, messageOf } from './temporary-folder.ts';

test('every key', () => {
  const text =
    'resize=96x64,layout=nchw,dtype=u8,scale=1/255,mean=0.485:0.456:0.406,std=0.229:.224:2.25e-1,color=bgr,crop=center';
  expect(parsePreprocess(text)).toEqual({
    resize: { width: 96, height: 64 },
    layout: 'nchw',
    dtype: 'u8',
    scale: [1 / 255],
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
    color: 'bgr',
    crop: 'center',
  });
});

test.each<[string, object]>([
  ['', {}],
  [' resize = 7 , ', { resize: { width: 7, height: 7 } }],
  ['mean=-1', { mean: [-1] }],
  ['scale=1e-3:2/4:+3.', { scale: [0.001, 0.5, 3] }],
  ['color=RGB,layout=NHWC', { color: 'rgb', layout: 'nhwc' }],
])('%j', (text, parsed) => {
  expect(parsePreprocess(text)).toEqual(parsed);
});

test.each<[string, string]>([
  ['resise=96', '--preprocess has no "resise". Did you mean resize?'],
  ['rotate=90', '--preprocess has no "rotate". It has dtype, color, resize, crop, layout, scale, mean, std.'],
  ['__proto__=1', 'has no "__proto__"'],
  ['constructor', 'has no "constructor"'],
  ['resize', '--preprocess gives resize as "". It takes WIDTHxHEIGHT'],
  ['resize=0x5', 'resize as "0x5"'],
  ['resize=99999x99999', 'resize as "99999x99999"'],
  ['resize=96x96x3', 'resize as "96x96x3"'],
  ['scale=1/0', 'scale as "1/0"'],
  ['scale=0x10', 'scale as "0x10"'],
  ['mean=1:', 'mean as "1:"'],
  ['mean=1/2/3', 'mean as "1/2/3"'],
  ['mean=NaN', 'mean as "NaN"'],
  ['std=1:0', 'none of them 0'],
  ['layout=hwc', 'layout as "hwc". It takes nhwc, nchw.'],
  ['dtype=int8', 'dtype as "int8". It takes f32'],
  ['crop=top', 'crop as "top". It takes center.'],
  ['crop=center,crop=center', 'gives crop twice'],
])('%j is refused', async (text, message) => {
  const found = await messageOf(() => parsePreprocess(text));
  expect(found).toContain('error[I8C0401]');
  expect(found).toContain(message);
});

describe('an input as a picture', () => {
  test.each<[readonly number[], string, object]>([
    [[1, 4, 5, 3], '', { layout: 'nhwc', width: 5, height: 4, color: 'rgb' }],
    [[1, 3, 4, 5], '', { layout: 'nchw', width: 5, height: 4, color: 'rgb' }],
    [[4, 5, 1], '', { layout: 'nhwc', width: 5, height: 4, color: 'gray' }],
    [[1, 4, 5], '', { layout: 'nchw', width: 5, height: 4, color: 'gray' }],
    [[4, 5], '', { layout: 'nhwc', width: 5, height: 4, color: 'gray' }],
    [[1, 3, 4, 3], 'layout=nchw', { layout: 'nchw', width: 3, height: 4, color: 'rgb' }],
    [[1, 3, 4, 3], 'layout=nhwc,color=bgr', { layout: 'nhwc', width: 4, height: 3, color: 'bgr' }],
    [[1, 3, 4, 3], '', { problem: expect.stringContaining('layout cannot be told') }],
    [[1, 4, 5, 3], 'layout=nchw', { problem: expect.stringContaining('laid out as nchw') }],
    [[2, 4, 5, 3], '', { problem: expect.stringContaining('a batch of 2') }],
    [[1, 4, 5, 7], '', { problem: expect.stringContaining('no picture') }],
    [[10], '', { problem: expect.stringContaining('no picture') }],
  ])('%j %s', (shape, text, picture) => {
    expect(targetOf(input('x', 'f32', shape), parsePreprocess(text)).picture).toMatchObject(picture);
  });

  test.each<[readonly number[], string, string]>([
    [[1, 4, 5, 3], 'color=gray', 'color=gray, and input "x" has 3 channels'],
    [[1, 4, 5, 1], 'color=rgb', 'color=rgb, and input "x" has 1 channels'],
    [[1, 4, 5, 3], 'mean=1:2', 'gives 2 numbers for mean, and input "x" has 3 channels'],
    [[1, 4, 5, 1], 'std=1:2:3', 'gives 3 numbers for std, and input "x" has 1 channel:'],
  ])('%j %s is refused', async (shape, text, message) => {
    const target = () => targetOf(input('x', 'f32', shape), parsePreprocess(text));
    expect(await messageOf(target)).toContain(message);
  });
});

test.each<[readonly number[], string, number]>([
  [[1, 8, 2], '', 1],
  [[1, 2, 4, 4], 'layout=nchw,', 16],
  [[1, 4, 3], '', 1],
])('channels of %j with %j', (shape, text, run) => {
  const extent = run === 16 ? 2 : (shape.at(-1) ?? 0);
  const mean = Array.from({ length: extent }, (_, i) => i);
  const { normalization } = targetOf(input('x', 'f32', shape), parsePreprocess(`${text}mean=${mean.join(':')}`));
  expect(normalization).toEqual({ scale: mean.map(() => 1), mean, std: mean.map(() => 1), run });
});

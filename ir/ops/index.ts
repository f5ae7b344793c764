// Every operator of the tensor IR, one line each.
import type { AnyOpDefinition } from '../module.ts';
import { clamp } from './clamp.ts';
import { constant } from './constant.ts';
import { conv2d } from './conv2d.ts';
import { dequantize } from './dequantize.ts';
import { averagePool2d, l2Pool2d, maxPool2d } from './pool2d.ts';
import { requantize } from './requantize.ts';
import { reshape } from './reshape.ts';

const list: readonly AnyOpDefinition[] = [
  averagePool2d,
  clamp,
  constant,
  conv2d,
  dequantize,
  l2Pool2d,
  maxPool2d,
  requantize,
  reshape,
];

/** Operator by name. */
export const operators: ReadonlyMap<string, AnyOpDefinition> = new Map(list.map((d) => [d.name, d]));

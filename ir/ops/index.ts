// Every operator of the tensor IR, one line each.
import type { AnyOpDefinition } from '../module.ts';
import { clamp } from './clamp.ts';
import { constant } from './constant.ts';
import { conv2d } from './conv2d.ts';
import { dequantize } from './dequantize.ts';
import { requantize } from './requantize.ts';
import { reshape } from './reshape.ts';

const list: readonly AnyOpDefinition[] = [clamp, constant, conv2d, dequantize, requantize, reshape];

/** Operator by name. */
export const operators: ReadonlyMap<string, AnyOpDefinition> = new Map(list.map((d) => [d.name, d]));

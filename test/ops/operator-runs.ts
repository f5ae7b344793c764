// Runs a small function both ways, by its operators' references and by its loops, on seeded random inputs.
import { expect } from 'vitest';
import type { AttributeSchema } from '../../ir/attributes.ts';
import { type AttributeInput, Builder } from '../../ir/builder.ts';
import type { OpDefinition } from '../../ir/define-op.ts';
import { createReferenceRunner } from '../../ir/interpreter.ts';
import { runProgram } from '../../ir/loops/interpreter.ts';
import { Func, Module, type Value } from '../../ir/module.ts';
import { allocateTensor, bytesOf, type TensorArray, type TensorData } from '../../ir/tensor-data.ts';
import { elementCount, integerRange, perTensor, type TensorType, tensorType } from '../../ir/types.ts';
import { lowerFunction } from '../../passes/lower.ts';
import { executable, runPasses } from '../../passes/pipeline.ts';
import { scalar } from '../../passes/schedule/isa.ts';

/** Numbers in [0, 1) from a seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function randomInteger(random: () => number, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

/** Any value of the element type; floats lie in [-4, 4), with a few zeros among them. */
export function randomTensor(random: () => number, type: TensorType): TensorData {
  const tensor = allocateTensor(type);
  const { data } = tensor;
  for (let i = 0; i < data.length; i++) {
    if (data instanceof BigInt64Array) data[i] = BigInt(randomInteger(random, -1000, 1000));
    else if (type.element === 'f32') data[i] = random() < 0.05 ? 0 : random() * 8 - 4;
    else {
      const { min, max } = integerRange(type.element);
      data[i] = randomInteger(random, min, max);
    }
  }
  return tensor;
}

/** An integer type with a scale, for tests that do not care which. */
export function quantized(element: 'i8' | 'u8' | 'i16', shape: readonly number[], scale = 0.1, zero = 0): TensorType {
  return tensorType(element, shape, perTensor(scale, zero));
}

/** A function of inputs, run by references or by loops. */
export class Runs {
  readonly module = new Module('test');
  readonly func = new Func('main');
  readonly builder = new Builder(this.func);

  constructor() {
    this.module.functions.push(this.func);
  }

  input(type: TensorType): Value {
    return this.func.addInput(`x${this.func.inputs.length}`, type);
  }

  output(value: Value): void {
    this.func.addOutput(`y${this.func.outputs.length}`, value);
  }

  /** By references, then by loops; both give the same bytes. Returns one list of outputs per step. */
  run(steps: readonly (readonly TensorArray[])[]): TensorArray[][] {
    runPasses(this.module, { passes: executable });
    const reference = createReferenceRunner(this.func);
    const expected = steps.map((inputs) => reference.run(inputs).map((t) => t.data));
    const program = lowerFunction(this.func, { name: 'test', isa: scalar });
    const memory = runProgram(program, { poison: true });
    for (const [s, inputs] of steps.entries()) {
      for (const [i, output] of memory.run(inputs).entries()) {
        expect(bytesOf(output), `step ${s}, output ${i}`).toEqual(bytesOf(expected[s]![i]!));
      }
    }
    return expected;
  }
}

/** One operator on given operands: its results by reference, after checking that its loops give the same bytes. */
export function runOperator<S extends AttributeSchema>(
  definition: OpDefinition<S>,
  operands: readonly (TensorData | undefined)[],
  attributes: AttributeInput<S> = {},
  types?: readonly TensorType[],
): TensorData[] {
  const runs = new Runs();
  const values = operands.map((o) => (o === undefined ? undefined : runs.input(o.type)));
  const op = runs.builder.op(definition, values, attributes, { hints: types });
  const resultTypes = op.results.map((r) => r.type);
  for (const r of op.results) runs.output(r);
  const [outputs] = runs.run([operands.flatMap((o) => (o === undefined ? [] : [o.data]))]);
  return outputs!.map((data, i) => ({ type: resultTypes[i]!, data }));
}

/** The elements as plain numbers. */
export function numbers(tensor: TensorData | undefined): number[] {
  return Array.from((tensor?.data ?? []) as ArrayLike<number | bigint>, Number);
}

/** Counts up from `from`: contents that make positions visible. */
export function counting(type: TensorType, from = 0): TensorData {
  const tensor = allocateTensor(type);
  for (let i = 0; i < elementCount(type.shape); i++) tensor.data[i] = from + i;
  return tensor;
}

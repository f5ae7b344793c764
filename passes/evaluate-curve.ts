// The values of a curve at given points, by its operators' own references.
import { Builder } from '../ir/builder.ts';
import { internalError } from '../ir/diagnostics.ts';
import { Func, type Value } from '../ir/module.ts';
import { constantOf } from '../ir/ops/constant.ts';
import { allocateTensor, type TensorArray, type TensorData } from '../ir/tensor-data.ts';
import { type TensorType, tensorType } from '../ir/types.ts';
import type { Curve } from './curves.ts';

/** The f32 results of a curve that has such, for these f32 arguments, in order; where it has channels, one after the other. */
export function evaluateCurve(curve: Curve, x: Float32Array): Float32Array {
  const y = curveElements(curve, x);
  return y instanceof Float32Array ? y : internalError('a curve has no f32 result');
}

/** The curve's results for these f32 arguments, in order, of whatever element type they are; channel by channel. */
export function curveElements(curve: Curve, x: Float32Array): TensorArray {
  const { channels } = curve;
  if (channels === 1) return elementsOf(curve, x);
  const each = elementsOf(
    curve,
    Float32Array.from({ length: x.length * channels }, (_, i) => x[Math.floor(i / channels)] ?? 0),
  );
  const result = each.slice();
  for (let i = 0; i < each.length; i++) result[(i % channels) * x.length + Math.floor(i / channels)] = each[i] as never;
  return result;
}

/** The same for arguments of all channels, one channel beside the other. */
function elementsOf({ source, ops, channels }: Curve, x: Float32Array): TensorArray {
  const shape = [x.length / channels, channels];
  const builder = new Builder(new Func('curve'), []);
  const known = new Map<Value, TensorData>();
  const given = (type: TensorType, data: TensorArray): Value => {
    const value = builder.func.addInput('', type);
    known.set(value, { type, data });
    return value;
  };
  const values = new Map<Value, Value>([[source, given(tensorType('f32', shape), x)]]);
  for (const { definition, operands, attributes, result } of ops) {
    const arguments_ = operands.map((v) => {
      const parameter = constantOf(v);
      if (parameter === undefined) return v && values.get(v);
      return given(tensorType(parameter.type.element, [parameter.data.length]), parameter.data);
    });
    const type = tensorType(result.type.element, shape);
    const value = builder.create(definition, arguments_, attributes, type);
    const data = allocateTensor(value.type);
    definition.reference?.({ operands: arguments_.map((v) => v && known.get(v)), attributes, results: [data] });
    known.set(value, data);
    values.set(result, value);
  }
  const last = values.get(ops.at(-1)?.result ?? source);
  return (last && known.get(last)?.data) ?? internalError('a curve has no result');
}

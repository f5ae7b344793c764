// One type of each kind that movement operators must carry through untouched, and an oracle that says for every
// position of a result where its element comes from.
import { forEachIndex } from '../../ir/shapes.ts';
import { allocateTensor, type Elements, type TensorData } from '../../ir/tensor-data.ts';
import { perTensor, type TensorType, tensorType } from '../../ir/types.ts';

/** Every element type that loops move, the quantized ones with a quantization. */
export function everyType(shape: readonly number[]): TensorType[] {
  return [
    tensorType('f32', shape),
    tensorType('i8', shape, perTensor(0.5, -3)),
    tensorType('u8', shape, perTensor(0.25, 128)),
    tensorType('i16', shape, perTensor(0.001, 0)),
    tensorType('i32', shape),
    tensorType('i64', shape),
    tensorType('bool', shape),
  ];
}

/** The tensor of this shape whose element at each index is the element of `x` that `source` names; else `otherwise`. */
export function pickedElements(
  x: TensorData,
  shape: readonly number[],
  source: (index: readonly number[]) => readonly number[] | undefined,
  otherwise = 0,
): TensorData {
  const y = allocateTensor({ ...x.type, shape });
  const from: Elements = x.data;
  const to: Elements = y.data;
  forEachIndex(shape, (index, at) => {
    const picked = source(index);
    if (picked === undefined) {
      to[at] = x.type.element === 'i64' ? BigInt(otherwise) : otherwise;
      return;
    }
    let position = 0;
    for (const [d, i] of picked.entries()) position = position * x.type.shape[d]! + i;
    to[at] = from[position]!;
  });
  return y;
}

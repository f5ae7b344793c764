// maximum, minimum.
import { defineBinary } from '../binary-arithmetic.ts';
import { factorsOfBoth } from '../channel-factors.ts';
import { greater, lesser } from '../numerics.ts';

export const maximum = defineBinary({
  name: 'maximum',
  doc: 'y = a < b ? b : a, then clamped. Quantized operands have one scale and are compared as they are stored. Sources: TensorFlow Lite reference/maximum_minimum.h; ONNX Max.',
  floats: greater,
  ints: greater,
  longs: greater,
  code: (b, x, y) => b.max(x, y),
  factors: factorsOfBoth('positive'),
});

export const minimum = defineBinary({
  name: 'minimum',
  doc: 'y = b < a ? b : a, then clamped. Quantized operands have one scale and are compared as they are stored. Sources: TensorFlow Lite reference/maximum_minimum.h; ONNX Min.',
  floats: lesser,
  ints: lesser,
  longs: lesser,
  code: (b, x, y) => b.min(x, y),
  factors: factorsOfBoth('positive'),
});

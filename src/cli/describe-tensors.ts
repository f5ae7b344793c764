// Tensors of an interface as rows of a table: `input  "image"  i8 [1, 24, 24, 1]  scale 0.0039, zero -128`.
import { quoteName } from '../../ir/diagnostics.ts';
import { formatF32 } from '../../ir/types.ts';
import type { TensorManifest } from '../manifest.ts';

/** Rows for {@link columns}: kind, name, type and shape, quantization. */
export function tensorRows(kind: string, tensors: readonly TensorManifest[]): string[][] {
  return tensors.map((t) => [kind, quoteName(t.name), `${t.type} [${t.shape.join(', ')}]`, quantizationText(t)]);
}

function quantizationText({ quantization }: TensorManifest): string {
  if (quantization === undefined) return '';
  const { scale, zeroPoint, axis } = quantization;
  const [first] = scale;
  if (axis !== undefined || first === undefined) return `${scale.length} scales along axis ${axis}`;
  return `scale ${formatF32(first)}, zero ${zeroPoint[0]}`;
}

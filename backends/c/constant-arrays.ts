// Constant arrays as C text. A network's weights are megabytes, so that bytes are written from a table of texts instead
// of joining millions of strings.
import type { TensorArray } from '../../ir/tensor-data.ts';
import { elementText } from './literals.ts';

/** Elements on one line, by the bytes of an element: lines stay below 112 columns. */
const perLine: Readonly<Record<number, number>> = { 1: 18, 2: 13, 4: 8, 8: 4 };

/** `{1, 2, 3}` with line breaks, from element 0 on. An empty array gets one zero: C has no empty arrays. */
export function arrayInitializer(data: TensorArray): Uint8Array {
  if (data instanceof Int8Array || data instanceof Uint8Array) return byteArray(data);
  const isFloat = data instanceof Float32Array;
  const lines: string[] = [];
  const step = perLine[data.BYTES_PER_ELEMENT] ?? 4;
  for (let i = 0; i < data.length; i += step) {
    const line = Array.from(data.subarray(i, i + step) as ArrayLike<number | bigint>, (x) => elementText(x, isFloat));
    lines.push(`  ${line.join(', ')},\n`);
  }
  return new TextEncoder().encode(`{\n${lines.length > 0 ? lines.join('') : '  0\n'}}`);
}

/** Every byte's text, `-128, ` to `255, `, as bytes. */
const texts = Array.from({ length: 384 }, (_, i) => new TextEncoder().encode(`${i - 128}, `));
const [newline, space] = [10, 32];

function byteArray(data: Int8Array | Uint8Array): Uint8Array {
  const step = perLine[1] ?? 16;
  // At most "-128, " for an element, and an indent and line feed for a line.
  const out = new Uint8Array(data.length * 6 + Math.ceil(data.length / step) * 3 + 8);
  let at = 0;
  const put = (bytes: readonly number[]) => {
    for (const b of bytes) out[at++] = b;
  };
  put([123, newline]);
  for (let i = 0; i < data.length; i++) {
    if (i % step === 0) put([space, space]);
    const text = texts[data[i]! + 128]!;
    for (let k = 0; k < text.length; k++) out[at++] = text[k]!;
    // The blank after a line's last comma becomes the line's end.
    if (i % step === step - 1) out[at - 1] = newline;
  }
  if (data.length % step !== 0) out[at - 1] = newline;
  if (data.length === 0) put([space, space, 48, newline]);
  put([125]);
  return out.subarray(0, at);
}

/** True when every element of the array is the same, bit for bit. */
export function isUniform(data: TensorArray): boolean {
  const first = data[0];
  for (let i = 1; i < data.length; i++) if (!Object.is(data[i], first)) return false;
  return true;
}

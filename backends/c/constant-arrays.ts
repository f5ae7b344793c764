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

/** Bytes that the longest text of a byte takes: `-128, `. */
const longest = 6;

/** The text of a byte, `-128, ` to `255, `, as two numbers: writing them takes a third of the time of single letters. */
const texts = Array.from({ length: 384 }, (_, i) => {
  const text = new Uint8Array(8);
  const { written: length } = new TextEncoder().encodeInto(`${i - 128}, `, text);
  const view = new DataView(text.buffer);
  return { first: view.getUint32(0), rest: view.getUint16(4), length };
});
const firsts = Uint32Array.from(texts, (t) => t.first);
const rests = Uint16Array.from(texts, (t) => t.rest);
const lengths = Uint8Array.from(texts, (t) => t.length);
const [newline, space] = [10, 32];

function byteArray(data: Int8Array | Uint8Array): Uint8Array {
  const step = perLine[1] ?? 16;
  // At most one text for an element, an indent for a line, and the braces.
  const out = new Uint8Array(longest * data.length + 2 * Math.ceil(data.length / step) + 8);
  const view = new DataView(out.buffer);
  let at = 0;
  const put = (bytes: readonly number[]) => {
    for (const b of bytes) out[at++] = b;
  };
  put([123, newline]);
  for (let from = 0; from < data.length; from += step) {
    const end = Math.min(from + step, data.length);
    put([space, space]);
    for (let i = from; i < end; i++) {
      const text = data[i]! + 128;
      // What follows a shorter text is overwritten by the next.
      view.setUint32(at, firsts[text]!);
      view.setUint16(at + 4, rests[text]!);
      at += lengths[text]!;
    }
    // The blank after a line's last comma becomes the line's end.
    out[at - 1] = newline;
  }
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

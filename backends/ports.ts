// A program's inputs and outputs as JavaScript and TypeScript name and describe them.
import type { LoopProgram, Storage } from '../ir/loops/kernel.ts';
import { allocateArray } from '../ir/tensor-data.ts';
import type { Quantization } from '../ir/types.ts';

export interface Port {
  readonly storage: Storage;
  /** The name of the tensor in the user's model. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly quant: Quantization | undefined;
  /** The class of the typed arrays that hold it. */
  readonly array: string;
}

export function portsOf(program: LoopProgram, kind: 'input' | 'output'): Port[] {
  return program.storages
    .filter((s) => s.storage === kind)
    .map((storage) => ({
      storage,
      name: storage.tensor?.name ?? storage.name,
      shape: storage.tensor?.shape ?? [storage.length],
      quant: storage.tensor?.quant,
      array: allocateArray(storage.element, 0).constructor.name,
    }));
}

/** A string literal of JavaScript in ASCII that is also safe inside of HTML. */
export function stringLiteral(text: string): string {
  const escaped = JSON.stringify(text).replace(/[^\x20-\x7e]|[<>]/g, (c) => {
    return `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `'${escaped.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

/** `scale` and `zeroPoint` of a quantization as a JavaScript literal: numbers, or arrays along an axis. */
export function quantizationFields(quant: Quantization | undefined): [string, string][] {
  if (quant === undefined) return [];
  const list = (values: readonly number[]) => (quant.axis === undefined ? String(values[0]) : `[${values.join(', ')}]`);
  const axis: [string, string][] = quant.axis === undefined ? [] : [['axis', String(quant.axis)]];
  return [['scale', list(quant.scale)], ['zeroPoint', list(quant.zero)], ...axis];
}

// Places constants in a target's memory, equal ones once.
import { sameBytes } from '../ir/tensor-data.ts';

/** Gives constants their places; equal ones share one. */
export class ConstantPool {
  private readonly placed = new Map<string, { readonly data: Uint8Array; readonly address: number }[]>();
  private readonly add: (data: Uint8Array) => number;

  /** `add` finds a place for bytes that have none yet and returns its address. */
  constructor(add: (data: Uint8Array) => number) {
    this.add = add;
  }

  /** The address of these bytes. */
  place(data: Uint8Array): number {
    // Most constants differ in length or at the beginning.
    const key = `${data.length} ${data.subarray(0, 64).join()}`;
    const alike = this.placed.get(key) ?? [];
    const known = alike.find((c) => sameBytes(c.data, data));
    if (known !== undefined) return known.address;
    const address = this.add(data);
    this.placed.set(key, [...alike, { data, address }]);
    return address;
  }
}

// Kernels of equal shape are one function with different buffers: that keeps firmware small when loops are specialized.

import type { Kernel } from '../../ir/loops/kernel.ts';
import { kernelKey } from '../../ir/loops/kernel-key.ts';

export class KernelPool {
  private readonly byKey = new Map<string, Kernel>();
  private readonly counts = new Map<string, number>();

  get kernels(): readonly Kernel[] {
    return [...this.byKey.values()];
  }

  /** The kernel that computes the same as this one: itself, numbered by its base name, when it is new. */
  intern(kernel: Kernel): Kernel {
    const key = kernelKey(kernel);
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const count = (this.counts.get(kernel.name) ?? 0) + 1;
    this.counts.set(kernel.name, count);
    const named = { ...kernel, name: count === 1 ? kernel.name : `${kernel.name}_${count}` };
    this.byKey.set(key, named);
    return named;
  }
}

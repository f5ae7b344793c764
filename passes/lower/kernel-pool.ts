// The kernels of a program while it is lowered: one for all calls that compute the same.
import type { Call, Kernel } from '../../ir/loops/kernel.ts';
import { kernelKey } from '../../ir/loops/kernel-key.ts';

export class KernelPool {
  private readonly byKey = new Map<string, Kernel>();

  /** The first kernel that computes the same as this one. */
  intern(kernel: Kernel): Kernel {
    const key = kernelKey(kernel);
    const known = this.byKey.get(key) ?? kernel;
    this.byKey.set(key, known);
    return known;
  }
}

/** The kernels of these calls in the order of their first calls, with a number where several want one name. */
export function nameKernels(calls: readonly Call[]): { kernels: Kernel[]; calls: Call[] } {
  const counts = new Map<string, number>();
  const named = new Map<Kernel, Kernel>();
  for (const kernel of new Set(calls.map((c) => c.kernel))) {
    const count = (counts.get(kernel.name) ?? 0) + 1;
    counts.set(kernel.name, count);
    named.set(kernel, count === 1 ? kernel : { ...kernel, name: `${kernel.name}_${count}` });
  }
  return {
    kernels: [...named.values()],
    calls: calls.map((call) => ({ ...call, kernel: named.get(call.kernel) ?? call.kernel })),
  };
}

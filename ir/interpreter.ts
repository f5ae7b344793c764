// The reference interpreter: runs a function of the tensor IR by every operator's plain reference. The slow oracle that
// loops and backends are held to.
import { internalError } from './diagnostics.ts';
import type { Func, Value } from './module.ts';
import { allocateTensor, type TensorArray, type TensorData } from './tensor-data.ts';

/** A function ready to run; keeps its states between runs. */
export interface ReferenceRunner {
  /** Inputs in the function's order, as many elements as their types say; outputs in order. */
  run(inputs: readonly TensorArray[]): TensorData[];
  /** States start again from their initial contents. */
  reset(): void;
}

export interface ReferenceOptions {
  /** Called with every computed value, in order. */
  observe?: (value: Value, data: TensorData) => void;
}

/** Prepares a function whose operators all have a reference (after make-integer). */
export function createReferenceRunner(func: Func, options: ReferenceOptions = {}): ReferenceRunner {
  const states = new Map<Value, TensorData>();
  const reset = () => {
    for (const s of func.states) states.set(s.param, s.initial);
  };
  reset();
  return {
    reset,
    run(inputs) {
      const env = new Map<Value, TensorData>(states);
      for (const [i, port] of func.inputs.entries()) env.set(port.value, { type: port.value.type, data: inputs[i]! });
      const dying = lastUses(func);
      for (const op of func.ops) {
        const { reference, name } = op.definition;
        if (reference === undefined) return internalError(`${name} has no reference; the program is not integer yet`);
        const operands = op.operands.map((v) => (v === undefined ? undefined : env.get(v)!));
        const results = op.results.map((r) => allocateTensor(r.type));
        reference({ operands, attributes: op.attributes, results });
        for (const [i, r] of op.results.entries()) {
          env.set(r, results[i]!);
          options.observe?.(r, results[i]!);
        }
        for (const v of dying.get(op) ?? []) env.delete(v);
      }
      for (const s of func.states) {
        states.set(s.param, { type: s.param.type, data: env.get(s.next)!.data });
      }
      return func.outputs.map((o) => env.get(o.value)!);
    },
  };
}

/** The values that no later operator reads, by the operator that reads them last. */
function lastUses(func: Func): Map<unknown, Value[]> {
  const dying = new Map<unknown, Value[]>();
  const seen = new Set<Value>();
  for (const op of func.ops.toReversed()) {
    for (const v of op.operands) {
      if (v === undefined || seen.has(v) || func.isReturned(v)) continue;
      seen.add(v);
      const list = dying.get(op);
      if (list === undefined) dying.set(op, [v]);
      else list.push(v);
    }
  }
  return dying;
}

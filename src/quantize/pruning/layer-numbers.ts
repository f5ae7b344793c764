// Other weights and biases for the linear layers of a float network.
import { Builder } from '../../../ir/builder.ts';
import type { Func, Op } from '../../../ir/module.ts';
import { constant } from '../../../ir/ops/constant.ts';
import { setBiases } from '../../../passes/quantization/set-biases.ts';
import type { FloatNetwork } from '../float-network.ts';
import { linearLayers } from '../plan.ts';

export interface LayerNumbers {
  /** In the weights' own order. */
  readonly weights: Float32Array;
  /** One per output channel; the layer's own where absent. */
  readonly biases?: Float32Array;
}

/** Rewrites a function of the float network in place: numbers by the names of the layers' results. */
export function setNumbers(func: Func, numbers: ReadonlyMap<string, LayerNumbers>): void {
  const added: Op[] = [];
  const builder = new Builder(func, added);
  for (const { op, name, weights } of linearLayers(func)) {
    const found = numbers.get(name);
    if (found === undefined) continue;
    const value = { type: weights.type, data: found.weights };
    const v = op.operand(op.definition.linear?.weights ?? 1);
    op.replaceOperand(v, builder.create(constant, [], { value }, weights.type));
  }
  // Constants need no operand: they go first.
  func.ops = [...added, ...func.ops.filter((op) => op.definition !== constant || op.result.users.size > 0)];
  setBiases(
    func,
    new Map([...numbers].flatMap(([name, { biases }]) => (biases === undefined ? [] : [[name, biases]]))),
  );
}

/** The network with these numbers. */
export function withNumbers(network: FloatNetwork, numbers: ReadonlyMap<string, LayerNumbers>): FloatNetwork {
  return {
    ...network,
    module() {
      const module = network.module();
      setNumbers(module.entry, numbers);
      return module;
    },
  };
}

// The optimizer Adam (Kingma and Ba, https://arxiv.org/abs/1412.6980, algorithm 1 with its default constants).

import type { Parameter } from './network.ts';

const firstDecay = 0.9;
const secondDecay = 0.999;
const epsilon = 1e-8;

export class Adam {
  private readonly moments: readonly { parameter: Parameter; first: Float64Array; second: Float64Array }[];
  /** The decays to the power of the number of updates, which correct the moments' start at zero. */
  private firstPower = 1;
  private secondPower = 1;

  constructor(parameters: readonly Parameter[]) {
    this.moments = parameters.map((parameter) => ({
      parameter,
      first: new Float64Array(parameter.values.length),
      second: new Float64Array(parameter.values.length),
    }));
  }

  /** Moves every parameter along its gradient, by about `step` at most. */
  update(step: number): void {
    this.firstPower *= firstDecay;
    this.secondPower *= secondDecay;
    for (const { parameter, first, second } of this.moments) {
      for (const [i, gradient] of parameter.gradient.entries()) {
        first[i] = firstDecay * first[i]! + (1 - firstDecay) * gradient;
        second[i] = secondDecay * second[i]! + (1 - secondDecay) * gradient * gradient;
        const mean = first[i]! / (1 - this.firstPower);
        const square = second[i]! / (1 - this.secondPower);
        parameter.values[i]! -= (step * mean) / (Math.sqrt(square) + epsilon);
      }
    }
  }
}

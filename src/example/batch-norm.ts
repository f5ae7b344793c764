// Batch normalization over the last axis (Ioffe and Szegedy, https://arxiv.org/abs/1502.03167): forward and backward
// on the batch's own statistics, and running statistics for the network that is written.

/** Added to the variance before the square root, as in Keras. */
const epsilon = 1e-3;

/** Share of the running statistics that a batch replaces. */
const runningStep = 0.03;

/** What {@link BatchNorm.backward} needs from the forward step. */
interface Saved {
  readonly normalized: Float64Array;
  /** Per channel, 1 / sqrt(variance + epsilon). */
  readonly inverseDeviation: Float64Array;
}

export class BatchNorm {
  /** Learned, per channel. */
  readonly gamma: Float64Array;
  readonly beta: Float64Array;
  readonly gammaGradient: Float64Array;
  readonly betaGradient: Float64Array;
  private readonly runningMean: Float64Array;
  private readonly runningVariance: Float64Array;
  private saved: Saved = { normalized: new Float64Array(0), inverseDeviation: new Float64Array(0) };

  constructor(private readonly channels: number) {
    this.gamma = new Float64Array(channels).fill(1);
    this.beta = new Float64Array(channels);
    this.gammaGradient = new Float64Array(channels);
    this.betaGradient = new Float64Array(channels);
    this.runningMean = new Float64Array(channels);
    this.runningVariance = new Float64Array(channels).fill(1);
  }

  /** Normalizes a batch by its own mean and variance, and moves the running statistics towards them. */
  forward(input: Float64Array): Float64Array {
    const { channels } = this;
    const rows = input.length / channels;
    const inverseDeviation = new Float64Array(channels);
    const normalized = new Float64Array(input.length);
    const output = new Float64Array(input.length);
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let i = c; i < input.length; i += channels) sum += input[i]!;
      const mean = sum / rows;
      let squares = 0;
      for (let i = c; i < input.length; i += channels) squares += (input[i]! - mean) * (input[i]! - mean);
      const variance = squares / rows;
      const inverse = 1 / Math.sqrt(variance + epsilon);
      for (let i = c; i < input.length; i += channels) {
        normalized[i] = (input[i]! - mean) * inverse;
        output[i] = this.gamma[c]! * normalized[i]! + this.beta[c]!;
      }
      inverseDeviation[c] = inverse;
      this.runningMean[c]! += runningStep * (mean - this.runningMean[c]!);
      this.runningVariance[c]! += runningStep * (variance - this.runningVariance[c]!);
    }
    this.saved = { normalized, inverseDeviation };
    return output;
  }

  /** Sets the gradients of gamma and beta and returns the one of the last forward step's input. */
  backward(outputGradient: Float64Array): Float64Array {
    const { channels, saved } = this;
    const rows = outputGradient.length / channels;
    const inputGradient = new Float64Array(outputGradient.length);
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      let product = 0;
      for (let i = c; i < outputGradient.length; i += channels) {
        sum += outputGradient[i]!;
        product += outputGradient[i]! * saved.normalized[i]!;
      }
      this.betaGradient[c] = sum;
      this.gammaGradient[c] = product;
      // The mean and the variance depend on every input, which takes out the gradient's mean and its part along
      // the normalized values (section 3 of the paper, the last three formulas merged).
      const scale = this.gamma[c]! * saved.inverseDeviation[c]!;
      for (let i = c; i < outputGradient.length; i += channels) {
        inputGradient[i] = scale * (outputGradient[i]! - (sum + saved.normalized[i]! * product) / rows);
      }
    }
    return inputGradient;
  }

  /** The layer after training, `x * multiply + add` per channel, rounded to float32. */
  affine(): { multiply: Float32Array; add: Float32Array } {
    const multiply = new Float32Array(this.channels);
    const add = new Float32Array(this.channels);
    for (let c = 0; c < this.channels; c++) {
      const scale = this.gamma[c]! / Math.sqrt(this.runningVariance[c]! + epsilon);
      multiply[c] = scale;
      add[c] = this.beta[c]! - this.runningMean[c]! * scale;
    }
    return { multiply, add };
  }
}

// Times each dispatch of a command buffer by timestamp queries. A compute pass is the smallest thing that WebGPU takes
// times of, so whoever encodes one pass of many dispatches is given an encoder that opens a pass for each of them.

/** What is used of WebGPU's interface. */
export interface TimingDevice {
  readonly queue: { submit(commands: readonly object[]): void };
  createCommandEncoder(): CommandEncoder;
  createQuerySet(descriptor: { type: 'timestamp'; count: number }): Destroyable;
  createBuffer(descriptor: { size: number; usage: number }): ReadBuffer;
}

interface Destroyable {
  destroy(): void;
}

interface ReadBuffer extends Destroyable {
  mapAsync(mode: number): Promise<void>;
  getMappedRange(): ArrayBuffer;
  unmap(): void;
}

interface CommandEncoder {
  beginComputePass(descriptor: object): ComputePass;
  resolveQuerySet(set: object, first: number, count: number, to: object, offset: number): void;
  copyBufferToBuffer(from: object, fromOffset: number, to: object, toOffset: number, size: number): void;
  finish(): object;
}

interface ComputePass {
  setBindGroup(index: number, group: object): void;
  setPipeline(pipeline: object): void;
  dispatchWorkgroups(x: number, y?: number, z?: number): void;
  end(): void;
}

// GPUBufferUsage and GPUMapMode, which are not global everywhere.
const MAP_READ = 0x0001;
const COPY_SRC = 0x0004;
const COPY_DST = 0x0008;
const QUERY_RESOLVE = 0x0200;
const READ = 0x0001;

/** Queries that a set may have (WebGPU specification, GPUQuerySetDescriptor.count). */
const mostQueries = 4096;

export class DispatchClock {
  /** Dispatches that can be timed: each has a query before and one after. */
  static readonly most = mostQueries / 2;

  private readonly device: TimingDevice;
  private readonly count: number;
  private readonly queries: Destroyable;
  private readonly resolved: ReadBuffer;
  private readonly read: ReadBuffer;

  /** For so many dispatches, on a device with the feature `timestamp-query`. */
  constructor(device: TimingDevice, dispatches: number) {
    this.device = device;
    this.count = dispatches;
    const size = 2 * Math.max(1, dispatches) * BigInt64Array.BYTES_PER_ELEMENT;
    this.queries = device.createQuerySet({ type: 'timestamp', count: 2 * Math.max(1, dispatches) });
    this.resolved = device.createBuffer({ size, usage: QUERY_RESOLVE | COPY_SRC });
    this.read = device.createBuffer({ size, usage: MAP_READ | COPY_DST });
  }

  /** Runs what `encode` encodes; milliseconds of each dispatch. */
  async time(encode: (encoder: { beginComputePass(): ComputePass }) => void): Promise<Float64Array> {
    const encoder = this.device.createCommandEncoder();
    encode({ beginComputePass: () => this.passes(encoder) });
    const { count, resolved, read } = this;
    const bytes = 2 * count * BigInt64Array.BYTES_PER_ELEMENT;
    if (count > 0) {
      encoder.resolveQuerySet(this.queries, 0, 2 * count, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, read, 0, bytes);
    }
    this.device.queue.submit([encoder.finish()]);
    await read.mapAsync(READ);
    const stamps = new BigUint64Array(read.getMappedRange().slice(0, bytes));
    read.unmap();
    return Float64Array.from({ length: count }, (_, i) => {
      // WebGPU allows timestamps to go back, as when a GPU resets its clock.
      const elapsed = (stamps[2 * i + 1] ?? 0n) - (stamps[2 * i] ?? 0n);
      return elapsed > 0n ? Number(elapsed) / 1e6 : 0;
    });
  }

  destroy(): void {
    for (const held of [this.queries, this.resolved, this.read]) held.destroy();
  }

  /** A pass to its user, and a pass for each dispatch to the device. */
  private passes(encoder: CommandEncoder): ComputePass {
    const groups = new Map<number, object>();
    let pipeline: object | undefined;
    let next = 0;
    return {
      setBindGroup: (index, group) => {
        groups.set(index, group);
      },
      setPipeline: (given) => {
        pipeline = given;
      },
      dispatchWorkgroups: (...workgroups) => {
        const i = next++;
        const pass = encoder.beginComputePass({
          timestampWrites: {
            querySet: this.queries,
            beginningOfPassWriteIndex: 2 * i,
            endOfPassWriteIndex: 2 * i + 1,
          },
        });
        if (pipeline !== undefined) pass.setPipeline(pipeline);
        for (const [index, group] of groups) pass.setBindGroup(index, group);
        pass.dispatchWorkgroups(...workgroups);
        pass.end();
      },
      end() {},
    };
  }
}

// NAME.js, NAME.wgsl and NAME.weights.bin as a user has them: tensors in arrays and in GPUBuffers, one submission per
// inference, and what they need of a device.
import { describe, expect, it } from 'vitest';
import { printModule } from '../../backends/wgsl/module.ts';
import { printWgsl } from '../../backends/wgsl/print.ts';
import { LoopBuilder } from '../../ir/loops/builder.ts';
import type { Call, LoopProgram, Storage } from '../../ir/loops/kernel.ts';
import type { Buffer } from '../../ir/loops/types.ts';
import { gpuDevice } from '../../src/runners/web-gpu.ts';
import { accumulatorProgram, chainProgram } from '../loops/small-programs.ts';
import { hasWebGpu } from '../web-gpu.ts';

/** WebGPU's default limits that do not depend on a network (specification, section 3.6.2). */
const defaults = { storageBuffers: 8, workgroups: 65535, invocations: 256 };

/** What the tests use of a device. */
interface Device {
  readonly limits: Readonly<Record<string, number>>;
  readonly queue: Queue;
  createBuffer(descriptor: { size: number; usage: number }): GpuBuffer;
  createCommandEncoder(): Encoder;
}

interface Queue {
  submit(commands: readonly object[]): void;
  writeBuffer(buffer: GpuBuffer, offset: number, data: Uint8Array): void;
}

interface GpuBuffer {
  mapAsync(mode: number): Promise<void>;
  getMappedRange(): ArrayBuffer;
}

interface Encoder {
  copyBufferToBuffer(from: GpuBuffer, at: number, to: GpuBuffer, offset: number, size: number): void;
  finish(): object;
}

const usage = { mapRead: 1, copySource: 4, copyTarget: 8 };

interface Loader {
  readonly requiredLimits: Readonly<Record<string, number>>;
  createModel(device: object, options: object): Promise<Model>;
}

type Tensors = Readonly<Record<string, unknown>>;

interface Model {
  readonly arena: GpuBuffer;
  readonly inputs: Readonly<Record<string, { offset: number; size: number }>>;
  readonly outputs: Readonly<Record<string, { offset: number; size: number }>>;
  run(inputs: Tensors, options?: { outputs?: Tensors }): Promise<Tensors>;
  encode(encoder: Encoder): void;
  reset(): void;
  destroy(): void;
}

async function importLoader(program: LoopProgram): Promise<{ loader: Loader; locate: (file: string) => unknown }> {
  const { files } = printWgsl(program);
  const locate = (file: string) => {
    const contents = files.get(file) ?? expect.fail(`there is no ${file}`);
    return typeof contents === 'string' ? new TextEncoder().encode(contents) : contents;
  };
  const script = encodeURIComponent(String(files.get(`${program.name}.js`)));
  return { loader: await import(/* @vite-ignore */ `data:text/javascript,${script}`), locate };
}

async function load(program: LoopProgram): Promise<{ model: Model; device: Device }> {
  const { loader, locate } = await importLoader(program);
  const { gpu, device } = await gpuDevice();
  const model = await loader.createModel(device, { locate, gpu });
  return { model, device: device as unknown as Device };
}

/** y[i] = i, over words or bytes. */
function countingProgram(element: 'i8' | 'i32', length: number): LoopProgram {
  const y: Buffer = { name: 'y', element, length, role: 'out' };
  const b = new LoopBuilder();
  b.for(0, length, (i) => b.store(y, i, i), { mode: 'parallel' });
  const kernel = b.finish('count', 'counts', [y]);
  const output: Storage = { name: 'y', storage: 'output', element, length };
  const call: Call = { kernel, args: [{ storage: output, offset: 0 }], scalars: [], location: 'count' };
  const arena = { offsets: new Map(), bytes: 0, lowerBound: 0 };
  return { name: 'counting', storages: [output], kernels: [kernel], calls: [call], arena };
}

describe('limits', () => {
  it('says nothing of a program that every device can run', () => {
    expect(printWgsl(chainProgram('good')).diagnostics).toEqual([]);
  });

  it('asks for larger bindings where a tensor needs them', async () => {
    const program = countingProgram('i8', 200_000_000);
    const [diagnostic, more] = printWgsl(program).diagnostics;
    expect(more).toBeUndefined();
    expect(diagnostic).toMatchObject({ code: 'I8C0501', severity: 'warning' });
    expect(diagnostic?.message).toContain('working memory of 200000000 bytes');
    expect(diagnostic?.message).toContain('134217728');
    const { loader, locate } = await importLoader(program);
    expect(loader.requiredLimits).toEqual({ maxStorageBufferBindingSize: 200_000_000 });
    const device = { limits: { maxStorageBufferBindingSize: 134_217_728 } };
    await expect(loader.createModel(device, { locate })).rejects.toThrow(
      'maxStorageBufferBindingSize of 200000000: request it with requiredLimits',
    );
  });

  it('asks for larger buffers too', async () => {
    const { loader } = await importLoader(countingProgram('i32', 100_000_000));
    expect(loader.requiredLimits).toEqual({ maxStorageBufferBindingSize: 400_000_000, maxBufferSize: 400_000_000 });
  });

  it('refuses memory that shaders cannot address', () => {
    expect(() => printWgsl(countingProgram('i32', 600_000_000))).toThrow(/I8C0004.*2400000000 bytes/);
  });

  it('dispatches in two dimensions where one does not do', () => {
    for (const length of [1, 63, 64 * 65535, 64 * 65535 + 1, 500_000_000]) {
      const { dispatches, text } = printModule(countingProgram('i32', length));
      const [
        {
          workgroups: [x, y],
        } = expect.fail('no dispatch'),
      ] = dispatches;
      expect(Math.max(x, y)).toBeLessThanOrEqual(defaults.workgroups);
      const size = Number(/@workgroup_size\((\d+)\)/.exec(text)?.[1]);
      expect(size).toBeLessThanOrEqual(defaults.invocations);
      expect(x * y * size).toBeGreaterThanOrEqual(length);
    }
  });

  it('binds fewer storage buffers than every stage has', () => {
    const { text } = printModule(chainProgram('good'));
    const bindings = text.match(/var<storage/g) ?? [];
    expect(bindings.length).toBeGreaterThan(0);
    expect(bindings.length).toBeLessThanOrEqual(defaults.storageBuffers);
    expect(text).not.toContain('var<workgroup>');
  });
});

describe.skipIf(!hasWebGpu)('the loader', () => {
  const x = Int8Array.of(1, -2, 3, -128);
  const y = Int8Array.of(4, -5, 10, -127);

  it('writes all of a tensor that takes workgroups in two dimensions', { timeout: 30_000 }, async () => {
    const length = 64 * 65535 + 1000;
    const { model } = await load(countingProgram('i32', length));
    const { y } = await model.run({});
    const array = y as Int32Array;
    expect(array.length).toBe(length);
    expect(array.findIndex((v, i) => v !== i)).toBe(-1);
    model.destroy();
  });

  it('submits one command buffer per inference', async () => {
    const { model, device } = await load(chainProgram('good'));
    const submitted: number[] = [];
    const { queue } = device;
    const submit = queue.submit.bind(queue);
    Object.defineProperty(queue, 'submit', {
      configurable: true,
      value(commands: readonly object[]) {
        submitted.push(commands.length);
        submit(commands);
      },
    });
    try {
      expect(await model.run({ x })).toEqual({ y });
      expect(await model.run({ x })).toEqual({ y });
    } finally {
      Reflect.deleteProperty(queue, 'submit');
    }
    expect(submitted).toEqual([1, 1]);
    model.destroy();
  });

  it('takes and gives GPUBuffers', async () => {
    const { model, device } = await load(chainProgram('good'));
    const from = device.createBuffer({ size: 4, usage: usage.copySource | usage.copyTarget });
    const to = device.createBuffer({ size: 4, usage: usage.mapRead | usage.copyTarget });
    device.queue.writeBuffer(from, 0, new Uint8Array(x.buffer));
    const results = await model.run({ x: from }, { outputs: { y: to } });
    expect(results.y).toBe(to);
    await to.mapAsync(usage.mapRead);
    expect(new Int8Array(to.getMappedRange())).toEqual(y);
    model.destroy();
  });

  it("adds an inference to another program's commands", async () => {
    const { model, device } = await load(chainProgram('good'));
    const { offset, size } = model.outputs.y ?? expect.fail('there is no y');
    const to = device.createBuffer({ size, usage: usage.mapRead | usage.copyTarget });
    device.queue.writeBuffer(model.arena, model.inputs.x?.offset ?? -1, new Uint8Array(x.buffer));
    const encoder = device.createCommandEncoder();
    model.encode(encoder);
    encoder.copyBufferToBuffer(model.arena, offset, to, 0, size);
    device.queue.submit([encoder.finish()]);
    await to.mapAsync(usage.mapRead);
    expect(new Int8Array(to.getMappedRange())).toEqual(y);
    model.destroy();
  });

  it('runs in the order of calls, without waiting for results', async () => {
    const { model } = await load(accumulatorProgram());
    const feed = { x: Int32Array.of(1, 2, 3, 4) };
    const results = await Promise.all([model.run(feed), model.run(feed), model.run(feed)]);
    expect(results.map(({ y }) => [...(y as Int32Array)])).toEqual([
      [11, 22, 33, 44],
      [12, 24, 36, 48],
      [13, 26, 39, 52],
    ]);
    model.destroy();
  });

  it('gives every instance memory of its own', async () => {
    const [{ model: one }, { model: other }] = await Promise.all([
      load(accumulatorProgram()),
      load(accumulatorProgram()),
    ]);
    const feed = { x: Int32Array.of(1, 1, 1, 1) };
    await one.run(feed);
    expect(await other.run(feed)).toEqual({ y: Int32Array.of(11, 21, 31, 41) });
    one.destroy();
    other.destroy();
  });

  it.each<[string, Tensors, string]>([
    ['a missing input', {}, 'input "x" must be a Int8Array of 4 elements'],
    ['a wrong length', { x: new Int8Array(3) }, 'input "x" must be a Int8Array of 4 elements'],
    ['a wrong type', { x: new Uint8Array(4) }, 'input "x" must be a Int8Array of 4 elements'],
    ['an unknown input', { x, z: x }, 'there is no input "z"'],
  ])('refuses %s', async (_, feeds, message) => {
    const { model } = await load(chainProgram('good'));
    await expect(model.run(feeds)).rejects.toThrow(message);
    model.destroy();
  });
});

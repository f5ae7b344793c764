// Finds a WebGPU device: the browser's, or that of the npm package `webgpu` (Dawn), which is installed on wish only.
import { fail } from '../../ir/diagnostics.ts';

/** What is used of WebGPU's interface; its types belong to no library here. */
export interface WebGpu {
  requestAdapter(): Promise<Adapter | null>;
  readonly wgslLanguageFeatures: { has(feature: string): boolean };
}

interface Adapter {
  readonly limits: Readonly<Record<string, number>>;
  requestDevice(descriptor: { requiredLimits: Readonly<Record<string, number>> }): Promise<Device>;
}

export interface Device {
  readonly queue: {
    writeBuffer(buffer: object, offset: number, data: Uint8Array): void;
  };
  readonly limits: object;
}

export interface GpuDevice {
  readonly gpu: WebGpu;
  readonly device: Device;
}

/** Limits that large networks need more of than WebGPU promises by default. */
const raisedLimits = ['maxStorageBufferBindingSize', 'maxBufferSize'];

let found: Promise<GpuDevice> | undefined;

/** The device of this process, the same for all callers. Throws CompileError I8C0406 where there is none. */
export function gpuDevice(): Promise<GpuDevice> {
  found ??= findDevice();
  return found;
}

async function findDevice(): Promise<GpuDevice> {
  const gpu = await findGpu();
  const adapter = await gpu.requestAdapter();
  if (adapter === null) {
    return fail('I8C0406', 'WebGPU finds no adapter on this machine.', {
      hint: 'Without a GPU, a software one will do: SwiftShader comes with Chromium; point VK_DRIVER_FILES at its vk_swiftshader_icd.json.',
    });
  }
  const limits = raisedLimits.map((name) => [name, adapter.limits[name] ?? 0] as const);
  return { gpu, device: await adapter.requestDevice({ requiredLimits: Object.fromEntries(limits) }) };
}

async function findGpu(): Promise<WebGpu> {
  const { navigator } = globalThis as { readonly navigator?: { readonly gpu?: WebGpu } };
  const browser = navigator?.gpu;
  if (browser !== undefined) return browser;
  try {
    const { create } = await import('webgpu');
    return create([]) as unknown as WebGpu;
  } catch {
    return fail('I8C0406', 'There is no WebGPU here.', {
      hint: 'In Node.js, install the npm package webgpu beside int8c: npm install webgpu.',
    });
  }
}

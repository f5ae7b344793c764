// Finds a WebGPU device: the browser's, or that of the npm package `webgpu` (Dawn), which is installed on wish only.
import { fail } from '../../ir/diagnostics.ts';

/** What is used of WebGPU's interface; its types belong to no library here. */
export interface WebGpu {
  requestAdapter(): Promise<Adapter | null>;
  readonly wgslLanguageFeatures: { has(feature: string): boolean };
}

interface Adapter {
  readonly features: { has(feature: string): boolean };
  readonly limits: Readonly<Record<string, number>>;
  requestDevice(descriptor: {
    requiredFeatures: readonly string[];
    requiredLimits: Readonly<Record<string, number>>;
  }): Promise<Device>;
}

export interface Device {
  readonly queue: {
    writeBuffer(buffer: object, offset: number, data: Uint8Array): void;
    submit(commands: readonly object[]): void;
  };
  readonly features: { has(feature: string): boolean };
  readonly limits: object;
}

export interface GpuDevice {
  readonly gpu: WebGpu;
  readonly device: Device;
}

/** Limits that large networks need more of than WebGPU promises by default. */
const raisedLimits = ['maxStorageBufferBindingSize', 'maxBufferSize'];

/** Features that are used where there are any: the device's own clock, for profiles. */
const wantedFeatures = ['timestamp-query'];

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
  const device = await adapter
    .requestDevice({
      requiredFeatures: wantedFeatures.filter((feature) => adapter.features.has(feature)),
      requiredLimits: Object.fromEntries(limits),
    })
    .catch((error: unknown) => fail('I8C0406', `WebGPU gives no device: ${reasonOf(error)}.`));
  return { gpu, device };
}

/** An error's message, as part of a sentence. */
function reasonOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return line.replace(/\.$/, '');
}

/** Dawn rounds timestamps to 0.1 ms unless it is told otherwise: pages should not see a GPU's clock, programs may. */
const dawnOptions = ['disable-dawn-features=timestamp_quantization'];

async function findGpu(): Promise<WebGpu> {
  const { navigator } = globalThis as { readonly navigator?: { readonly gpu?: WebGpu } };
  const browser = navigator?.gpu;
  if (browser !== undefined) return browser;
  try {
    const { create } = await import('webgpu');
    return create(dawnOptions) as unknown as WebGpu;
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === 'ERR_MODULE_NOT_FOUND') {
      return fail('I8C0406', 'There is no WebGPU here.', {
        hint: 'In Node.js, install the npm package webgpu beside int8c: npm install webgpu.',
      });
    }
    return fail('I8C0406', `The npm package webgpu does not load: ${reasonOf(error)}.`, {
      hint: 'It has binaries for Windows, macOS, and Linux with glibc. The other targets run everywhere.',
    });
  }
}

// Whether this machine can run WGSL. Where no GPU is, SwiftShader serves, which comes with Debian's Chromium.
import { existsSync } from 'node:fs';
import { gpuDevice } from '../src/runners/web-gpu.ts';

const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';

if (process.env.VK_DRIVER_FILES === undefined && existsSync(swiftShader)) process.env.VK_DRIVER_FILES = swiftShader;

/** True when a WebGPU device is found; says once when there is none. */
export const hasWebGpu: boolean = await gpuDevice().then(
  () => true,
  (error: Error) => {
    console.warn(`WGSL is not tested: ${error.message}`);
    return false;
  },
);

// Whether this machine can run WGSL. Where no GPU is, SwiftShader serves, which comes with Debian's Chromium. With CI=true
// a missing device is a failure, elsewhere its tests are skipped.
import { existsSync } from 'node:fs';
import { gpuDevice } from '../src/runners/web-gpu.ts';

const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';

if (process.env.VK_DRIVER_FILES === undefined && existsSync(swiftShader)) process.env.VK_DRIVER_FILES = swiftShader;

/** True when a WebGPU device is found; says once when there is none. */
export const hasWebGpu: boolean = await gpuDevice().then(
  () => true,
  (error: Error) => {
    if (process.env.CI === 'true') throw new Error(`${error.message}, and CI must not skip its tests`);
    console.warn(`WGSL is not tested: ${error.message}`);
    return false;
  },
);

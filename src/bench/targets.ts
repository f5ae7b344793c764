// The targets that can be measured here, loaded when they are asked for.
import type { RunnerTarget } from '../targets.ts';
import type { MeasuringTarget } from './measured.ts';

export const measuringTargets: Record<RunnerTarget, () => Promise<MeasuringTarget>> = {
  interp: async () => (await import('./engines/interp.ts')).interp,
  js: async () => (await import('./engines/js.ts')).js,
  wasm: async () => (await import('./engines/wasm.ts')).wasm,
  wgsl: async () => (await import('./engines/wgsl.ts')).wgsl,
  c: async () => (await import('./engines/c.ts')).c,
};

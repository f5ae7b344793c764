// What int8c inspect says of real ONNX networks: every operator, the work that others count too, and for each operator
// that computes in floating point, why.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { importModelFile } from '../../src/files/model-file.ts';
import { inspect } from '../../src/inspection.ts';
import { int8c } from '../cli/int8c.ts';
import { hasShared, sharedPath } from '../shared-folder.ts';
import { realNetworks } from './real-networks.ts';

const pathOf = (name: string) => sharedPath('models', 'real', `${name}.onnx`);

/** Networks that are also there as TFLite, whose multiply-accumulates the index of the folder has counted. */
const twins: Readonly<Record<string, string>> = {
  basic_pitch_onnx: 'basic_pitch_tflite',
  yolox_nano: 'yolox_nano_int8',
};

interface IndexEntry {
  readonly name: string;
  readonly mmacs?: number;
}

describe.skipIf(!hasShared('models', 'real'))('real networks are inspected', () => {
  it.each(realNetworks.filter(({ name }) => name !== 'light_resnet50'))('$name', async ({ name, options }) => {
    const { operators, macs, float, bytes } = inspect(await importModelFile(pathOf(name), options));
    expect(operators.reduce((sum, o) => sum + o.macs, 0)).toBe(macs);
    expect(macs).toBeGreaterThan(10_000);
    expect(bytes.constants).toBeGreaterThan(1000);
    // All of them are float networks.
    expect(float.length).toBeGreaterThan(operators.length / 4);
    for (const { reason, where } of float) expect([reason, where]).not.toContain('');
    const index = JSON.parse(readFileSync(sharedPath('models', 'real', 'index.json'), 'utf8')) as IndexEntry[];
    const twin = index.find((entry) => entry.name === twins[name]);
    if (twin?.mmacs !== undefined) expect(macs / 1e6).toBeCloseTo(twin.mmacs, 2);
  });

  it('by the command, with open dimensions and a fixed input', () => {
    const path = pathOf('silero_vad_v5');
    const { code, stdout } = int8c(['inspect', path, '--dim', 'input:1=512', '--bind', 'sr=16000']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ +input +"input" +f32 \[1, 512\]$/m);
    expect(stdout).toMatch(/^ +input +"state" +f32 \[2, 1, 128\]$/m);
    expect(stdout).not.toContain('"sr"');
  });

  it('an extent that does not do is named beside what went wrong', () => {
    const { code, stderr } = int8c(['inspect', pathOf('silero_vad_v5'), '--bind', 'sr=16000']);
    expect(code).toBe(1);
    expect(stderr).toContain('cannot mirror 64 elements of a dimension of 1');
    expect(stderr).toContain('Dimension "input:1" is open and taken as 1.');
  });
});

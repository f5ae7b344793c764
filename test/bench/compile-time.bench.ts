// Time of the command from start to exit: medians of processes on this machine, user and system time and on the clock.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { it } from 'vitest';
import { hasShared, sharedPath } from '../shared-folder.ts';
import { printTable } from './table.ts';

const command = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const repetitions = 9;

interface Times {
  readonly process: number;
  readonly clock: number;
}

/** One run of the command; bash's `time` counts the processor time of a process that has ended. */
function timesOf(args: readonly string[], folder: string): Times {
  const script = `TIMEFORMAT='%R %U %S'; { time "$@" >/dev/null 2>&1; } 2>&1`;
  const options = { cwd: folder, encoding: 'utf8' } as const;
  const line = execFileSync('bash', ['-ec', script, 'bash', process.execPath, command, ...args], options);
  const [clock = Number.NaN, user = Number.NaN, system = Number.NaN] = line.trim().split(' ').map(Number);
  return { process: user + system, clock };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const model = (name: string) => ['compile', sharedPath('golden-tflite', name, 'model.tflite'), '--target', 'c'];

it.skipIf(!existsSync(command) || !hasShared('golden-tflite'))('compile time', () => {
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    ['int8c --help', ['--help'], '0.15'],
    ['KWS', [...model('kws_ref_model'), '-o', 'kws'], '0.60'],
    ['ResNet8', [...model('pretrainedResnet_quant'), '-o', 'resnet'], ''],
    ['MobileNetV2 224', [...model('mobilenet_v2_quantized_1x3x224x224'), '-o', 'mobilenet'], '2.00'],
  ];
  const folder = mkdtempSync(join(tmpdir(), 'int8c-time-'));
  try {
    const rows = cases.map(([name, args, goal]) => {
      const times = Array.from({ length: repetitions }, () => timesOf(args, folder));
      const middle = (of: keyof Times) => median(times.map((t) => t[of])).toFixed(2);
      return [name, middle('process'), middle('clock'), goal];
    });
    printTable(`Seconds, median of ${repetitions} processes`, ['command', 'process time', 'clock', 'goal'], rows);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

// Truncated, bit-flipped and otherwise damaged .tflite files: each compiles or ends in a diagnostic, quickly and within
// bounded memory. INT8C_FUZZ sets the number of mutations of each model.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CompileError } from '../../ir/diagnostics.ts';
import { compile, importModel } from '../../src/index.ts';
import { type Random, seededRandom } from '../../src/random-tensor.ts';
import { hasShared, sharedPath } from '../shared-folder.ts';

const count = Number(process.env.INT8C_FUZZ ?? 3400);
const maxMilliseconds = 2000;
const maxKilobytes = 1024 * 1024;

const bundled = fileURLToPath(new URL('../../docs/example/shapes_int8.tflite', import.meta.url));
const models = [
  bundled,
  ...['hello_world_int8', 'trained_lstm_int8']
    .filter((name) => hasShared('golden-tflite', name))
    .map((name) => sharedPath('golden-tflite', name, 'model.tflite')),
];

/** One to three changes: bits, bytes, aligned words (where offsets, lengths and dimensions are), or a cut. */
function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  const below = (n: number) => Math.floor(random() * n);
  const damaged = Uint8Array.from(bytes);
  for (let i = 1 + below(3); i > 0; i--) {
    const at = below(damaged.length);
    switch (below(5)) {
      case 0:
        damaged[at]! ^= 1 << below(8);
        break;
      case 1:
        damaged[at] = below(256);
        break;
      case 2: {
        const words = [0, 1, -1, 0x7fffffff, -0x80000000, 0xffff, 0x10000, below(damaged.length), -below(256)];
        const word = Math.min(damaged.length - 4, at & ~3);
        new DataView(damaged.buffer).setInt32(word, words[below(words.length)]!, true);
        break;
      }
      case 3:
        damaged.copyWithin(at, below(damaged.length), below(damaged.length));
        break;
      default:
        if (below(4) === 0) return damaged.subarray(0, at);
        damaged[at]! += 1;
    }
  }
  return damaged;
}

describe('damaged TFLite files', () => {
  it.each(models)('%s', { timeout: 600_000 }, async (path) => {
    const bytes = readFileSync(path);
    const random = seededRandom(bytes.length);
    const outcomes = { compiled: 0, refused: 0 };
    for (let i = 0; i < count; i++) {
      const damaged = mutate(bytes, random);
      const start = process.cpuUsage();
      try {
        await compile(await importModel(damaged), { target: 'c' });
        outcomes.compiled++;
      } catch (error) {
        if (!(error instanceof CompileError)) throw new Error(`mutation ${i} of ${path}`, { cause: error });
        expect(error.diagnostics.length).toBeGreaterThan(0);
        outcomes.refused++;
      }
      const { user, system } = process.cpuUsage(start);
      expect((user + system) / 1000, `milliseconds of mutation ${i}`).toBeLessThan(maxMilliseconds);
    }
    expect(outcomes.refused).toBeGreaterThan(0);
    expect(process.resourceUsage().maxRSS).toBeLessThan(maxKilobytes);
  });
});

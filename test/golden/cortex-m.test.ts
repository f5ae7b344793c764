// Generated C as firmware on emulated Cortex-M boards: the self-test, built in, finds TensorFlow Lite Micro's bytes.
import { describe, expect, it } from 'vitest';
import { type Board, boards } from '../firmware/boards.ts';
import { canRunFirmware, Firmware } from '../firmware/firmware.ts';
import { type GoldenArtifact, goldenArtifact } from '../firmware/golden-artifact.ts';
import { goldenNames } from './golden-model.ts';

/** Its vectors are no sequence: each was recorded from the starting state, and a self-test's runs follow each other. */
const stateful = 'trained_lstm_int8';

/** The smallest core has no long multiply or divide, the largest vectorizes loops; both with one network. */
const cases: readonly { model: string; board: Board }[] = [
  { model: 'kws_ref_model', board: boards.m0 },
  { model: 'kws_ref_model', board: boards.m4 },
  { model: 'kws_ref_model', board: boards.m55 },
  { model: 'pretrainedResnet_quant', board: boards.m4 },
  { model: stateful, board: boards.m4 },
];

async function runOn(board: Board, { files }: GoldenArtifact): Promise<number> {
  const firmware = await Firmware.build(files, board);
  try {
    return (await firmware.run()).status;
  } finally {
    await firmware.remove();
  }
}

describe.skipIf(goldenNames.length === 0 || !canRunFirmware())('firmware gives the golden bytes', () => {
  it.each(cases)('$model on $board.core', { timeout: 120_000 }, async ({ model, board }) => {
    expect(await runOn(board, goldenArtifact(model, model === stateful ? 1 : 4))).toBe(0);
  });

  it('and would say so if it did not', { timeout: 120_000 }, async () => {
    const { program, files } = goldenArtifact('hello_world_int8', 1);
    const damaged = new Map(files);
    const selftest = String(files.get('network_selftest.c'));
    const expected = /(expected0_0\[1\] = \{\s*)(-?\d+)/;
    damaged.set(
      'network_selftest.c',
      selftest.replace(expected, (_, head, byte) => `${head}${Number(byte) ^ 1}`),
    );
    expect(await runOn(boards.m4, { program, files })).toBe(0);
    expect(await runOn(boards.m4, { program, files: damaged })).toBe(1);
  });
});

// Instructions, flash and RAM of generated C on Cortex-M under QEMU, beside TensorFlow Lite Micro with CMSIS-NN (given
// figures). Instructions are exact and repeatable; they are not cycles. Every run checks its output.
import { readFileSync } from 'node:fs';
import { it } from 'vitest';
import { type Board, boards } from '../firmware/boards.ts';
import { canRunFirmware, Firmware } from '../firmware/firmware.ts';
import { type GoldenArtifact, goldenArtifact } from '../firmware/golden-artifact.ts';
import { InstructionCounter } from '../firmware/instruction-count.ts';
import { hasShared, sharedPath } from '../shared-folder.ts';
import { printTable } from './table.ts';

type ByNetwork = Readonly<Record<string, number>>;

/** peers/cortex-m.json: figures by configuration, then by network. */
interface Peer {
  readonly macs: ByNetwork;
  readonly instructions: Readonly<Record<string, ByNetwork>>;
  readonly arena_bytes: Readonly<Record<string, ByNetwork>>;
  readonly stack_bytes_in_invoke_m4: ByNetwork;
  readonly flash_code_bytes_without_model: Readonly<Record<string, ByNetwork>>;
  readonly model_bytes: ByNetwork;
}

const networks = ['kws_ref_model', 'pretrainedResnet_quant', 'vww_96_int8', 'ad01_int8'];

/** The peer's rows beside each core of ours: configurations in its file, for speed and for flash. */
const cores = [
  { board: boards.m4, speed: 'm4 best flags', flash: 'm4 -O3', arena: 'm4' },
  { board: boards.m55, speed: 'm55 -O3', flash: 'm55 -Os', arena: 'm55' },
];

const head = ['network', 'core', 'compiler', 'instructions', 'per MAC', 'code', 'constants', 'arena, state', 'stack'];
type Row = (string | number)[];

async function ownRow(name: string, board: Board, artifact: GoldenArtifact, macs: number, counter: InstructionCounter) {
  const firmware = await Firmware.build(artifact.files, board);
  try {
    const { code, constants, data } = await firmware.sizes();
    const instructions = await counter.count(firmware);
    const { stack } = await firmware.run();
    const perMac = (instructions / macs).toFixed(2);
    return [name, board.core, 'int8c, gcc -O2', instructions, perMac, code, constants, data, stack];
  } finally {
    await firmware.remove();
  }
}

function peerRow(name: string, peer: Peer, { board, speed, flash, arena }: (typeof cores)[number]): Row {
  const instructions = peer.instructions[speed]?.[name] ?? 0;
  return [
    name,
    board.core,
    `TFLM + CMSIS-NN (code: ${flash})`,
    instructions,
    (instructions / (peer.macs[name] ?? 1)).toFixed(2),
    peer.flash_code_bytes_without_model[flash]?.[name] ?? 0,
    peer.model_bytes[name] ?? 0,
    peer.arena_bytes[arena]?.[name] ?? 0,
    arena === 'm4' ? (peer.stack_bytes_in_invoke_m4[name] ?? 0) : '',
  ];
}

it.skipIf(!hasShared('peers', 'cortex-m.json') || !InstructionCounter.isAvailable() || !canRunFirmware())(
  'firmware',
  async () => {
    const peer: Peer = JSON.parse(readFileSync(sharedPath('peers', 'cortex-m.json'), 'utf8'));
    const counter = new InstructionCounter();
    try {
      const rows: Row[] = [];
      for (const name of networks) {
        const artifact = goldenArtifact(name, 1);
        for (const core of cores) {
          rows.push(await ownRow(name, core.board, artifact, peer.macs[name] ?? 1, counter), peerRow(name, peer, core));
        }
      }
      printTable('Firmware: instructions of one inference, bytes of flash (code, constants) and of RAM', head, rows);
    } finally {
      counter.close();
    }
  },
);

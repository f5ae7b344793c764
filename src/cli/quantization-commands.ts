// The grammar of the subcommands that make integer programs of float networks: calibrate, quantize, compare.
import { type Command, Option } from 'commander';
import type { CalibrateFlags, MergeFlags } from './calibrate.ts';
import { guarded } from './guarded.ts';
import { bindOption, dimOption, jsonOption, signatureOption } from './shared-options.ts';

const patterns = `PATTERN is a folder (all samples below it), a file or a quoted glob: .npy, .npz, .png, .jpg, .wav, .pb, and .bin of
raw elements. A file may hold many samples. A model of several inputs takes NAME=PATTERN for each.`;

const calibrateEpilogue = `
${patterns}
Statistics do not depend on --workers, nor on interruptions: the same command goes on where --resume FILE stopped. Shards
are every N-th sample; their files merge to what one calibration of all samples gives.

Examples:
  int8c calibrate net.onnx --data photos --preprocess resize=96x96,scale=1/255 -o stats.json
  int8c calibrate net.onnx --data 'clips/*.npy' --limit 256 --resume part.json -o stats.json
  int8c calibrate net.onnx --data photos --shard 2/8 -o stats2.json
  int8c calibrate merge stats*.json -o all.json`;

/** How samples are read and chosen. */
export function sampleOptions(): Option[] {
  return [
    new Option('--preprocess <steps>', 'what is done to samples first, such as resize=96x96,scale=1/255'),
    new Option('--limit <count>', 'take this many samples, chosen at random'),
    new Option('--seed <number>', 'which random choice; default: 0'),
  ];
}

const dataOption = () => new Option('-d, --data <pattern...>', 'samples of the inputs');
const workersOption = () => new Option('--workers <count>', 'threads that run the network; default: one for each core');

function withOptions(command: Command, options: readonly Option[]): Command {
  for (const option of options) command.addOption(option);
  return command;
}

/** Adds the subcommands to the program. */
export function addQuantizationCommands(program: Command): void {
  const calibrate = program
    .command('calibrate')
    .summary('see which values the tensors of a float model take')
    .description('Runs a float model over samples and keeps statistics of its tensors, to quantize with them.')
    .enablePositionalOptions()
    .helpCommand(false)
    .argument('<model>', 'the model file')
    .addOption(dataOption())
    .addOption(new Option('-o, --output <file>', 'where to write the statistics').default('stats.json'));
  withOptions(calibrate, [
    ...sampleOptions(),
    new Option('--shard <k/n>', 'take the k-th of n parts of the samples'),
    workersOption(),
    new Option('--resume <file>', 'keep what is done in this file, and go on from it'),
    signatureOption(),
    dimOption(),
    bindOption(),
    jsonOption(),
  ])
    .addHelpText('after', calibrateEpilogue)
    .action((model: string, flags: CalibrateFlags) =>
      guarded(flags.json, async () => (await import('./calibrate.ts')).calibrateCommand(model, flags)),
    );
  calibrate
    .command('merge')
    .summary('make one file of statistics of several')
    .description('Merges statistics of parts of a data set into those of all of it.')
    .argument('<files...>', 'files of statistics of one model')
    .requiredOption('-o, --output <file>', 'where to write the statistics')
    .addOption(jsonOption())
    .action((files: readonly string[], flags: MergeFlags) =>
      guarded(flags.json, async () => (await import('./calibrate.ts')).mergeCommand(files, flags)),
    );
}

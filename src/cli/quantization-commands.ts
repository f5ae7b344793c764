// The grammar of the subcommands that make integer programs of float networks: calibrate, quantize, compare.
import { type Command, Option } from 'commander';
import { roundings } from '../../ir/attributes.ts';
import { methods } from '../quantize/estimators/methods.ts';
import type { CalibrateFlags, MergeFlags } from './calibrate.ts';
import type { CompareFlags } from './compare.ts';
import { guarded } from './guarded.ts';
import type { QuantizeCommandFlags } from './quantize.ts';
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

const methodLines = `
Methods, by which the range of each tensor is chosen from the values it takes (docs/quantization.md):
  minmax      all that was seen
  mean        the mean of each sample's extremes
  percentile  all but 0.01 % of the values
  entropy     what keeps the distribution most alike (Kullback-Leibler)
  mse, grid   the least squared error, found on a grid
  auto        what the network's outputs lose least by, and rounding of weights that is learned layer by layer
  keep        nothing is chosen: the model has quantization of its own, from training or another tool`;

const quantizeEpilogue = `
The name given with -o says what is written: .onnx (QuantizeLinear and DequantizeLinear around each operator), .tflite, or
.ir, int8c's own text. 'int8c compile --calibrate' writes programs instead.

${patterns}
A few hundred samples do. With labels (--labels, or a folder with a folder for each class) --max-drop is about accuracy,
without them about the samples for which both networks name the same class. auto, --max-drop, --budget and learned weights
look at outputs, so they need samples; --stats alone gives ranges by their values.
${methodLines}

Examples:
  int8c quantize net.onnx --data photos --preprocess resize=96x96,scale=1/255 --limit 256 -o net.int8.onnx
  int8c quantize net.onnx --stats all.json --method mse -o net.tflite
  int8c quantize net.onnx --data photos --max-drop 0.5% --report report.html -o net.int8.onnx`;

const compareEpilogue = `
${patterns}
Without --against the model is quantized first, as 'int8c quantize' does it, on --calibrate or the same samples; then
tensors and the cost of each layer are shown too.

Examples:
  int8c compare net.onnx --calibrate train --data test --labels test.csv --html report.html
  int8c compare net.onnx --data test --against net.int8.tflite`;

/** How samples are read and chosen. */
export function sampleOptions(): Option[] {
  return [
    new Option('--preprocess <steps>', 'what is done to samples first, such as resize=96x96,scale=1/255'),
    new Option('--limit <count>', 'take this many samples, chosen at random'),
    new Option('--seed <number>', 'which random choice; default: 0'),
  ];
}

/** How a network is quantized. */
export function quantizationOptions(): Option[] {
  return [
    new Option('--stats <file>', 'ranges from what int8c calibrate wrote, with or without samples'),
    new Option('--method <name>', 'how ranges are chosen; default: auto').choices([...methods, 'keep']),
    new Option('--weights <how>', 'how weights are rounded; default: learned with --method auto').choices([
      'learned',
      'nearest',
    ]),
    new Option('--element <type>', 'what activations become; i16 goes with 8-bit weights').choices(['i8', 'i16']),
    new Option('--wide <what>', 'what has 16 bits; default: with --method auto, what is nearer by it').choices([
      'none',
      'outputs',
      'vectors',
    ]),
    new Option('--equalize', 'even out channels between layers first; needs samples'),
    new Option('--keep-float <name...>', 'operators that stay float, by the names of the model'),
    new Option('--max-drop <percent>', 'accuracy that may be lost, such as 0.5%; the costliest layers get 16 bits'),
    new Option('--budget <ram=bytes,flash=bytes>', 'memory that the program must fit, such as ram=64k,flash=512k'),
    new Option('--dynamic', 'integer weights; activations are quantized by the program as it runs'),
    new Option('--weight-only', 'integer weights, and computation in floating point'),
    new Option('--prune <percent>', 'weights that become 0, those that are missed least, such as 50%'),
    new Option('--ports <kind>', 'inputs and outputs of the program; default: float').choices(['float', 'integer']),
    new Option('--rounding <name>', 'how accumulators are requantized').choices([...roundings]),
    new Option('--require-int8', 'fail, and list them, where operators stay in floating point'),
    workersOption(),
  ];
}

const dataOption = () => new Option('-d, --data <pattern...>', 'samples of the inputs');
export const labelsOption = () => new Option('--labels <file>', 'the class of each sample: .json, .csv or .txt');
const modelOptions = () => [signatureOption(), dimOption(), bindOption(), jsonOption()];
const workersOption = () => new Option('--workers <count>', 'threads that run the network; default: one for each core');

export function withOptions(command: Command, options: readonly Option[]): Command {
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
    ...modelOptions(),
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
  const quantize = program
    .command('quantize')
    .summary('make an integer model of a float one')
    .description('Writes a float model as an integer one, with ranges from samples of its inputs.')
    .argument('<model>', 'the model file')
    .addOption(dataOption())
    .requiredOption('-o, --output <file>', 'where to write it: NAME.onnx, NAME.tflite or NAME.ir');
  withOptions(quantize, [
    ...sampleOptions(),
    labelsOption(),
    ...quantizationOptions(),
    new Option('--report <file>', 'also write how the integer model differs, as one page of HTML'),
    ...modelOptions(),
  ])
    .addHelpText('after', quantizeEpilogue)
    .action((model: string, flags: QuantizeCommandFlags) =>
      guarded(flags.json, async () => (await import('./quantize.ts')).quantizeCommand(model, flags)),
    );
  const compare = program
    .command('compare')
    .summary('say how a quantized model differs from the float one')
    .description('Runs a float model and its quantized form over samples: accuracy, errors, and which layers cost it.')
    .argument('<model>', 'the float model file')
    .addOption(dataOption());
  withOptions(compare, [
    ...sampleOptions(),
    labelsOption(),
    new Option('--against <file>', 'the quantized model; without it MODEL is quantized'),
    new Option('--calibrate <pattern...>', 'samples to quantize with; default: those of --data'),
    ...quantizationOptions(),
    new Option('--html <file>', 'also write one page of HTML'),
    ...modelOptions(),
  ])
    .addHelpText('after', compareEpilogue)
    .action((model: string, flags: CompareFlags) =>
      guarded(flags.json, async () => (await import('./compare.ts')).compareCommand(model, flags)),
    );
}

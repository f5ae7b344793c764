// A comparison as tables, for the terminal.
import { columns, grouped, styled } from '../cli/terminal.ts';
import type { Comparison, LayerComparison } from './compare.ts';
import { bytesText, cosineText, decibelText, energyText, percentText, rangeText, realText } from './figure-text.ts';
import type { GroupCost, Sensitivity } from './sensitivity.ts';
import { visibleText } from './visible-text.ts';

/** Everything, in parts that an empty line sets off from each other. */
export function comparisonLines(comparison: Comparison, sensitivity?: Sensitivity): string[] {
  const parts = [
    summary(comparison),
    outputs(comparison),
    layers(comparison),
    sensitivity === undefined ? [] : costs(sensitivity),
    staysFloat(comparison),
  ];
  return parts.filter((lines) => lines.length > 0).flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}

const title = (text: string) => styled('bold', text, process.stdout);

const indented = (lines: readonly string[]) => lines.map((line) => `  ${line}`);

function summary({ name, samples, accuracy, agreement, cost }: Comparison): string[] {
  const row = (what: string, float: string, quantized: string) => [what, float, quantized];
  const { float, quantized } = cost;
  const rows = [
    ...(accuracy === undefined
      ? []
      : [row('accuracy, top 1', percentText(accuracy.top1.float), percentText(accuracy.top1.quantized))]),
    ...(accuracy?.top5 === undefined
      ? []
      : [row('accuracy, top 5', percentText(accuracy.top5.float), percentText(accuracy.top5.quantized))]),
    row('weights and tables', bytesText(float.bytes.constants), bytesText(quantized.bytes.constants)),
    row('arena', bytesText(float.bytes.arena), bytesText(quantized.bytes.arena)),
    row('arithmetic, estimated', energyText(float.energy.arithmetic), energyText(quantized.energy.arithmetic)),
    row('memory, estimated', energyText(float.energy.memory), energyText(quantized.energy.memory)),
  ];
  return [
    `${title(visibleText(name))}: ${grouped(samples)} samples, ${grouped(quantized.macs)} multiply-accumulates`,
    ...indented(columns([['', 'float', 'quantized'], ...rows], [1, 2])),
    ...(agreement === undefined ? [] : [`  Both name the same class for ${percentText(agreement)} of the samples.`]),
  ];
}

function outputs({ outputs }: Comparison): string[] {
  const head = ['output', 'SNR dB', 'cosine', 'mean error', 'greatest error', 'not finite'];
  const rows = outputs.map((o) => [
    visibleText(o.name),
    decibelText(o.snr),
    cosineText(o.cosine),
    realText(o.meanError),
    realText(o.greatestError),
    o.nonFinite === 0 ? '' : grouped(o.nonFinite),
  ]);
  return columns([head, ...rows], [1, 2, 3, 4, 5]);
}

function layers({ layers }: Comparison): string[] {
  if (layers.length === 0) return [];
  const head = [
    'stored',
    'SNR dB',
    'cosine',
    'worst channel',
    'range',
    'seen',
    'clipped',
    'levels',
    'operator',
    'tensor',
  ];
  return [title('Tensors, in order'), ...indented(columns([head, ...layers.map(layerRow)], [1, 2, 3, 4, 5, 6, 7]))];
}

function layerRow({ name, operator, precision, snr, cosine, worstChannel, seen, range }: LayerComparison): string[] {
  return [
    precision,
    decibelText(snr),
    cosineText(cosine),
    worstChannel === undefined ? '' : `${decibelText(worstChannel.snr)} at ${worstChannel.index}`,
    range === undefined ? '' : rangeText(range.chosen),
    rangeText(seen),
    range === undefined ? '' : percentText(range.clipped.low + range.clipped.high),
    range === undefined ? '' : percentText(range.levels),
    operator,
    visibleText(name),
  ];
}

function costs({ samples, snr, layers, groups }: Sensitivity): string[] {
  if (layers.length + groups.length === 0) return [];
  const head = ['noise', 'SNR dB', 'gain dB', 'operator', 'tensor'];
  const rows = layers.map((l) => [
    percentText(l.share),
    decibelText(l.snr),
    l.gain === undefined ? '' : decibelText(l.gain),
    l.operator,
    visibleText(l.name),
  ]);
  return [
    title(`What each layer costs: output SNR with it alone quantized, on ${grouped(samples)} samples`),
    ...indented(columns([head, ...rows], [0, 1, 2])),
    `  All of them together: ${decibelText(snr)} dB. Gain: what the output wins where the layer alone stays float.`,
    ...groups.map(
      (g) => `  ${percentText(g.share)} of the noise: ${groupText(g)}, which there was no time to tell apart`,
    ),
  ];
}

/** A group of layers in the network's order, by its ends. */
export function groupText({ layers }: GroupCost): string {
  return `${layers.length} layers from ${visibleText(layers[0] ?? '')} to ${visibleText(layers.at(-1) ?? '')}`;
}

function staysFloat({ float }: Comparison): string[] {
  if (float.length === 0) return [];
  const rows = float.map((f) => [f.operator, f.where, f.reason].map(visibleText));
  return [title('What stays float'), ...indented(columns(rows))];
}

// Tables with bars: what each layer costs the output, and how far each tensor is from the float network's.
import { grouped } from '../../cli/terminal.ts';
import type { Comparison, LayerComparison } from '../compare.ts';
import { groupText } from '../comparison-text.ts';
import { cosineText, decibelText, percentText, rangeText } from '../figure-text.ts';
import type { GroupCost, Sensitivity } from '../sensitivity.ts';
import { html, type Markup, type Part } from './markup.ts';
import type { Section } from './section.ts';
import { bar, table, tensorLabel } from './table.ts';

const number = true;

/** Signal to noise at which a bar is full; 8 bits over a whole range reach about 50 dB. */
const fullDecibels = 60;

export function costSection({ layers, groups, samples, snr }: Sensitivity): Section | undefined {
  if (layers.length + groups.length === 0) return undefined;
  const most = Math.max(layers[0]?.share ?? 0, groups[0]?.share ?? 0) || 1;
  const columns = [
    { title: 'Layer' },
    { title: 'Share of the noise', number },
    { title: 'Output SNR alone, dB', number },
    { title: 'Gain if float, dB', number },
  ];
  const rows = layers.map(({ name, where, operator, share, snr, gain }) => [
    tensorLabel(name, where, operator),
    bar(share / most, percentText(share), 'cost'),
    decibelText(snr),
    gain === undefined ? '' : `${gain < 0 ? '' : '+'}${gain.toFixed(1)}`,
  ]);
  const body = html`<p>Each layer was quantized alone, its weights and its result, and the error of the outputs measured on ${grouped(samples)} samples. With all of them quantized the outputs have ${decibelText(snr)} dB. The gain is what they win where the layer stays float and all others are quantized; it is below zero where errors of layers cancel each other.</p>
${rows.length === 0 ? undefined : table('Layers by what they cost the outputs, the costliest first', columns, rows)}
${groups.length === 0 ? undefined : groupTable(groups, most)}`;
  return { id: 'cost', title: 'What each layer costs', body };
}

function groupTable(groups: readonly GroupCost[], most: number): Markup {
  const columns = [
    { title: 'Layers' },
    { title: 'Share of the noise', number },
    { title: 'Output SNR alone, dB', number },
  ];
  const rows = groups.map((g) => [groupText(g), bar(g.share / most, percentText(g.share), 'cost'), decibelText(g.snr)]);
  return table('Neighbouring layers that there was no time to tell apart', columns, rows);
}

export function layerSection({ layers }: Comparison): Section | undefined {
  if (layers.length === 0) return undefined;
  const columns = [
    { title: 'Tensor' },
    { title: 'SNR, dB', number },
    { title: 'Stored' },
    { title: 'Cosine', number },
    { title: html`Worst channel<small>SNR, dB</small>`, number },
    { title: html`Range<small>and what was seen</small>`, number },
    { title: html`Clipped<small>below, above</small>`, number },
    { title: 'Levels used', number },
  ];
  const body = html`<p>Errors that came from the layers before are included. Channels are indices of the last dimension. Values are clipped where they lie outside of the range; levels are the integers that occurred.</p>
${table('Tensors in the order of the network', columns, layers.map(layerRow))}`;
  return { id: 'layers', title: 'Layer by layer', body };
}

function layerRow(layer: LayerComparison): Part[] {
  const { name, where, operator, precision, snr, cosine, worstChannel, range, seen } = layer;
  return [
    tensorLabel(name, where, operator),
    bar(snr === Number.POSITIVE_INFINITY ? 1 : snr / fullDecibels, decibelText(snr)),
    precision,
    cosineText(cosine),
    worstChannel === undefined
      ? ''
      : html`${decibelText(worstChannel.snr)}<small>channel ${worstChannel.index}</small>`,
    html`${range === undefined ? 'float' : rangeText(range.chosen)}<small>${rangeText(seen)}</small>`,
    range === undefined ? '' : html`${percentText(range.clipped.low)}<br>${percentText(range.clipped.high)}`,
    range === undefined ? '' : percentText(range.levels),
  ];
}

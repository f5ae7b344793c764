// Distributions of activations and weights, one small drawing each.
import type { NetworkStatistics } from '../../quantize/calibrate.ts';
import type { Comparison } from '../compare.ts';
import { decibelText, percentText, rangeText, realText } from '../figure-text.ts';
import type { WeightComparison } from '../weights.ts';
import { histogramPlot } from './histogram-plot.ts';
import { html, type Markup } from './markup.ts';
import type { Section } from './section.ts';
import { tensorLabel } from './table.ts';

const terms = (pairs: readonly (readonly [string, string])[]) =>
  html`<dl>${pairs.map(([term, text]) => html`<dt>${term}</dt><dd>${text}</dd>`)}</dl>`;

function figures(list: readonly Markup[]): Markup {
  return html`<div class="plots">\n${list}</div>\n`;
}

/** Of the tensors that calibration saw, with the ranges that were chosen. */
export function activationSection({ layers }: Comparison, statistics: NetworkStatistics): Section | undefined {
  const list = layers.flatMap(({ name, where, operator, range }) => {
    const s = statistics.get(name);
    if (s === undefined || s.count === 0) return [];
    const seen = { low: s.min, high: s.max };
    const text: (readonly [string, string])[] = [
      ['seen', rangeText(seen)],
      ['range', range === undefined ? 'stays float' : rangeText(range.chosen)],
      ['zeros', percentText(s.histogram.zeros / s.count)],
    ];
    const label = `Histogram of ${name}: ${text.map(([term, value]) => `${term} ${value}`).join(', ')}`;
    return [
      html`<figure><figcaption>${tensorLabel(name, where, operator)}</figcaption>${histogramPlot(s.histogram, label, range?.chosen)}${terms(text)}</figure>\n`,
    ];
  });
  if (list.length === 0) return undefined;
  const body = html`<p>What calibration saw of each tensor: how often (upwards, logarithmic) which value (to the right). Lines mark the range that the integers hold; what lies outside of it, shaded, is clipped. The dashed line is 0; values that are exactly 0 are counted apart.</p>
${figures(list)}`;
  return { id: 'activations', title: 'Distributions of activations', body };
}

export function weightSection(weights: readonly WeightComparison[]): Section | undefined {
  if (weights.length === 0) return undefined;
  const list = weights.map(({ name, where, operator, shape, snr, zeros, scales, histogram }) => {
    const text: (readonly [string, string])[] = [
      ['shape', shape.join(' x ')],
      ['values', rangeText({ low: histogram.min, high: histogram.max })],
      ['SNR', snr === Number.POSITIVE_INFINITY ? 'exact' : `${decibelText(snr)} dB`],
      ['zeros', percentText(zeros)],
      [
        'scales',
        scales.least === scales.greatest
          ? realText(scales.least)
          : rangeText({ low: scales.least, high: scales.greatest }),
      ],
    ];
    const label = `Histogram of the weights of ${name}: ${text.map(([term, value]) => `${term} ${value}`).join(', ')}`;
    return html`<figure><figcaption>${tensorLabel(name, where, operator)}</figcaption>${histogramPlot(histogram, label)}${terms(text)}</figure>\n`;
  });
  const body = html`<p>The real weights of each linear operator, and how far their integers are from them. Scales are those of its output channels; zeros, the share of integers that are 0.</p>
${figures(list)}`;
  return { id: 'weights', title: 'Distributions of weights', body };
}

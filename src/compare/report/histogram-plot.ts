// Drawings of histograms, with the range that was chosen.
import type { Range } from '../../quantize/estimators/index.ts';
import type { Histogram } from '../../quantize/histogram.ts';
import { html, Markup } from './markup.ts';

const width = 300;
const height = 90;
/** Columns of the drawing; the histogram's bins are summed up into them. */
const columnCount = 100;

/**
 * Counts over values, logarithmically, since the ends of a range are about few values. Lines mark the range, and
 * what is clipped outside of it is shaded. Exact zeros, which a histogram counts apart, are not drawn.
 */
export function histogramPlot(h: Histogram, label: string, range?: Range): Markup {
  const low = Math.min(h.min, range?.low ?? h.min);
  const high = Math.max(h.max, range?.high ?? h.max);
  if (!(low < high)) return html`<p class="empty">All values are ${low}.</p>`;
  const x = (value: number) => (width * (value - low)) / (high - low);
  const counts = columnCounts(h, low, high);
  const most = Math.log1p(counts.reduce((a, b) => Math.max(a, b), 0)) || 1;
  const step = width / columnCount;
  let path = `M0 ${height}`;
  counts.forEach((count, i) => {
    const y = height * (1 - Math.log1p(count) / most);
    path += `V${y.toFixed(1)}H${((i + 1) * step).toFixed(1)}`;
  });
  // Numbers only, and longer than the text that templates let through.
  const area = new Markup(`${path}V${height}Z`);
  const ends = range === undefined ? undefined : rangeEnds(x(range.low), x(range.high));
  const zero = low < 0 && high > 0 ? html`<path class="zero" d="M${x(0).toFixed(1)} 0V${height}"/>` : undefined;
  return html`<svg class="plot" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="${label}"><title>${label}</title>${ends}<path class="area" d="${area}"/>${zero}</svg>`;
}

function rangeEnds(from: number, to: number): Markup {
  const [a, b] = [from.toFixed(1), to.toFixed(1)];
  const above = Math.max(0, width - to).toFixed(1);
  return html`<rect class="clipped" width="${a}" height="${height}"/><rect class="clipped" x="${b}" width="${above}" height="${height}"/><path class="end" d="M${a} 0V${height}M${b} 0V${height}"/>`;
}

/** Counts of the bins by the column in which their middle lies. Wide bins are spread over the columns they cover. */
function columnCounts(h: Histogram, low: number, high: number): Float64Array {
  const columns = new Float64Array(columnCount);
  const perColumn = columnCount / (high - low);
  h.counts.forEach((count, k) => {
    if (count === 0) return;
    const from = Math.max(low, (h.first + k) * h.width);
    const to = Math.min(high, (h.first + k + 1) * h.width);
    const first = Math.min(columnCount - 1, Math.max(0, Math.floor((from - low) * perColumn)));
    const last = Math.min(columnCount - 1, Math.max(first, Math.ceil((to - low) * perColumn) - 1));
    for (let c = first; c <= last; c++) columns[c]! += count / (last - first + 1);
  });
  return columns;
}

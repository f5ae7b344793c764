// A drawing of the arena: each buffer over the calls during which it lives, at its addresses.
import type { PlannedBuffer, ProgramCost } from '../program-cost.ts';
import { html, type Markup } from './markup.ts';

const width = 800;
const height = 240;
/** Fills that the style sheet tells apart. */
const fills = 6;

/** Calls run from left to right, addresses from below upwards. */
export function memoryPlot({ memory, calls, bytes }: ProgramCost): Markup {
  const label = `${memory.length} buffers in an arena of ${bytes.arena} bytes over ${calls.length} calls`;
  const x = (call: number) => ((width * call) / Math.max(1, calls.length)).toFixed(1);
  const y = (address: number) => (height * (1 - address / Math.max(1, bytes.arena))).toFixed(1);
  const block = ({ name, offset, bytes: size, first, last }: PlannedBuffer, i: number) => {
    const [left, right] = [x(first), x(last + 1)];
    const [top, bottom] = [y(offset + size), y(offset)];
    const title = `${name}: ${size} bytes at ${offset}, calls ${first} to ${last}`;
    return html`<path class="fill${i % fills}" d="M${left} ${bottom}V${top}H${right}V${bottom}Z"><title>${title}</title></path>`;
  };
  return html`<svg class="plot memory" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="${label}"><title>${label}</title>${memory.map(block)}</svg>`;
}

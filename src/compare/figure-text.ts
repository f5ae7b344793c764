// Figures of a comparison as people read them, in the terminal and on a page.
import { grouped } from '../cli/terminal.ts';
import type { Range } from '../quantize/estimators/index.ts';

/** Signal to noise in dB. */
export function decibelText(x: number): string {
  if (x === Number.POSITIVE_INFINITY) return 'exact';
  return Number.isFinite(x) ? x.toFixed(1) : 'none';
}

/** A share as a percentage, with digits enough to tell it from none and from all. */
export function percentText(share: number): string {
  const percent = 100 * share;
  if (percent === 0 || percent === 100) return `${percent} %`;
  if (percent < 0.01) return '< 0.01 %';
  return percent > 99.99 ? '> 99.99 %' : `${percent.toFixed(2)} %`;
}

/** Cosines of interest are close to 1. */
export const cosineText = (x: number): string => x.toFixed(5);

/** A real number in about three significant digits. */
export function realText(x: number): string {
  if (x === 0 || !Number.isFinite(x)) return String(x);
  const magnitude = Math.abs(x);
  if (magnitude >= 1e5 || magnitude < 1e-3) return x.toExponential(2);
  return String(Number(x.toPrecision(3)));
}

export const rangeText = ({ low, high }: Range): string => `${realText(low)} to ${realText(high)}`;

/** nJ in a unit that suits them. */
export function energyText(nanojoules: number): string {
  if (nanojoules >= 1e6) return `${realText(nanojoules / 1e6)} mJ`;
  return nanojoules >= 1000 ? `${realText(nanojoules / 1000)} µJ` : `${realText(nanojoules)} nJ`;
}

/** Bytes, whole. */
export const bytesText = (bytes: number): string => `${grouped(bytes)} bytes`;

/** Bytes in a unit that suits them. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${realText(bytes / 1000)} kB` : `${realText(bytes / 1e6)} MB`;
}

/** How many times one number is in another; nothing where one of them is 0. */
export const timesText = (part: number, whole: number): string =>
  part === 0 || whole === 0 ? '' : `${realText(whole / part)} x`;

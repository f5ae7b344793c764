// The search for the layers that make most of the noise, where there is no time to measure each: of two halves of a network
// the noisier one is looked into first.

/** Neighbouring layers, and the noise that they make together. */
export interface Part<Layer> {
  readonly layers: readonly Layer[];
  readonly noise: number;
}

/**
 * Halves the noisiest part of several layers as long as there is one, and time for two measurements. The noisiest parts
 * come first.
 */
export function halveNoisiest<Layer>(
  whole: Part<Layer>,
  isTimeFor: (measurements: number) => boolean,
  measure: (layers: readonly Layer[]) => Part<Layer>,
): Part<Layer>[] {
  let parts: Part<Layer>[] = [whole];
  for (;;) {
    const next = parts.find((p) => p.layers.length > 1);
    if (next === undefined || !isTimeFor(2)) return parts;
    const middle = Math.ceil(next.layers.length / 2);
    const halves = [next.layers.slice(0, middle), next.layers.slice(middle)].map(measure);
    parts = noisiestFirst([...parts.filter((p) => p !== next), ...halves]);
  }
}

/** The same parts, the noisiest first. */
export function noisiestFirst<Layer>(parts: readonly Part<Layer>[]): Part<Layer>[] {
  return parts.toSorted((a, b) => b.noise - a.noise);
}

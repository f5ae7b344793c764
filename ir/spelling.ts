// "Did you mean": the known name nearest to one that is not known.
import { distance } from 'fastest-levenshtein';

/** Names longer than this are not compared: the cost is quadratic, and no name of int8c's own is that long. */
const maxLength = 64;

/** The candidate that `name` most likely misspells: at most a third of its letters differ; undefined when none is near. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > maxLength) return undefined;
  let nearest: string | undefined;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const edits = distance(name.toLowerCase(), candidate.toLowerCase());
    if (edits < least) {
      least = edits;
      nearest = candidate;
    }
  }
  return nearest;
}

/** A hint for a diagnostic: `Did you mean conv2d?`, or undefined when nothing is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const nearest = nearestName(name, candidates);
  return nearest === undefined ? undefined : `Did you mean ${nearest}?`;
}

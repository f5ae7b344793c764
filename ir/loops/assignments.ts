// Orders assignments that the loop IR makes at once, as the hand-over at the end of a loop's body, for languages that
// make them one after the other.

/** One of a set of simultaneous assignments. `K` names variables. */
export interface Assignment<K> {
  readonly target: K;
  /** Variables that the assigned expression reads. */
  readonly reads: ReadonlySet<K>;
}

/**
 * `ordered` in an order in which each one reads before what it reads is overwritten. Those left over around a cycle (a
 * swap) are `saved`: their values go to temporaries before anything is assigned.
 */
export function orderAssignments<K, A extends Assignment<K>>(
  assignments: readonly A[],
): { saved: readonly A[]; ordered: readonly A[] } {
  let waiting = [...assignments];
  const ordered: A[] = [];
  while (waiting.length > 0) {
    const free = waiting.find((a) => waiting.every((b) => b === a || !b.reads.has(a.target)));
    if (free === undefined) break;
    ordered.push(free);
    waiting = waiting.filter((a) => a !== free);
  }
  return { saved: waiting, ordered };
}

// Maps for machines that store whole 32-bit words (isa.ts, wordStores): every parallel iteration computes the elements of
// one word and stores it, in flat order.
import { LoopBuilder } from '../../ir/loops/builder.ts';
import type { Block, LoopValue } from '../../ir/loops/kernel.ts';
import type { MapLowering } from '../../ir/loops/lowering.ts';
import { type Buffer, laneOfElement, loopType } from '../../ir/loops/types.ts';
import { blocksOf } from '../../ir/loops/uses.ts';
import { bytesPerElement, elementCount } from '../../ir/types.ts';
import { counters, placeOf, plainMap } from './plain.ts';

const wordBytes = 4;

/** Elements that a word holds. */
export function elementsPerWord(buffer: Buffer): number {
  return Math.max(1, wordBytes / bytesPerElement(buffer.element));
}

/** Instructions of an element's computation from which on a word's elements are looped over instead of written out. */
const longBody = 100;

export function wordMap(b: LoopBuilder, map: MapLowering): void {
  const perWord = elementsPerWord(map.result);
  const last = map.shape.at(-1) ?? 1;
  const total = elementCount(map.shape);
  if (perWord === 1 || total === 0) plainMap(b, map);
  else if (placesWords(map, perWord) && last % perWord === 0) rowsOfWords(b, map, perWord);
  else if (map.place === undefined) flatWords(b, map, perWord);
  else plainMap(b, map);
}

/** True when elements that are neighbours in the last dimension are neighbours in the result, from whole words on. */
function placesWords({ place, shape }: MapLowering, perWord: number): boolean {
  if (place === undefined) return true;
  const outer = place.strides.slice(0, -1).filter((_, d) => shape[d] !== 1);
  return place.strides.at(-1) === 1 && [place.offset, ...outer].every((n) => n % perWord === 0);
}

/** Loops as the map has them, with words along the last dimension. */
function rowsOfWords(b: LoopBuilder, map: MapLowering, perWord: number): void {
  const rank = map.shape.length;
  const nest = (d: number, index: readonly LoopValue[]): void => {
    const step = d === rank - 1 ? perWord : 1;
    const options = { mode: 'parallel', step, name: counters[d] ?? `i${d}` } as const;
    b.for(
      0,
      map.shape[d] ?? 1,
      (i) => {
        if (d < rank - 1) {
          nest(d + 1, [...index, i]);
          return;
        }
        const first = [...index, i];
        const flat = b.flatten(map.shape, first);
        const at = map.place === undefined ? flat : placeOf(b, first, map.place);
        const element = (l: LoopValue | number) => map.body(b, [...index, b.add(i, l)], b.add(flat, l));
        storeWord(b, map, at, element, perWord);
      },
      options,
    );
  };
  nest(0, []);
}

/** A loop over words; where the last one is not full, its elements are stored one by one. */
function flatWords(b: LoopBuilder, map: MapLowering, perWord: number): void {
  const total = elementCount(map.shape);
  const rest = total % perWord;
  b.for(
    0,
    total,
    (at) => {
      const element = (l: LoopValue | number) => {
        const flat = b.add(at, l);
        return map.body(b, indexOf(b, map.shape, flat), flat);
      };
      const whole = () => storeWord(b, map, at, element, perWord);
      if (rest === 0) {
        whole();
        return;
      }
      b.ifElse(
        b.compare('lt', at, total - rest),
        () => {
          whole();
          return [];
        },
        () => {
          b.for(0, rest, (l) => b.store(map.result, b.add(at, l), element(l)), { name: 'lane' });
          return [];
        },
      );
    },
    { mode: 'parallel', step: perWord, name: 'at' },
  );
}

/** The index of a flat position. */
function indexOf(b: LoopBuilder, shape: readonly number[], flat: LoopValue): LoopValue[] {
  const index: LoopValue[] = [];
  let rest = flat;
  for (const [d, extent] of [...shape.entries()].reverse()) {
    index[d] = extent === 1 ? b.constant(0) : d === 0 ? rest : b.rem(rest, extent);
    rest = b.div(rest, extent);
  }
  return index;
}

/** Computes the elements of the word at `at` and stores it. */
function storeWord(
  b: LoopBuilder,
  { result, body, shape }: MapLowering,
  at: LoopValue,
  element: (lane: LoopValue | number) => LoopValue,
  perWord: number,
): void {
  if (sizeOf(shape, body) > longBody) {
    b.for(0, perWord, (l) => b.store(result, b.add(at, l), element(l)), { name: 'lane' });
    return;
  }
  const lanes = Array.from({ length: perWord }, (_, l) => element(l));
  b.store(result, at, vectorOf(b, result, lanes), wordBytes);
}

/** Elements of a buffer as one vector of their low bits. */
function vectorOf(b: LoopBuilder, buffer: Buffer, lanes: readonly LoopValue[]): LoopValue {
  const type = loopType(laneOfElement(buffer.element), lanes.length);
  return lanes
    .slice(1)
    .reduce(
      (vector, x, l) => b.compute('insert', [vector, x], { lanes: [l + 1] }),
      b.splat(lanes[0] ?? b.constant(0), type),
    );
}

/** Instructions of one element's computation. */
function sizeOf(shape: readonly number[], body: MapLowering['body']): number {
  const b = new LoopBuilder();
  const unknown = (): LoopValue => ({ type: 'i32' });
  body(b, shape.map(unknown), unknown());
  const count = (block: Block): number =>
    block.body.reduce((n, x) => n + 1 + blocksOf(x).reduce((m, inside) => m + count(inside), 0), 0);
  return count(b.finish('', '', []).body);
}

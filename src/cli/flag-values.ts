// Values of options: whole numbers, percentages, amounts of memory, shards.
import { fail, quoteName } from '../../ir/diagnostics.ts';

/** A whole number of at least `least`. */
export function wholeNumber(option: string, text: string, least: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least) return value;
  return fail('I8C0401', `Option ${option} takes a whole number from ${least} on, not ${quoteName(text)}.`);
}

/** `0.5%` is 0.005. */
export function percentageOf(option: string, text: string): number {
  const [, digits] = /^(\d{1,3}(?:\.\d+)?)\s*%$/.exec(text) ?? [];
  const share = Number(digits ?? Number.NaN) / 100;
  if (share <= 1) return share;
  return fail('I8C0401', `Option ${option} takes a percentage such as 0.5%, not ${quoteName(text)}.`);
}

/** `2/8`: the second of eight. */
export function shardNamed(option: string, text: string): readonly [k: number, n: number] {
  const [, k, n] = /^(\d{1,9})\/(\d{1,9})$/.exec(text) ?? [];
  if (k !== undefined && n !== undefined) return [Number(k), Number(n)];
  return fail('I8C0401', `Option ${option} takes a shard such as 2/8, not ${quoteName(text)}.`);
}

/** Bytes of the units that amounts of memory are given in, in lower case. */
const units: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['k', 2 ** 10],
  ['kb', 2 ** 10],
  ['kib', 2 ** 10],
  ['m', 2 ** 20],
  ['mb', 2 ** 20],
  ['mib', 2 ** 20],
]);

/** `64k` is 65536 bytes; kilo and mega are powers of two, as on the data sheets of memories. */
export function bytesIn(option: string, text: string): number {
  const [, digits, unit = ''] = /^(\d{1,12}(?:\.\d{1,6})?)\s*([a-z]{0,3})$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(digits ?? Number.NaN) * (units.get(unit.toLowerCase()) ?? Number.NaN));
  if (bytes > 0) return bytes;
  return fail('I8C0401', `Option ${option} takes amounts such as 65536, 64k or 1.5M, not ${quoteName(text)}.`);
}

/** `ram=64k,flash=512k`: either or both. */
export function budgetIn(option: string, text: string): { ram?: number; flash?: number } {
  const budget: { ram?: number; flash?: number } = {};
  for (const part of text.split(',')) {
    const [, name, amount] = /^\s*(ram|flash)\s*=\s*(\S+)\s*$/.exec(part) ?? [];
    if (name === undefined || amount === undefined || (name === 'ram' ? budget.ram : budget.flash) !== undefined) {
      fail('I8C0401', `Option ${option} takes ram=BYTES,flash=BYTES or one of them, not ${quoteName(text)}.`);
    }
    if (name === 'ram') budget.ram = bytesIn(option, amount);
    else budget.flash = bytesIn(option, amount);
  }
  return budget;
}

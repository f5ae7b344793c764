// What every damaged copy of a model is held to: it compiles or ends in a diagnostic about the model, quickly and within
// bounded memory.
import { expect } from 'vitest';
import { CompileError } from '../../ir/diagnostics.ts';
import { type Compiled, compile, type Feeds, importModel, type Program } from '../../src/index.ts';
import { randomTensor, seededRandom } from '../../src/random-tensor.ts';
import { mutate } from './mutations.ts';

const maxMilliseconds = 2000;
const maxKilobytes = 1024 * 1024;

/** The compiled model, or undefined where int8c refused it. Any other error is the test's failure, internal ones too. */
export async function compileDamaged(bytes: Uint8Array): Promise<Compiled | undefined> {
  try {
    return await compile(await importModel(bytes), { target: 'c' });
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    expect(error.diagnostics.length).toBeGreaterThan(0);
    expect(error.diagnostics.filter((d) => d.code === 'I8C0901')).toEqual([]);
    return undefined;
  }
}

/** Compiles so many damaged copies, some of which must be refused; `accept` gets those that are not, by their number. */
export async function compileMutations(
  bytes: Uint8Array,
  count: number,
  accept: (compiled: Compiled, index: number) => Promise<void> | void = () => {},
): Promise<void> {
  const random = seededRandom(bytes.length);
  let refused = 0;
  for (let i = 0; i < count; i++) {
    const damaged = mutate(bytes, random);
    const start = process.cpuUsage();
    const compiled = await compileDamaged(damaged).catch((cause: unknown) => {
      throw new Error(`mutation ${i}`, { cause });
    });
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1000, `milliseconds of mutation ${i}`).toBeLessThan(maxMilliseconds);
    if (compiled === undefined) refused++;
    else await accept(compiled, i);
  }
  expect(refused).toBeGreaterThan(0);
  expect(process.resourceUsage().maxRSS).toBeLessThan(maxKilobytes);
}

export function randomFeeds({ inputs }: Program, seed: number): Feeds {
  const random = seededRandom(seed);
  return Object.fromEntries(inputs.map(({ name, type }) => [name, randomTensor(type, random).data]));
}

// The tests of engines: each runs all golden models through the loaders of their artifacts, and gives the golden bytes.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../cli/int8c.ts';
import { goldenNames } from '../golden/golden-model.ts';
import { type Chosen, type Engine, GoldenArtifacts } from './golden-artifacts.ts';

/** Declares the tests. `report` gets a line for each engine: which modules its loaders chose. */
export function holdEngines(engines: readonly Engine[], report: (line: string) => void = () => {}): void {
  const artifacts = new GoldenArtifacts(temporaryFolder());
  const chosen = new Map<Engine, Chosen>();
  const [first] = engines;

  describe.skipIf(goldenNames.length === 0)('golden models as relaxed artifacts', () => {
    beforeAll(() => artifacts.write(goldenNames), 1_200_000);

    describe.each(engines)('$title', (engine) => {
      beforeAll(() => {
        chosen.set(engine, artifacts.run(engine));
      }, 600_000);

      afterAll(() => {
        const files = Object.values(chosen.get(engine) ?? {});
        const relaxed = files.filter((file) => file === 'model.wasm').length;
        report(`${engine.title}: ${relaxed} relaxed modules, ${files.length - relaxed} plain ones`);
      });

      it('chooses a module for every model, and the same for all', () => {
        const files = chosen.get(engine) ?? {};
        expect(Object.keys(files)).toEqual(goldenNames);
        const expected = { own: /^model(\.simd)?\.wasm$/, none: /^model\.simd\.wasm$/, exact: /^model\.wasm$/ };
        expect([...new Set(Object.values(files))]).toEqual([expect.stringMatching(expected[engine.relaxed])]);
      });

      it.each(goldenNames)('%s', (name) => {
        expect(artifacts.differences(engine, name)).toEqual([]);
        expect(first !== undefined && artifacts.agree(engine, first, name)).toBe(true);
      });
    });
  });
}

// The ONNX standard's own node tests: shape, type and values of every output, on every target. What does not pass is
// listed with its reason in src/docs/onnx-node-failures.ts; a test that fails and is not listed, or is listed and passes,
// breaks the suite.
//
// The suite runs all on the reference and as JavaScript, and a seeded part of them as WebAssembly, C and WGSL.
// INT8C_ONNX=all runs all everywhere.
import { describe, expect, it } from 'vitest';
import { CompileError } from '../../ir/diagnostics.ts';
import type { TensorArray } from '../../ir/tensor-data.ts';
import { scalar } from '../../passes/schedule/isa.ts';
import { lowerProgram } from '../../src/compile.ts';
import { nodeTestCount, nodeTestFailures } from '../../src/docs/onnx-node-failures.ts';
import { createRunner } from '../../src/index.ts';
import { seededRandom } from '../../src/random-tensor.ts';
import type { RunnerTarget } from '../../src/targets.ts';
import { hasCompiler } from '../c-compiler.ts';
import { type BatchItem, runAsC } from '../differential/c-batch.ts';
import { hasWebGpu } from '../web-gpu.ts';
import { difference, type NodeTest, nodeTestNames, readNodeTest } from './node-tests.ts';

/** Names to what went wrong: a diagnostic's code, or the first difference. */
type Failures = Map<string, string>;

const all = process.env.INT8C_ONNX === 'all';
const minutes = 60_000 * (all ? 30 : 3);

/** One test in `every`, chosen by a seed. */
function sample(every: number, seed: number): readonly string[] {
  const random = seededRandom(seed);
  return nodeTestNames.filter(() => random() * every < 1 || all);
}

const problemOf = (thrown: unknown): string =>
  thrown instanceof CompileError ? (thrown.diagnostics[0]?.code ?? 'no diagnostic') : String(thrown);

/** The first output that is not what the test expects. */
function wrongOutput({ program, expected }: NodeTest, found: readonly TensorArray[]): string | undefined {
  for (const [i, { name, type }] of program.outputs.entries()) {
    const [data, wanted] = [found[i], expected[i]];
    if (data === undefined || wanted === undefined) return `output ${name} is missing`;
    const problem = difference({ type, data }, wanted);
    if (problem !== undefined) return `output ${name}: ${problem}`;
  }
  return undefined;
}

async function runOn(target: RunnerTarget, names: readonly string[]): Promise<Failures> {
  const failures: Failures = new Map();
  for (const name of names) {
    try {
      const test = await readNodeTest(name);
      const { inputs, outputs } = test.program;
      const feeds = Object.fromEntries(
        inputs.map((port, i) => [port.name, test.inputs[i]?.data ?? new Float32Array()]),
      );
      const runner = await createRunner(test.program, { target });
      try {
        const results = await runner.run(feeds);
        const problem = wrongOutput(
          test,
          outputs.flatMap((port) => results[port.name] ?? []),
        );
        if (problem !== undefined) failures.set(name, problem);
      } finally {
        await runner.close();
      }
    } catch (thrown) {
      failures.set(name, problemOf(thrown));
    }
  }
  return failures;
}

/** Not optimized: compilation takes longest. The expected values are of the specification, not of the same build. */
const build = { cc: 'gcc', cflags: ['-O0'] };
const programsPerBuild = 64;

/** Many programs in each build. */
async function runInC(names: readonly string[]): Promise<Failures> {
  const failures: Failures = new Map();
  let batch: { name: string; test: NodeTest; item: BatchItem }[] = [];
  const flush = () => {
    const results = runAsC(
      batch.map(({ item }) => item),
      build,
    );
    for (const [i, { name, test }] of batch.entries()) {
      const problem = wrongOutput(test, results[i]?.[0] ?? []);
      if (problem !== undefined) failures.set(name, problem);
    }
    batch = [];
  };
  for (const name of names) {
    try {
      const test = await readNodeTest(name);
      const { loops } = lowerProgram(test.program, { isa: scalar });
      batch.push({ name, test, item: { program: loops, runs: [test.inputs.map(({ data }) => data)] } });
    } catch (thrown) {
      failures.set(name, problemOf(thrown));
    }
    if (batch.length === programsPerBuild) flush();
  }
  if (batch.length > 0) flush();
  return failures;
}

/** Failures are the listed ones among `names`, each with its diagnostic or, where it has none, with a difference. */
function expectListed(names: readonly string[], failures: Failures): void {
  const listed = names.filter((name) => nodeTestFailures.has(name));
  const unlisted = [...failures].filter(([name]) => !nodeTestFailures.has(name));
  expect(unlisted, 'tests that fail and are not listed').toEqual([]);
  expect([...failures.keys()], 'tests that are listed').toEqual(listed);
  for (const [name, problem] of failures) {
    expect(problem, name).toMatch(nodeTestFailures.get(name)?.code ?? /^output .*: element \d+ is .*, not /);
  }
}

const present = nodeTestNames.length > 0;
if (!present) console.warn('The node tests of ONNX are not here: ONNX operators are not held to the standard.');

describe.skipIf(!present)("ONNX's node tests", { timeout: minutes }, () => {
  it('are all there', () => {
    expect(nodeTestNames).toHaveLength(nodeTestCount);
  });

  it('on the reference', async () => {
    expectListed(nodeTestNames, await runOn('interp', nodeTestNames));
  });

  it('as JavaScript', async () => {
    expectListed(nodeTestNames, await runOn('js', nodeTestNames));
  });

  it('as WebAssembly', async () => {
    const names = sample(4, 1);
    expectListed(names, await runOn('wasm', names));
  });

  it.skipIf(!hasCompiler('gcc'))('as C', async () => {
    const names = sample(4, 2);
    expectListed(names, await runInC(names));
  });

  it.skipIf(!hasWebGpu)('as WGSL', async () => {
    const names = sample(24, 3);
    expectListed(names, await runOn('wgsl', names));
  });
});

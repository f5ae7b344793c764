// The golden models as artifacts of `--wasm relaxed`: a loader, the relaxed module and the plain one; and what an engine's
// answers are held to.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { arrayFromBytes, type TensorArray } from '../../ir/tensor-data.ts';
import { compile } from '../../src/compile.ts';
import { importModel } from '../../src/program.ts';
import { GoldenModel } from '../golden/golden-model.ts';
import { sharedPath } from '../shared-folder.ts';

/** An engine to run artifacts in. */
export interface Engine {
  readonly title: string;
  /** Node's executable. */
  readonly node: string;
  readonly flags: readonly string[];
  /** The engine's own relaxed SIMD, none, or one whose dot is exact (as VPDPBUSD computes it). */
  readonly relaxed: 'own' | 'none' | 'exact';
}

/** A job of run-artifacts.mjs. */
interface Job {
  readonly name: string;
  /** The loader. */
  readonly script: string;
  /** Names of inputs, and for each vector the file with its bytes. */
  readonly inputs: readonly { readonly name: string; readonly files: readonly string[] }[];
  readonly outputs: readonly string[];
  readonly vectors: number;
}

const runner = fileURLToPath(new URL('run-artifacts.mjs', import.meta.url));

/** The modules that loaders chose, by the model's name. */
export type Chosen = Readonly<Record<string, string>>;

export class GoldenArtifacts {
  private readonly folder: string;
  private readonly models = new Map<string, GoldenModel>();

  /** Nothing is written before {@link write}. */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** Compiles the models and notes what to run of them. */
  async write(names: readonly string[]): Promise<void> {
    const jobs: Job[] = [];
    for (const name of names) jobs.push(await this.writeModel(name));
    writeFileSync(this.jobs, JSON.stringify(jobs));
  }

  private get jobs(): string {
    return join(this.folder, 'jobs.json');
  }

  private async writeModel(name: string): Promise<Job> {
    const golden = new GoldenModel(name, false);
    this.models.set(name, golden);
    const program = await importModel(readFileSync(sharedPath('golden-tflite', name, 'model.tflite')), {
      name: 'model',
    });
    const { files } = await compile(program, { target: 'wasm', wasm: 'relaxed' });
    const own = join(this.folder, name);
    mkdirSync(own, { recursive: true });
    for (const [file, contents] of files) writeFileSync(join(own, file), contents);
    // Node 20 takes .js for CommonJS where nothing says otherwise.
    writeFileSync(join(own, 'package.json'), '{ "type": "module" }');
    const vectors = [...Array(golden.vectorCount).keys()];
    return {
      name,
      script: join(own, 'model.js'),
      inputs: program.inputs.map((input, i) => ({
        name: input.name,
        files: vectors.map((v) => sharedPath('golden-tflite', name, `in${i}_${v}.bin`)),
      })),
      outputs: program.outputs.map((output) => output.name),
      vectors: vectors.length,
    };
  }

  /** Runs all models in an engine, in a process of its own; throws what it says where it fails. */
  run({ title, node, flags, relaxed }: Engine): Chosen {
    const args = [...flags, runner, this.jobs, join(this.folder, title), relaxed];
    const { NODE_OPTIONS: _, ...env } = process.env;
    return JSON.parse(execFileSync(node, args, { encoding: 'utf8', env, timeout: 600_000 })) as Chosen;
  }

  /** What an engine answered otherwise than TensorFlow Lite Micro did; empty when nothing. */
  differences(engine: Engine, name: string): string[] {
    const golden = this.models.get(name);
    if (golden === undefined) throw new Error(`${name} was not compiled`);
    return this.answers(engine, golden).flatMap((outputs, v) => golden.differences(v, outputs));
  }

  /** True when two engines gave the same bytes, floats included. */
  agree(engine: Engine, other: Engine, name: string): boolean {
    const golden = this.models.get(name);
    if (golden === undefined) throw new Error(`${name} was not compiled`);
    const [a, b] = [engine, other].map((e) => this.files(e, golden).flat());
    return a?.length === b?.length && (a ?? []).every((bytes, i) => Buffer.compare(bytes, b?.[i] ?? bytes) === 0);
  }

  private answers(engine: Engine, golden: GoldenModel): TensorArray[][] {
    return this.files(engine, golden).map((outputs) =>
      outputs.map((bytes, o) => {
        const element = golden.func.outputs[o]?.value.type.element;
        if (element === undefined) throw new Error(`${golden.name} has no output ${o}`);
        return arrayFromBytes(element, bytes);
      }),
    );
  }

  /** The bytes of every output, for every vector. */
  private files(engine: Engine, golden: GoldenModel): Buffer[][] {
    return Array.from({ length: golden.vectorCount }, (_, v) =>
      golden.func.outputs.map((_, o) => readFileSync(join(this.folder, engine.title, `${golden.name}.${v}.${o}.bin`))),
    );
  }
}

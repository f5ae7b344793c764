// What a calibration that was interrupted goes on from: a file of the statistics of the first samples.
import { basename, dirname } from 'node:path';
import { fail } from '../../ir/diagnostics.ts';
import { exists, readBoundedFile } from '../files/read-file.ts';
import { writeFiles } from '../files/write-files.ts';
import type { SampleSource } from '../samples/sample-source.ts';
import { fingerprintOf } from './calibration-samples.ts';
import {
  checkStatistics,
  decodeStatistics,
  encodeStatistics,
  type NetworkStatistics,
  type StatisticsOwner,
  statisticsBytesLimit,
} from './statistics-file.ts';

/** Milliseconds between two writings: what an interruption costs at most. */
const interval = 10_000;

export class Checkpoint {
  readonly #path: string;
  readonly #owner: StatisticsOwner;
  readonly #fingerprint: string;
  readonly #count: number;
  #savedAt = Date.now();
  #savedDone: number;

  private constructor(path: string, owner: StatisticsOwner, fingerprint: string, count: number, done: number) {
    this.#path = path;
    this.#owner = owner;
    this.#fingerprint = fingerprint;
    this.#count = count;
    this.#savedDone = done;
  }

  /**
   * The checkpoint at `path` for these samples, and what it holds where there is one.
   *
   * @throws CompileError I8C0402 where the file is of another model or other samples, I8C0001 and I8C0002 for a file that
   *   is no checkpoint, I8C0005 where it cannot be read.
   */
  static async open(
    path: string,
    owner: StatisticsOwner,
    samples: SampleSource,
  ): Promise<{ checkpoint: Checkpoint; done: number; tensors?: NetworkStatistics }> {
    const fingerprint = await fingerprintOf(owner.program, samples);
    const { count } = samples;
    if (!(await exists(path))) {
      return { checkpoint: new Checkpoint(path, owner, fingerprint, count, 0), done: 0 };
    }
    const file = decodeStatistics(await readBoundedFile(path, 'checkpoint', statisticsBytesLimit), path);
    checkStatistics(file, owner, path);
    const [seen, ...more] = file.samples;
    if (seen === undefined || more.length > 0 || seen.fingerprint !== fingerprint || seen.count !== count) {
      return fail('I8C0402', 'The checkpoint is of other samples than these.', {
        where: path,
        hint: 'Give the same --data, --preprocess, --limit, --seed and --shard, or another file to --resume.',
      });
    }
    const checkpoint = new Checkpoint(path, owner, fingerprint, count, seen.done);
    return { checkpoint, done: seen.done, tensors: file.tensors };
  }

  /** Writes where the last writing was some time ago. */
  async saveSometimes(done: number, tensors: NetworkStatistics): Promise<void> {
    if (Date.now() - this.#savedAt >= interval) await this.save(done, tensors);
  }

  /** Writes, under another name first: an interruption leaves the file as it was. */
  async save(done: number, tensors: NetworkStatistics): Promise<void> {
    if (done === this.#savedDone) return;
    const { name, sourceHash } = this.#owner.program;
    const bytes = encodeStatistics({
      model: { name, sha256: sourceHash },
      samples: [{ fingerprint: this.#fingerprint, done, count: this.#count }],
      tensors,
    });
    await writeFiles(dirname(this.#path), new Map([[basename(this.#path), bytes]]));
    this.#savedAt = Date.now();
    this.#savedDone = done;
  }
}

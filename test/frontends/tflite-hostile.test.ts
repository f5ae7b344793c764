// Damaged and hostile .tflite files: each kind of damage by hand, with the place that the diagnostic must name, and
// seeded mutations, of which every one must end in a model or a CompileError.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CompileError, type Diagnostic } from '../../ir/diagnostics.ts';
import { readTflite } from '../../src/frontends/tflite/model.ts';
import type { Encodable, TfliteModel } from '../../src/frontends/tflite/schema.ts';
import { encodeTflite } from '../../src/frontends/tflite/writer.ts';
import { hasShared, sharedPath } from '../shared-folder.ts';
import { FlatbufferEdit } from './flatbuffer-edit.ts';
import { sampleModel } from './tflite-sample.ts';

/** The one diagnostic with which reading these bytes ends. */
function diagnose(bytes: Uint8Array): Diagnostic {
  try {
    readTflite(bytes);
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    const [diagnostic] = error.diagnostics;
    if (diagnostic !== undefined && error.diagnostics.length === 1) return diagnostic;
  }
  throw new Error('the bytes were read without a diagnostic');
}

/** The diagnostic for the sample's bytes after `damage`. */
function afterDamage(damage: (file: FlatbufferEdit) => void): Diagnostic {
  const file = new FlatbufferEdit(encodeTflite(sampleModel()));
  damage(file);
  return diagnose(file.bytes);
}

// Slots of the schema that the damage below is done to.
const model = { subgraphs: 2, description: 3, buffers: 4 } as const;
const subgraph = { tensors: 0, operators: 3 } as const;
const tensor = { shape: 0, name: 3, quantization: 4 } as const;
const operator = { optionsType: 3, options: 4 } as const;
const quantization = { zeroPoint: 3 } as const;

describe('files that are not TFLite', () => {
  test.each([
    ['nothing', new Uint8Array(0)],
    ['three bytes', Uint8Array.of(1, 2, 3)],
    ['zeros', new Uint8Array(64)],
    ['text', new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\noid sha256:0')],
  ])('%s', (_, bytes) => {
    expect(diagnose(bytes).code).toBe('I8C0001');
  });

  test('a Git LFS pointer is recognized', () => {
    const bytes = new TextEncoder().encode('version https://git-lfs.github.com/spec/v1\n');
    expect(diagnose(bytes).hint).toContain('git lfs pull');
  });

  test('another schema version, by identifier or by number', () => {
    const older = encodeTflite(sampleModel());
    older.set(new TextEncoder().encode('TFL2'), 4);
    expect(diagnose(older).code).toBe('I8C0003');
    expect(diagnose(encodeTflite({ ...sampleModel(), version: 4 })).code).toBe('I8C0003');
  });
});

describe('damaged structure', () => {
  test.each<[string, (file: FlatbufferEdit) => void, string]>([
    ['root offset beyond the file', (file) => file.u32(0, 0x7fffffff), 'Model'],
    ['root offset of 4 GB', (file) => file.u32(0, 0xfffffffc), 'Model'],
    ['root offset of 0', (file) => file.u32(0, 0), 'Model'],
    ['root offset not aligned', (file) => file.u32(0, file.root() + 1), 'Model'],
    ['vtable before the file', (file) => file.u32(file.root(), 0x7ffffff0), 'Model'],
    ['vtable after the file', (file) => file.u32(file.root(), 0x80000000), 'Model'],
    ['vtable not aligned', (file) => file.u32(file.root(), file.u32At(file.root()) + 1), 'Model'],
    ['vtable of 0 bytes', (file) => file.u16(file.vtable(file.root()), 0), 'Model'],
    ['vtable of odd size', (file) => file.u16(file.vtable(file.root()), 7), 'Model'],
    ['vtable longer than the file', (file) => file.u16(file.vtable(file.root()), 0xfffe), 'Model'],
    ['table of 0 bytes', (file) => file.u16(file.vtable(file.root()) + 2, 0), 'Model'],
    ['table longer than the file', (file) => file.u16(file.vtable(file.root()) + 2, 0xffff), 'Model'],
    ['field on the vtable offset', (file) => file.u16(file.entry(file.root(), model.buffers), 2), 'Model.buffers'],
    ['field beyond its table', (file) => file.u16(file.entry(file.root(), model.buffers), 0x1000), 'Model.buffers'],
    ['field not aligned', (file) => file.u16(file.entry(file.root(), model.buffers), 5), 'Model.buffers'],
    ['offset of 0', (file) => file.u32(file.field(file.root(), model.subgraphs), 0), 'Model.subgraphs'],
    ['vector beyond the file', (file) => file.u32(file.field(file.root(), model.buffers), 1 << 20), 'Model.buffers'],
    ['vector of 4 G elements', (file) => file.u32(file.child(file.root(), model.buffers), 0xffffffff), 'Model.buffers'],
    [
      'string without its zero byte',
      (file) => {
        const at = file.child(file.root(), model.description);
        file.bytes[at + 4 + file.u32At(at)] = 65;
      },
      'Model.description',
    ],
    [
      'string beyond the file',
      (file) => file.u32(file.child(file.root(), model.description), 5000),
      'Model.description',
    ],
    [
      'element beyond the file',
      (file) => file.u32(file.element(file.root(), model.subgraphs, 0), 99996),
      'Model.subgraphs[0]',
    ],
    [
      'shape longer than the file',
      (file) => file.u32(file.child(tensorAt(file, 2), tensor.shape), 1 << 16),
      'Model.subgraphs[0].tensors[2].shape',
    ],
    [
      'zero points not aligned',
      (file) => {
        const at = file.field(file.child(tensorAt(file, 1), tensor.quantization), quantization.zeroPoint);
        file.u32(at, file.u32At(at) + 2);
      },
      'Model.subgraphs[0].tensors[1].quantization.zeroPoint',
    ],
    [
      'options that are not a table',
      (file) => file.u32(file.field(operatorAt(file), operator.options), 1),
      'Model.subgraphs[0].operators[0].builtinOptions',
    ],
  ])('%s', (_, damage, where) => {
    expect(afterDamage(damage)).toMatchObject({ code: 'I8C0002', severity: 'error', where });
  });

  test('options read as those of another operator stay inside their table', () => {
    // The bytes of Conv2DOptions as StridedSliceOptions, whose fields are of other widths.
    const diagnostic = afterDamage((file) => {
      file.bytes[file.field(operatorAt(file), operator.optionsType)] = 32;
    });
    expect(diagnostic.code).toBe('I8C0002');
    expect(diagnostic.where).toMatch(/^Model\.subgraphs\[0\]\.operators\[0\]\.builtinOptions/);
  });

  test('every truncation is noticed', () => {
    const bytes = encodeTflite(sampleModel());
    // The last bytes are padding; what matters ends before them.
    for (let length = 0; length < bytes.length - 16; length++) {
      expect(['I8C0001', 'I8C0002']).toContain(diagnose(bytes.subarray(0, length)).code);
    }
  });

  test('a name that is not UTF-8 is no reason to refuse a model', () => {
    const file = new FlatbufferEdit(encodeTflite(sampleModel()));
    file.bytes[file.child(tensorAt(file, 0), tensor.name) + 4] = 0xff;
    expect(readTflite(file.bytes).subgraphs[0]?.tensors[0]?.name).toBe('\ufffdnput');
  });
});

function tensorAt(file: FlatbufferEdit, index: number): number {
  return file.target(file.element(subgraphAt(file), subgraph.tensors, index));
}

function operatorAt(file: FlatbufferEdit): number {
  return file.target(file.element(subgraphAt(file), subgraph.operators, 0));
}

function subgraphAt(file: FlatbufferEdit): number {
  return file.target(file.element(file.root(), model.subgraphs, 0));
}

describe('files that repeat themselves to exhaust their reader', () => {
  test('a million references to one table', () => {
    const file = new FlatbufferEdit(encodeTflite({ version: 3, subgraphs: [{ tensors: tensorsNamed(200) }] }));
    const bytes = file.withVector(file.field(file.root(), model.subgraphs), 1_000_000, subgraphAt(file));
    expect(diagnose(bytes)).toMatchObject({ code: 'I8C0002' });
  });

  test('vectors that overlap', () => {
    // Each shape begins four bytes after the last one and reaches almost to the end of the file.
    const count = 20_000;
    const file = new FlatbufferEdit(encodeTflite({ version: 3, subgraphs: [{ tensors: tensorsNamed(count) }] }));
    const start = file.bytes.length;
    const bytes = new Uint8Array(start + 8 * count);
    bytes.set(file.bytes);
    const overlapping = new FlatbufferEdit(bytes);
    for (let i = 0; i < count; i++) {
      overlapping.u32(start + 4 * i, count);
      const field = overlapping.field(tensorAt(overlapping, i), tensor.shape);
      overlapping.u32(field, start + 4 * i - field);
    }
    expect(diagnose(bytes)).toMatchObject({ code: 'I8C0002' });
  });

  test('tables that share a vector, as some writers let them, are read', () => {
    const file = new FlatbufferEdit(encodeTflite({ version: 3, subgraphs: [{ tensors: tensorsNamed(100) }] }));
    // Offsets go forward only, and the writer puts what it writes first at the end of the file.
    const shared = file.child(tensorAt(file, 0), tensor.shape);
    for (let i = 1; i < 100; i++) {
      const field = file.field(tensorAt(file, i), tensor.shape);
      file.u32(field, shared - field);
    }
    expect(readTflite(file.bytes).subgraphs[0]?.tensors[99]?.shape).toEqual([0]);
  });
});

function tensorsNamed(count: number) {
  return Array.from({ length: count }, (_, i) => ({ name: `t${i}`, shape: [i] }));
}

describe('indices and sizes that contradict each other', () => {
  const first = sampleModel();
  const main = first.subgraphs[0];
  const conv = main?.operators[0];
  const withTensor = (change: object): Encodable<TfliteModel> => ({
    version: 3,
    buffers: first.buffers,
    subgraphs: [{ tensors: [change] }],
  });

  test.each<[string, Encodable<TfliteModel>, string, string]>([
    ['no subgraph', { version: 3 }, 'I8C0002', 'Model.subgraphs'],
    [
      'an input that is no tensor',
      { ...first, subgraphs: [{ ...main, inputs: [3] }] },
      'I8C0002',
      'Model.subgraphs[0].inputs[0]',
    ],
    [
      'an output that is optional',
      { ...first, subgraphs: [{ ...main, outputs: [-1] }] },
      'I8C0002',
      'Model.subgraphs[0].outputs[0]',
    ],
    [
      'an operand that is no tensor',
      { ...first, subgraphs: [{ ...main, operators: [{ ...conv, inputs: [0, 1, 99] }] }] },
      'I8C0002',
      'Model.subgraphs[0].operators[0].inputs[2]',
    ],
    [
      'an operand below the optional one',
      { ...first, subgraphs: [{ ...main, operators: [{ ...conv, outputs: [-2] }] }] },
      'I8C0002',
      'Model.subgraphs[0].operators[0].outputs[0]',
    ],
    [
      'an operator code that is not there',
      { ...first, subgraphs: [{ ...main, operators: [{ ...conv, opcodeIndex: 1 }] }] },
      'I8C0002',
      'Model.subgraphs[0].operators[0].opcodeIndex',
    ],
    [
      'a subgraph that is not there',
      {
        ...first,
        subgraphs: [
          {
            ...main,
            operators: [
              { builtinOptions: { type: 'WhileOptions', value: { condSubgraphIndex: 0, bodySubgraphIndex: 1 } } },
            ],
          },
        ],
      },
      'I8C0002',
      'Model.subgraphs[0].operators[0].builtinOptions.bodySubgraphIndex',
    ],
    [
      'a signature of a subgraph that is not there',
      { ...first, signatureDefs: [{ subgraphIndex: 1 }] },
      'I8C0002',
      'Model.signatureDefs[0].subgraphIndex',
    ],
    [
      'a signature of a tensor that is not there',
      { ...first, signatureDefs: [{ outputs: [{ tensorIndex: 0 }, { tensorIndex: 2 ** 32 - 1 }] }] },
      'I8C0002',
      'Model.signatureDefs[0].outputs[1].tensorIndex',
    ],
    ['a buffer that is not there', withTensor({ buffer: 2 }), 'I8C0002', 'Model.subgraphs[0].tensors[0].buffer'],
    [
      'a constant that is too short',
      withTensor({ buffer: 1, shape: [3], type: 'INT8' }),
      'I8C0002',
      'Model.subgraphs[0].tensors[0]',
    ],
    [
      'a constant of more elements than numbers can say',
      withTensor({ buffer: 1, shape: Array<number>(40).fill(2 ** 31 - 1), type: 'INT8' }),
      'I8C0002',
      'Model.subgraphs[0].tensors[0]',
    ],
    [
      'a constant with a negative dimension',
      withTensor({ buffer: 1, shape: [-1, -2], type: 'INT8' }),
      'I8C0002',
      'Model.subgraphs[0].tensors[0].shape',
    ],
    [
      'data in another file',
      withTensor({ externalBuffer: 7 }),
      'I8C0005',
      'Model.subgraphs[0].tensors[0].externalBuffer',
    ],
    [
      'a zero point beyond 32 bits',
      withTensor({ quantization: { scale: [1, 1], zeroPoint: [0n, 1n << 40n] } }),
      'I8C0208',
      'Model.subgraphs[0].tensors[0].quantization.zeroPoint[1]',
    ],
    [
      'more zero points than scales',
      withTensor({ quantization: { scale: [1], zeroPoint: [0n, 0n] } }),
      'I8C0208',
      'Model.subgraphs[0].tensors[0].quantization.zeroPoint',
    ],
  ])('%s', (_, contradictory, code, where) => {
    expect(diagnose(encodeTflite(contradictory))).toMatchObject({ code, where });
  });
});

describe('seeded mutations', () => {
  const given = ['hello_world_int8', 'trained_lstm_int8', 'micro_speech_quantized']
    .map((name) => ['golden-tflite', name, 'model.tflite'])
    .filter((parts) => hasShared(...parts))
    .map((parts): [string, Uint8Array] => [parts.join('/'), new Uint8Array(readFileSync(sharedPath(...parts)))]);

  test.each<[string, Uint8Array]>([['the sample', encodeTflite(sampleModel())], ...given])(
    '2000 of %s end in a model or a CompileError',
    (_, original) => {
      const random = mulberry32(0x17f1);
      const outcomes = { read: 0, refused: 0 };
      for (let i = 0; i < 2000; i++) {
        const bytes = mutate(original, random);
        try {
          readTflite(bytes);
          outcomes.read++;
        } catch (error) {
          if (!(error instanceof CompileError)) throw error;
          outcomes.refused++;
        }
      }
      // Both must happen, or the mutations test nothing.
      expect(outcomes.read).toBeGreaterThan(50);
      expect(outcomes.refused).toBeGreaterThan(50);
    },
  );
});

/** Numbers from 0 to 1 (exclusive), the same for the same seed. Source: Tommy Ettinger's mulberry32 (public domain). */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A copy of `original` cut short, with bits flipped, or with 32-bit words replaced by what offsets fear. */
function mutate(original: Uint8Array, random: () => number): Uint8Array {
  const below = (limit: number) => Math.floor(random() * limit);
  const kind = below(4);
  if (kind === 0) return original.slice(0, below(original.length));
  const bytes = original.slice();
  const view = new DataView(bytes.buffer);
  for (let times = 1 + below(4); times > 0; times--) {
    if (kind === 1) {
      const at = below(bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
    } else {
      const at = 4 * below(Math.floor(bytes.length / 4));
      const feared = [
        0,
        1,
        4,
        -1,
        -4,
        0x7fffffff,
        -0x80000000,
        bytes.length,
        bytes.length - at,
        -at,
        below(bytes.length),
      ];
      const word = feared[below(feared.length)] ?? 0;
      if (kind === 2) view.setInt32(at, word, true);
      else view.setInt16(at + 2 * below(2), word, true);
    }
  }
  return bytes;
}

// Damaged and hostile .onnx files: each kind of damage ends in the diagnostic that is stated for it, and names out of a
// model stay names in what is generated.
import { TensorProto_DataType as DataType } from 'onnx-buf';
import { describe, expect, test } from 'vitest';
import { CompileError, type DiagnosticCode } from '../../ir/diagnostics.ts';
import { compile, createRunner, importModel } from '../../src/index.ts';
import { hasCompiler } from '../c-compiler.ts';
import { codes, diagnose, graphOf } from './refused.ts';
import {
  type Attribute,
  bool,
  floats,
  type Graph,
  graphAttribute,
  int64s,
  intAttribute,
  type Model,
  type Node,
  node,
  sampleModel,
  type Tensor,
  tensorInput,
  writeModel,
} from './write-model.ts';

const relu = node('Relu', ['x'], ['y']);

describe('bytes that are no sound message', () => {
  test('every truncation compiles or is refused', async () => {
    const bytes = sampleModel();
    let refused = 0;
    for (let length = 0; length < bytes.length; length += 3) {
      const said = await importModel(bytes.subarray(0, length)).catch((error: unknown) => error);
      if (said instanceof CompileError) refused++;
      else if (said instanceof Error) throw said;
    }
    expect(refused).toBeGreaterThan(bytes.length / 4);
  });

  test('a length beyond the file, a wire type that is none, a group that never ends', async () => {
    for (const tail of [[0x3a, 0xff, 0xff, 0xff, 0x7f], [0x3f], [0x3b], [0x3a, 0x80]]) {
      expect(await codes(Uint8Array.of(0x08, 8, ...tail))).toEqual(['I8C0002']);
    }
  });

  test('no graph; a version of the operators that there is not', async () => {
    expect(await codes(Uint8Array.of(0x08, 8))).toEqual(['I8C0002']);
    for (const version of [0n, 1000n, -1n]) {
      expect(await codes(writeModel(graphOf([relu]), { opsetImport: [{ domain: '', version }] }))).toEqual(['I8C0003']);
    }
  });

  test('graphs in graphs, deeper than the stack', async () => {
    const condition = [bool('condition', true)];
    const nested = (depth: number) => {
      let inner: Graph = { node: [node('Relu', ['x'], ['y'])], output: [{ name: 'y' }] };
      for (let i = 0; i < depth; i++) {
        const branches: Attribute[] = [
          graphAttribute('then_branch', inner),
          graphAttribute('else_branch', { name: 'empty' }),
        ];
        inner = { node: [node('If', ['condition'], ['y'], branches)], output: [{ name: 'y' }] };
      }
      return writeModel({ ...inner, input: [tensorInput('x', [4])], initializer: condition });
    };
    expect((await importModel(nested(20))).outputs).toHaveLength(1);
    expect(await codes(nested(40))).toEqual(['I8C0002']);
  });

  test('messages in messages, deeper than the stack', async () => {
    // graph { node { attribute { g { node { ...: fields 1, 5 and 6 by turns.
    let bytes: number[] = [];
    for (let i = 0; i < 6000; i++) {
      const length = [];
      for (let rest = bytes.length; ; rest >>>= 7) {
        length.push(rest < 128 ? rest : (rest & 127) | 128);
        if (rest < 128) break;
      }
      bytes = [[0x32, 0x2a, 0x0a][i % 3] ?? 0, ...length, ...bytes];
    }
    const length = [(bytes.length & 127) | 128, ((bytes.length >> 7) & 127) | 128, bytes.length >> 14];
    expect(await codes(Uint8Array.of(0x08, 8, 0x3a, ...length, ...bytes))).toEqual(['I8C0002']);
  });
});

describe('graphs that contradict themselves', () => {
  const cases: readonly [string, Graph, DiagnosticCode][] = [
    ['a name that nothing defines', graphOf([node('Relu', ['nothing'], ['y'])]), 'I8C0207'],
    ['an output that nothing defines', graphOf([node('Relu', ['x'], ['z'])]), 'I8C0207'],
    ['no outputs', graphOf([relu], [], { output: [] }), 'I8C0207'],
    ['a cycle', graphOf([node('Add', ['x', 'b'], ['a']), node('Relu', ['a'], ['b']), relu]), 'I8C0207'],
    ['a node that feeds itself', graphOf([node('Relu', ['y'], ['y'])]), 'I8C0207'],
    ['a value that is computed twice', graphOf([relu, relu]), 'I8C0207'],
    ['an output that is an input', graphOf([node('Relu', ['x'], ['x']), relu]), 'I8C0207'],
    [
      'two inputs of one name',
      graphOf([relu], [], { input: [tensorInput('x', [4]), tensorInput('x', [4])] }),
      'I8C0002',
    ],
    ['two initializers of one name', graphOf([relu], [floats('w', [1]), floats('w', [2])]), 'I8C0002'],
    ['an operand too few', graphOf([node('Add', ['x'], ['y'])]), 'I8C0207'],
    ['an output too many', graphOf([node('Relu', ['x'], ['y', 'z'])]), 'I8C0207'],
    [
      'an attribute of another type',
      graphOf([node('Softmax', ['x'], ['y'], [{ name: 'axis', f: 1, type: 1 }])]),
      'I8C0207',
    ],
    ['an axis beyond the shape', graphOf([node('Softmax', ['x'], ['y'], [intAttribute('axis', 5n)])]), 'I8C0207'],
    [
      'an axis beyond all numbers',
      graphOf([node('Softmax', ['x'], ['y'], [intAttribute('axis', 2n ** 62n)])]),
      'I8C0207',
    ],
    ['shapes that do not fit', graphOf([node('Add', ['x', 'w'], ['y'])], [floats('w', [1, 2, 3])]), 'I8C0207'],
    ['an operator that there is not', graphOf([node('constructor', ['x'], ['y'])]), 'I8C0201'],
    ['an operator of a domain that there is not', graphOf([{ ...relu, domain: '__proto__' }]), 'I8C0201'],
    ['an element type that there is not', graphOf([relu], [], { input: [tensorInput('x', [4], 99)] }), 'I8C0202'],
    ['strings', graphOf([relu], [], { input: [tensorInput('x', [4], DataType.STRING)] }), 'I8C0202'],
    ['an input without a type', graphOf([relu], [], { input: [{ name: 'x' }] }), 'I8C0202'],
    ['sparse weights', graphOf([relu], [], { sparseInitializer: [{ dims: [4n] }] }), 'I8C0202'],
  ];
  test.each(cases)('%s', async (_, graph, code) => {
    expect(await codes(writeModel(graph))).toEqual([code]);
  });

  test('every fault is in one report', async () => {
    const bytes = writeModel(
      graphOf([node('Nothing', ['x'], ['a']), node('Relu', ['b'], ['c']), node('Add', ['a', 'c'], ['y'])]),
    );
    expect((await diagnose(bytes)).map((d) => d.code)).toEqual(['I8C0201', 'I8C0207']);
  });
});

describe('weights that contradict their shape', () => {
  const raw = (dims: bigint[], bytes: number, dataType: number = DataType.FLOAT): Tensor => ({
    name: 'w',
    dataType,
    dims,
    rawData: new Uint8Array(bytes),
  });
  const cases: readonly [string, Tensor, DiagnosticCode][] = [
    ['too few bytes', raw([4n], 15), 'I8C0002'],
    ['too many bytes', raw([4n], 20), 'I8C0002'],
    ['no data', raw([4n], 0), 'I8C0002'],
    ['a negative extent', raw([-4n], 16), 'I8C0002'],
    ['extents whose product wraps around', raw([2n ** 32n, 2n ** 32n], 16), 'I8C0004'],
    ['an extent beyond all numbers', raw([2n ** 62n], 16), 'I8C0004'],
    ['huge extents and a 0', raw([0n, 2n ** 40n, 2n ** 40n], 0), 'I8C0004'],
    ['numbers and raw data', { ...raw([1n], 4), floatData: [1] }, 'I8C0002'],
    ['numbers of another field', { name: 'w', dataType: DataType.FLOAT, dims: [1n], int64Data: [1n] }, 'I8C0002'],
    ['a byte too many for nibbles', raw([4n], 3, DataType.INT4), 'I8C0002'],
    ['odd bytes for bfloat16', raw([4n], 7, DataType.BFLOAT16), 'I8C0002'],
    ['no data for bfloat16', raw([4n], 0, DataType.BFLOAT16), 'I8C0002'],
    ['complex numbers', raw([2n], 16, DataType.COMPLEX64), 'I8C0202'],
    ['a type that there is not', raw([2n], 16, 1000), 'I8C0202'],
  ];
  test.each(cases)('%s', async (_, weights, code) => {
    expect(await codes(writeModel(graphOf([node('Add', ['x', 'w'], ['y'])], [weights])))).toEqual([code]);
  });
});

describe('models that ask for too much', () => {
  const huge = 2n ** 40n;
  const loop = (trips: bigint, body: Node[], outputs: string[]): Graph => {
    const g = {
      input: [tensorInput('i', [], DataType.INT64), tensorInput('goes_on', [], DataType.BOOL), tensorInput('v', [4])],
      node: [node('Identity', ['goes_on'], ['still']), ...body],
      output: outputs.map((name) => ({ name })),
    };
    return graphOf(
      [node('Loop', ['trips', 'true', 'x'], ['y'], [graphAttribute('body', g)])],
      [int64s('trips', [trips], []), bool('true', true)],
    );
  };
  const cases: readonly [string, Graph, DiagnosticCode][] = [
    ['a huge input', graphOf([relu], [], { input: [tensorInput('x', [huge])] }), 'I8C0004'],
    [
      'a product of extents beyond numbers',
      graphOf([relu], [], { input: [tensorInput('x', [huge, huge, huge])] }),
      'I8C0004',
    ],
    ['huge extents and a 0', graphOf([relu], [], { input: [tensorInput('x', [0, huge])] }), 'I8C0004'],
    ['2000 dimensions', graphOf([relu], [], { input: [tensorInput('x', new Array(2000).fill(1))] }), 'I8C0004'],
    ['a loop of 2^62 passes', loop(2n ** 62n, [node('Relu', ['v'], ['w'])], ['still', 'w']), 'I8C0004'],
    ['an empty loop of 2^62 passes', loop(2n ** 62n, [], ['still', 'v']), 'I8C0004'],
    ['a constant of 2^40 elements', graphOf([node('ConstantOfShape', ['n'], ['y'])], [int64s('n', [huge])]), 'I8C0004'],
    [
      'a range of 2^40 elements',
      graphOf(
        [node('Range', ['a', 'n', 'd'], ['y'])],
        [int64s('a', [0n], []), int64s('n', [huge], []), int64s('d', [1n], [])],
      ),
      'I8C0004',
    ],
    [
      'a range of 2^27 elements',
      graphOf(
        [node('Range', ['a', 'n', 'd'], ['y'])],
        [int64s('a', [0n], []), int64s('n', [2n ** 27n], []), int64s('d', [1n], [])],
      ),
      'I8C0004',
    ],
    [
      'an identity of 2^13 squared',
      graphOf([node('EyeLike', ['x'], ['y'])], [], { input: [tensorInput('x', [8192, 8192])] }),
      'I8C0004',
    ],
    [
      'a triangle of 2^13 squared',
      graphOf([node('Trilu', ['x'], ['y'])], [], { input: [tensorInput('x', [8192, 8192])] }),
      'I8C0004',
    ],
    [
      'one of 2^40',
      graphOf([node('OneHot', ['i', 'n', 'v'], ['y'])], [int64s('i', [1n]), int64s('n', [huge]), floats('v', [0, 1])]),
      'I8C0004',
    ],
    [
      'one of -1',
      graphOf([node('OneHot', ['i', 'n', 'v'], ['y'])], [int64s('i', [1n]), int64s('n', [-1n]), floats('v', [0, 1])]),
      'I8C0207',
    ],
    ['2^40 repetitions', graphOf([node('Tile', ['x', 'n'], ['y'])], [int64s('n', [huge])]), 'I8C0207'],
    [
      'a broadcast to 2^40 elements',
      graphOf([node('Expand', ['x', 'n'], ['y'])], [int64s('n', [2n ** 38n, 4n])]),
      'I8C0207',
    ],
    ['2^40 elements of padding', graphOf([node('Pad', ['x', 'n'], ['y'])], [int64s('n', [huge, huge])]), 'I8C0207'],
  ];
  test.each(cases)('%s', async (_, graph, code) => {
    expect(await codes(writeModel(graph))).toEqual([code]);
  });

  test('functions that call themselves, once and often', async () => {
    for (const calls of [1, 2, 8]) {
      const call = (i: number) => ({ ...node('F', ['x'], [`y${i}`]), domain: 'local' });
      const rest: Model = {
        opsetImport: [
          { domain: '', version: 17n },
          { domain: 'local', version: 1n },
        ],
        functions: [
          {
            name: 'F',
            domain: 'local',
            input: ['x'],
            output: ['y0'],
            node: Array.from({ length: calls }, (_, i) => call(i)),
          },
        ],
      };
      const graph = graphOf([{ ...node('F', ['x'], ['y']), domain: 'local' }]);
      expect(await codes(writeModel(graph, rest))).toEqual(['I8C0206']);
    }
  });

  test('functions that double the work at each level', async () => {
    const level = (i: number) => ({
      name: `F${i}`,
      domain: 'local',
      input: ['x'],
      output: ['z'],
      opsetImport: [{ domain: '', version: 17n }],
      node:
        i === 0
          ? [node('Relu', ['x'], ['z'])]
          : [
              { ...node(`F${i - 1}`, ['x'], ['w']), domain: 'local' },
              { ...node(`F${i - 1}`, ['w'], ['z']), domain: 'local' },
            ],
    });
    const bytes = writeModel(graphOf([{ ...node('F28', ['x'], ['y']), domain: 'local' }]), {
      opsetImport: [
        { domain: '', version: 17n },
        { domain: 'local', version: 1n },
      ],
      functions: Array.from({ length: 29 }, (_, i) => level(i)),
    });
    expect(await codes(bytes)).toEqual(['I8C0004']);
  });
});

describe('names', () => {
  const names = [
    'x */ int evil(void) { return 1; } /*',
    'x\n#include "/etc/passwd"\n',
    "'); process.exit(3); ('",
    '`$' + '{process.exit(3)}`',
    '\\',
    '"',
    '\u0000\u001b[31m\u202e',
    '__proto__',
    'constructor',
    'toString',
    '\u{1f600}'.repeat(50),
    'a'.repeat(5000),
    'int',
    '??/',
  ];
  const bytes = writeModel({
    input: names.map((name) => tensorInput(name, [2])),
    node: names.map((name, i) => ({ ...node('Relu', [name], [`${name} result`]), name: names[i] ?? '' })),
    output: names.map((name) => ({ name: `${name} result` })),
  });

  test('are data in JavaScript, WebAssembly and on the reference', async () => {
    const program = await importModel(bytes);
    const feeds = Object.fromEntries(program.inputs.map(({ name }, i) => [name, Float32Array.of(-1, i)]));
    for (const target of ['interp', 'js', 'wasm'] as const) {
      const results = await (await createRunner(program, { target })).run(feeds);
      const wanted = program.outputs.map(({ name }, i) => [name, Float32Array.of(0, i)]);
      expect(Object.entries(results)).toEqual(wanted);
    }
    const { files } = await compile(program, { target: 'js' });
    for (const [name, contents] of files) {
      if (!name.endsWith('.js')) continue;
      const text = new TextDecoder().decode(contents);
      const loaded = (await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(text)}`)) as object;
      expect(Object.keys(loaded).length).toBeGreaterThan(0);
    }
  });

  test.skipIf(!hasCompiler('gcc'))('are comments and strings in C', async () => {
    const program = await importModel(bytes);
    const runner = await createRunner(program, { target: 'c', cc: 'gcc', cflags: ['-O0'] });
    try {
      const feeds = Object.fromEntries(program.inputs.map(({ name }, i) => [name, Float32Array.of(-1, i)]));
      const results = await runner.run(feeds);
      expect(Object.values(results)).toEqual(program.outputs.map((_, i) => Float32Array.of(0, i)));
    } finally {
      await runner.close();
    }
  });

  test('of inputs are not those that every object has', async () => {
    const bind = { x: { shape: [2], values: [1, 2] } };
    const model = writeModel({
      input: [tensorInput('x', [2]), tensorInput('constructor', [2]), tensorInput('y', ['toString'])],
      node: [node('Sum', ['x', 'constructor', 'y'], ['z'])],
      output: [{ name: 'z' }],
    });
    const program = await importModel(model, { bind, dims: { toString: 2 } });
    expect(program.inputs.map((i) => i.name)).toEqual(['constructor', 'y']);
  });
});

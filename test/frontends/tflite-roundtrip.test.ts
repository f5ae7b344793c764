// The schema table agrees with itself, and what the writer writes the reader reads back: on random models drawn from
// the schema itself, and on the models that other tools wrote.

import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeTflite } from '../../src/frontends/tflite/reader.ts';
import { fieldsOf, isTableName, type TableName, type TfliteModel, tables } from '../../src/frontends/tflite/schema.ts';
import { type EnumName, enums, type UnionName, unions } from '../../src/frontends/tflite/schema-enums.ts';
import type { Field, ScalarType } from '../../src/frontends/tflite/schema-fields.ts';
import { encodeTflite } from '../../src/frontends/tflite/writer.ts';
import { hasShared, listShared, sharedPath } from '../shared-folder.ts';
import { sampleModel } from './tflite-sample.ts';

const tableNames = Object.keys(tables).filter(isTableName);

describe('the schema', () => {
  test.each(tableNames)('%s: every slot is used once, every name it refers to exists', (name) => {
    const slots = fieldsOf(name).flatMap(([, { kind, slot }]) => (kind === 'union' ? [slot, slot + 1] : [slot]));
    expect(new Set(slots).size).toBe(slots.length);
    for (const [, field] of fieldsOf(name)) {
      if (field.kind === 'enum') expect(Object.keys(enums)).toContain(field.of);
      if (field.kind === 'union') expect(Object.keys(unions)).toContain(field.of);
      if (field.kind === 'table' || field.kind === 'tables') expect(isTableName(field.of)).toBe(true);
    }
  });

  test('tables nest to a finite depth, which bounds the recursion of the reader', () => {
    const depth = (name: string, above: readonly string[]): number => {
      expect(above).not.toContain(name);
      return 1 + Math.max(0, ...children(name).map((child) => depth(child, [...above, name])));
    };
    expect(depth('Model', [])).toBeLessThan(10);
  });

  test('every builtin options table is a member of a union, and every member but StableHLO has a table', () => {
    const members: readonly string[] = [...unions.BuiltinOptions, ...unions.BuiltinOptions2].slice(1);
    for (const name of tableNames.filter((candidate) => candidate.endsWith('Options'))) expect(members).toContain(name);
    const unknown = members.filter((name) => name !== 'NONE' && !isTableName(name));
    expect(unknown.filter((name) => !/^stablehlo/i.test(name))).toEqual(['ReduceWindowOptions']);
  });

  test('the numbers are those of schema_generated.h', () => {
    const builtins: readonly string[] = enums.BuiltinOperator.names;
    for (const [name, number] of [
      ['CUSTOM', 32],
      ['DELEGATE', 51],
      ['QUANTIZE', 114],
      ['BATCH_MATMUL', 126],
      ['PLACEHOLDER_FOR_GREATER_OP_CODES', 127],
      ['ASSIGN_VARIABLE', 144],
      ['GELU', 150],
      ['STABLEHLO_CASE', 209],
    ] as const) {
      expect(builtins.indexOf(name)).toBe(number);
    }
    expect(builtins).toHaveLength(210);
    expect(unions.BuiltinOptions[111]).toBe('VarHandleOptions');
    expect(unions.BuiltinOptions).toHaveLength(127);
  });
});

/** Names of the tables that a table may hold. */
function children(name: string): readonly string[] {
  if (!isTableName(name)) return [];
  return fieldsOf(name).flatMap(([, field]) => {
    if (field.kind === 'table' || field.kind === 'tables') return [field.of];
    return field.kind === 'union' ? unions[field.of as UnionName].slice(1) : [];
  });
}

const scalars: Record<ScalarType, fc.Arbitrary<unknown>> = {
  bool: fc.boolean(),
  i8: fc.integer({ min: -128, max: 127 }),
  u8: fc.nat(255),
  u16: fc.nat(65535),
  i32: fc.integer(),
  u32: fc.nat(2 ** 32 - 1),
  i64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  u64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  f32: fc.float(),
};

/** Fields that cannot be arbitrary: the version is checked, and bytes outside the flatbuffer are brought inside. */
const fixed: Partial<Record<string, unknown>> = {
  'Model.version': 3,
  'Buffer.offset': 0n,
  'Buffer.size': 0n,
  'Operator.largeCustomOptionsOffset': 0n,
  'Operator.largeCustomOptionsSize': 0n,
};

/** Any table `name` as the reader would return it. */
function anyTable(name: TableName): fc.Arbitrary<Record<string, unknown>> {
  const fields = fieldsOf(name);
  const required = fields.filter(([, { kind }]) => kind === 'scalar' || kind === 'enum').map(([key]) => key);
  const values = fields.map(([key, field]) => {
    const constant = fixed[`${name}.${key}`];
    return [key, constant === undefined ? anyValue(field) : fc.constant(constant)];
  });
  return fc.record(Object.fromEntries(values), { requiredKeys: required, noNullPrototype: true });
}

/** The tables that a union can hold. */
function membersOf(name: UnionName): TableName[] {
  const members: readonly string[] = unions[name];
  return members.filter(isTableName);
}

function anyValue(field: Field): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case 'scalar':
      return scalars[field.type];
    case 'enum': {
      const { names, storage } = enums[field.of as EnumName];
      const highest = storage === 'i8' ? 127 : 2 ** 31 - 1;
      // A number only where there is no name for it.
      return fc.oneof(fc.constantFrom(...names), fc.constant(-1), fc.integer({ min: names.length, max: highest }));
    }
    case 'string':
      return fc.string({ unit: 'grapheme', maxLength: 8 });
    case 'bytes':
      return fc.uint8Array({ maxLength: 20 });
    case 'vector':
      return fc.array(scalars[field.type], { maxLength: 5 });
    case 'table':
      return anyTable(field.of as TableName);
    case 'tables':
      return fc.array(anyTable(field.of as TableName), { maxLength: 3 });
    case 'union':
      return fc
        .constantFrom(...membersOf(field.of as UnionName))
        .chain((type) => anyTable(type).map((value) => ({ type, value })));
  }
}

describe('decode(encode(model))', () => {
  test('gives the model back, whatever it is', () => {
    fc.assert(
      fc.property(anyTable('Model'), (model) => {
        expect(decodeTflite(encodeTflite(model as TfliteModel))).toEqual(model);
      }),
      { seed: 20240607, numRuns: 300 },
    );
  });

  test('gives every options table back', () => {
    for (const field of ['BuiltinOptions', 'BuiltinOptions2'] as const) {
      for (const type of membersOf(field)) {
        const key = field === 'BuiltinOptions' ? 'builtinOptions' : 'builtinOptions2';
        const roundTrip = fc.property(anyTable(type), (value) => {
          const operator = { [key]: { type, value } };
          const model = decodeTflite(encodeTflite({ version: 3, subgraphs: [{ operators: [operator] }] }));
          expect(model.subgraphs?.[0]?.operators?.[0]).toMatchObject(operator);
        });
        fc.assert(roundTrip, { seed: 7, numRuns: 10 });
      }
    }
  });

  test('fills in what the schema says of absent fields', () => {
    expect(decodeTflite(encodeTflite({ version: 3, subgraphs: [{ tensors: [{}] }] }))).toEqual({
      version: 3,
      subgraphs: [
        {
          debugMetadataIndex: -1,
          tensors: [{ type: 'FLOAT32', buffer: 0, isVariable: false, hasRank: false, externalBuffer: 0 }],
        },
      ],
    });
  });

  const golden = listShared('golden-tflite').map((name) => ['golden-tflite', name, 'model.tflite']);
  const real = listShared('models', 'real').map((name) => ['models', 'real', name]);
  const files = [...golden, ...real].filter((parts) => parts.at(-1)?.endsWith('.tflite') && hasShared(...parts));

  test.skipIf(files.length === 0)('gives back every given model (skipped without the given data)', () => {
    for (const parts of files) {
      const model = decodeTflite(readFileSync(sharedPath(...parts)));
      // Not toEqual, which takes seconds for megabytes of weights.
      expect(isDeepStrictEqual(decodeTflite(encodeTflite(model)), model), parts.join('/')).toBe(true);
    }
  });
});

describe('the writer', () => {
  test('gives the same bytes for the same model', () => {
    expect(encodeTflite(sampleModel())).toEqual(encodeTflite(sampleModel()));
  });

  test('aligns the data of buffers to 16 bytes from the start of the file', () => {
    for (let size = 1; size < 40; size++) {
      const data = new Uint8Array(size).fill(0xa5);
      const [, buffer] = decodeTflite(encodeTflite({ version: 3, buffers: [{}, { data }] })).buffers ?? [];
      expect(buffer?.data).toEqual(data);
      expect((buffer?.data?.byteOffset ?? 1) % 16).toBe(0);
    }
  });

  test.each([
    [{ version: -1 }, 'Model.version'],
    [{ version: 3.5 }, 'Model.version'],
    [{ metadataBuffer: [2 ** 31] }, 'Model.metadataBuffer'],
    [{ operatorCodes: [{ deprecatedBuiltinCode: 128 }] }, 'OperatorCode.deprecatedBuiltinCode'],
    [{ buffers: [{ offset: -1n }] }, 'Buffer.offset'],
    [{ subgraphs: [{ operators: [{ builtinOptions: { type: 250 } }] }] }, 'Operator.builtinOptions'],
  ] as const)('refuses %o, which does not fit', (model, where) => {
    expect(() => encodeTflite(model)).toThrow(where);
  });
});

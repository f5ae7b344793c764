// Attributes of ONNX nodes, one short constructor per kind.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { type AttributeProtoSchema, AttributeProto_AttributeType as AttributeType } from 'onnx-buf';

type AttributeInit = MessageInitShape<typeof AttributeProtoSchema>;

/** An attribute without its name. */
export type Attribute = Omit<Exclude<AttributeInit, { $typeName: string }>, 'name'>;

export type Attributes = Readonly<Record<string, Attribute>>;

export const int = (value: number): Attribute => ({ type: AttributeType.INT, i: BigInt(value) });
export const ints = (values: readonly number[]): Attribute => ({ type: AttributeType.INTS, ints: values.map(BigInt) });
export const float = (value: number): Attribute => ({ type: AttributeType.FLOAT, f: Math.fround(value) });
export const text = (value: string): Attribute => ({ type: AttributeType.STRING, s: new TextEncoder().encode(value) });

/** A yes or no, which ONNX writes as 1 or 0. */
export const flag = (value: boolean): Attribute => int(value ? 1 : 0);

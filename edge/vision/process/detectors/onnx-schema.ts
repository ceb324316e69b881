/**
 * Writes small ONNX files: the part of ONNX's format that a small graph needs (onnx.proto, version 3 of the protobuf
 * schema, field numbers as published). The project writes its own models instead of keeping binaries in the repository.
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import protobuf from 'protobufjs';

const schema = `
syntax = "proto3";
message AttributeProto { string name = 1; int64 i = 3; repeated int64 ints = 8; int32 type = 20; }
message NodeProto {
  repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4;
  repeated AttributeProto attribute = 5;
}
message TensorProto { repeated int64 dims = 1; int32 data_type = 2; string name = 8; bytes raw_data = 9; }
message TensorShapeProto { message Dimension { int64 dim_value = 1; string dim_param = 2; } repeated Dimension dim = 1; }
message TypeProto {
  message Tensor { int32 elem_type = 1; TensorShapeProto shape = 2; }
  Tensor tensor_type = 1;
}
message ValueInfoProto { string name = 1; TypeProto type = 2; }
message GraphProto {
  repeated NodeProto node = 1; string name = 2; repeated TensorProto initializer = 5;
  repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12;
}
message OperatorSetIdProto { string domain = 1; int64 version = 2; }
message ModelProto {
  int64 ir_version = 1; string producer_name = 2; GraphProto graph = 7; repeated OperatorSetIdProto opset_import = 8;
  repeated StringStringEntryProto metadata_props = 14;
}
message StringStringEntryProto { string key = 1; string value = 2; }`;

const modelProto = protobuf.parse(schema, { keepCase: true }).root.lookupType('ModelProto');

/** TensorProto.DataType */
export const elementTypes = { float: 1, uint8: 2, int64: 7, float16: 10 } as const;
/** AttributeProto.AttributeType */
const attributeTypes = { int: 2, ints: 7 } as const;
/** Opset 13 with IR 7 (onnx 1.8): every recent runtime reads it, and it has all operators used here. */
const irVersion = 7;
const opset = 13;

export interface Value {
  readonly name: string;
  readonly type: keyof typeof elementTypes;
  /** a side of -1 may be of any length */
  readonly shape: readonly number[];
}

export interface Constant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly constants: readonly Constant[];
  readonly nodes: readonly Node[];
  /** metadata that a runtime ignores: names of classes and the like */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The bytes of an .onnx file. @throws Error if the graph does not fit the format */
export function encodeModel(graph: Graph): Uint8Array {
  const message = {
    ir_version: irVersion,
    producer_name: 'forpost',
    opset_import: [{ domain: '', version: opset }],
    metadata_props: Object.entries(graph.metadata ?? {}).map(([key, value]) => ({ key, value })),
    graph: {
      name: graph.name,
      node: graph.nodes.map((node) => ({
        op_type: node.op,
        name: node.output,
        input: [...node.inputs],
        output: [node.output],
        attribute: Object.entries(node.attributes ?? {}).map(([name, value]) =>
          typeof value === 'number'
            ? { name, i: value, type: attributeTypes.int }
            : { name, ints: [...value], type: attributeTypes.ints },
        ),
      })),
      initializer: graph.constants.map(({ name, shape, data }) => ({
        name,
        dims: [...shape],
        data_type: data instanceof Float32Array ? elementTypes.float : elementTypes.int64,
        raw_data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      })),
      input: graph.inputs.map(valueInfo),
      output: graph.outputs.map(valueInfo),
    },
  };
  const problem = modelProto.verify(message);
  if (problem !== null) throw new Error(`graph ${graph.name}: ${problem}`);
  return modelProto.encode(modelProto.create(message)).finish();
}

function valueInfo({ name, type, shape }: Value) {
  return {
    name,
    type: {
      tensor_type: {
        elem_type: elementTypes[type],
        shape: { dim: shape.map((size) => (size < 0 ? { dim_param: 'any' } : { dim_value: size })) },
      },
    },
  };
}

/**
 * The two gRPC calls of the Open Inference Protocol that describe and run a model (grpc_predict_v2.proto, field numbers
 * as published). https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_grpc.md
 */
import protobuf from 'protobufjs';

const schema = `
syntax = "proto3";
package inference;
message ModelMetadataRequest { string name = 1; string version = 2; }
message TensorMetadata { string name = 1; string datatype = 2; repeated int64 shape = 3; }
message ModelMetadataResponse {
  string name = 1; repeated string versions = 2; string platform = 3;
  repeated TensorMetadata inputs = 4; repeated TensorMetadata outputs = 5;
}
message InferTensorContents {
  repeated int32 int_contents = 2; repeated int64 int64_contents = 3; repeated float fp32_contents = 6;
}
message InferTensor { string name = 1; string datatype = 2; repeated int64 shape = 3; InferTensorContents contents = 5; }
message ModelInferRequest {
  string model_name = 1; string model_version = 2; string id = 3;
  repeated InferTensor inputs = 5; repeated bytes raw_input_contents = 7;
}
message ModelInferResponse {
  string model_name = 1; string model_version = 2; string id = 3;
  repeated InferTensor outputs = 5; repeated bytes raw_output_contents = 6;
}`;

const { root } = protobuf.parse(schema, { keepCase: true });

export interface TensorMetadata {
  readonly name?: string;
  /** FP32, INT64, UINT8, … */
  readonly datatype?: string;
  /** a side of -1 may be of any length */
  readonly shape?: readonly (number | string)[];
}

export interface InferTensor extends TensorMetadata {
  readonly contents?: {
    readonly int_contents?: readonly number[];
    readonly int64_contents?: readonly (number | string)[];
    readonly fp32_contents?: readonly number[];
  };
}

export interface ModelMetadataRequest {
  readonly name: string;
  readonly version?: string;
}

export interface ModelMetadata {
  readonly name?: string;
  readonly inputs?: readonly TensorMetadata[];
  readonly outputs?: readonly TensorMetadata[];
}

export interface InferRequest {
  readonly model_name: string;
  readonly model_version?: string;
  readonly inputs: readonly InferTensor[];
  readonly raw_input_contents?: readonly Uint8Array[];
}

export interface InferAnswer {
  readonly model_name?: string;
  readonly outputs?: readonly InferTensor[];
  readonly raw_output_contents?: readonly Uint8Array[];
}

/** The two calls, with encoders and decoders for client and server; tests build a server with them. */
export const inference = {
  ModelMetadata: method<ModelMetadataRequest, ModelMetadata>('ModelMetadata'),
  ModelInfer: method<InferRequest, InferAnswer>('ModelInfer'),
};

function method<Request extends object, Answer extends object>(name: string) {
  const request = root.lookupType(`inference.${name}Request`);
  const answer = root.lookupType(`inference.${name}Response`);
  return {
    path: `/inference.GRPCInferenceService/${name}`,
    encode: (value: Request): Buffer => bytesOf(request, value),
    decode: (bytes: Buffer): Request => objectOf(request, bytes) as Request,
    encodeAnswer: (value: Answer): Buffer => bytesOf(answer, value),
    decodeAnswer: (bytes: Buffer): Answer => objectOf(answer, bytes) as Answer,
  };
}

function bytesOf(type: protobuf.Type, value: object): Buffer {
  const encoded = type.encode(type.create(value)).finish();
  return Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
}

/** Decodes a message; int64 becomes text. */
function objectOf(type: protobuf.Type, bytes: Buffer): object {
  return type.toObject(type.decode(bytes), { longs: String });
}

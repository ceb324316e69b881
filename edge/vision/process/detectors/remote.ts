/**
 * Runs a model on another machine by the Open Inference Protocol (KServe V2) over gRPC, which Triton, OpenVINO Model
 * Server, KServe and others speak (https://github.com/kserve/open-inference-protocol). This process prepares the
 * pictures and reads the answers, as for a local model; only tensors travel, as raw little-endian contents.
 *
 *   apart ── run ──► connecting ── ModelInfer ──► connected ── ModelInfer … ──► connected
 *     ▲                  └── unreachable, refused, too late ──┐   └── the same ──┐
 *     └───────────────── the channel is closed ◄──────────────┴──────────────────┘
 *
 * Always: every call has a deadline; a channel that failed is never used again (its connection may hang for minutes
 * after a power cut); one run at a time, so nothing queues here; the token is sent only to the server, and only over
 * TLS unless the server is this machine.
 */

import { messageOf } from '@forpost/shared/errors.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { type ChannelCredentials, Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { RemoteModel } from '../../cards.ts';
import { type InferTensor, inference } from './open-inference.ts';
import { failed, type Runner, type TensorData, type TensorInfo, type Tensors } from './tensors.ts';

const askDeadlineMs = 3_000;
const inferDeadlineMs = 2_000;
/** A picture of 2048 x 2048 as float32 is 50 MB; answers are far smaller. */
const maxSendBytes = 64 * 1024 ** 2;
const maxReceiveBytes = 64 * 1024 ** 2;

/** Does not connect yet: if the machine is down, a run fails and the next run tries again. */
export function openRemote(remote: RemoteModel): Runner {
  return new RemoteRunner(remote);
}

/** Asks the server for the model's tensors. @throws ForpostError FORPOST_DETECTOR_FAILED */
export async function describeRemote(remote: RemoteModel): Promise<Pick<RemoteModel, 'inputs' | 'outputs'>> {
  const channel = new Channel(remote);
  try {
    const { model, version = '' } = remote;
    const { inputs = [], outputs = [] } = await channel.call('ModelMetadata', { name: model, version }, askDeadlineMs);
    return {
      inputs: inputs.map(({ name = '', datatype = '', shape = [] }) => ({
        name,
        type: typeNames[datatype] ?? datatype.toLowerCase(),
        shape: shape.map(Number),
      })),
      outputs: outputs.map(({ name = '' }) => name),
    };
  } finally {
    channel.close();
  }
}

class RemoteRunner implements Runner {
  readonly inputs: readonly TensorInfo[];
  readonly #remote: RemoteModel;
  readonly #channel: Channel;

  constructor(remote: RemoteModel) {
    this.inputs = remote.inputs;
    this.#remote = remote;
    this.#channel = new Channel(remote);
  }

  async run(inputs: Tensors): Promise<Tensors> {
    const { model, version = '', outputs: declared, server } = this.#remote;
    const entries = Object.entries(inputs);
    const { outputs = [], raw_output_contents: raw = [] } = await this.#channel.call(
      'ModelInfer',
      {
        model_name: model,
        model_version: version,
        inputs: entries.map(([name, { data, shape }]) => ({ name, datatype: datatypeOf(data), shape: [...shape] })),
        raw_input_contents: entries.map(
          ([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
        ),
      },
      inferDeadlineMs,
    );
    const found = new Map(outputs.map((output, i) => [output.name ?? '', tensorOf(output, raw[i])]));
    const tensors: Record<string, TensorData> = {};
    // in the order that the model declares, on which a family may rely
    for (const name of declared) {
      const tensor = found.get(name);
      if (tensor === undefined) throw failed(words('gateway/reason.detector-without', { server, name }));
      tensors[name] = tensor;
    }
    return tensors;
  }

  async close(): Promise<void> {
    this.#channel.close();
  }
}

/** A connection to the server, opened at the first call and again after any failure. */
class Channel {
  readonly #remote: RemoteModel;
  #client: Client | undefined;

  constructor(remote: RemoteModel) {
    this.#remote = remote;
  }

  call<Name extends keyof typeof inference>(
    name: Name,
    request: Parameters<(typeof inference)[Name]['encode']>[0],
    deadlineMs: number,
  ): Promise<ReturnType<(typeof inference)[Name]['decodeAnswer']>> {
    const { path, encode, decodeAnswer } = inference[name];
    const { token } = this.#remote;
    const metadata = new Metadata();
    if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
    return new Promise((resolve, reject) => {
      this.#client ??= this.#connect();
      this.#client.makeUnaryRequest(
        path,
        encode as (value: unknown) => Buffer,
        decodeAnswer as (bytes: Buffer) => ReturnType<(typeof inference)[Name]['decodeAnswer']>,
        request as unknown,
        metadata,
        { deadline: Date.now() + deadlineMs },
        (error, answer) => {
          if (error === null && answer !== undefined) return resolve(answer);
          this.close();
          reject(explained(this.#remote, error, deadlineMs));
        },
      );
    });
  }

  #connect(): Client {
    const { server, tls, ca } = this.#remote;
    return new Client(server, credentialsOf(tls, ca), {
      'grpc.max_send_message_length': maxSendBytes,
      'grpc.max_receive_message_length': maxReceiveBytes,
      // its own connection: closing one that hangs affects no other channel
      'grpc.use_local_subchannel_pool': 1,
    });
  }

  close(): void {
    this.#client?.close();
    this.#client = undefined;
  }
}

function credentialsOf(tls: boolean, ca: string | undefined): ChannelCredentials {
  if (!tls) return credentials.createInsecure();
  return ca === undefined ? credentials.createSsl() : credentials.createSsl(Buffer.from(ca));
}

/** Explains a gRPC status to an installer. */
function explained({ server, model }: RemoteModel, error: ServiceError | null, deadlineMs: number): Error {
  const what = words('gateway/reason.detector-at', { server });
  const details = error?.details ?? '';
  switch (error?.code) {
    case status.UNAVAILABLE:
      return failed(words('gateway/reason.not-reached', { where: what, reason: connectionWords(details) }), error);
    case status.DEADLINE_EXCEEDED:
    case status.CANCELLED:
      return failed(words('gateway/reason.slow', { where: what, seconds: deadlineMs / 1000 }), error);
    case status.UNAUTHENTICATED:
    case status.PERMISSION_DENIED:
      return failed(words('gateway/reason.detector-token', { what }), error);
    case status.NOT_FOUND:
      return failed(words('gateway/reason.detector-no-model', { what, model, error: details }), error);
    case status.UNIMPLEMENTED:
      return failed(words('gateway/reason.detector-protocol', { what }), error);
    default:
      return failed(
        words('gateway/reason.detector-said', { what, error: details === '' ? messageOf(error) : details }),
        error,
      );
  }
}

/** The reason at the end of a text like "No connection established. Last error: connect ECONNREFUSED …". */
function connectionWords(details: string): string {
  return details.replace(/^.*Last error: /s, '').replace(/^Error: /, '');
}

const typeNames: Readonly<Record<string, string>> = {
  FP32: 'float32',
  FP16: 'float16',
  UINT8: 'uint8',
  INT32: 'int32',
  INT64: 'int64',
};

function datatypeOf(data: TensorData['data']): string {
  if (data instanceof Float32Array) return 'FP32';
  if (data instanceof BigInt64Array) return 'INT64';
  return data instanceof Int32Array ? 'INT32' : 'UINT8';
}

function tensorOf({ name = '', datatype = '', shape = [], contents = {} }: InferTensor, raw: Uint8Array | undefined) {
  const dims = shape.map(Number);
  const length = dims.reduce((product, side) => product * side, 1);
  const data = valuesOf(datatype, raw, contents);
  if (data === undefined) throw failed(words('gateway/reason.detector-type', { name, type: datatype }));
  if (data.length !== length)
    throw failed(words('gateway/reason.detector-values', { name, count: data.length, length }));
  return { data, shape: dims };
}

function valuesOf(
  datatype: string,
  raw: Uint8Array | undefined,
  { fp32_contents = [], int_contents = [], int64_contents = [] }: NonNullable<InferTensor['contents']>,
): TensorData['data'] | undefined {
  // copied for alignment: a part of a received message may begin at any byte
  const bytes = raw === undefined ? undefined : Uint8Array.from(raw).buffer;
  switch (datatype) {
    case 'FP32':
      return bytes === undefined ? Float32Array.from(fp32_contents) : new Float32Array(bytes);
    case 'INT64':
      return bytes === undefined
        ? BigInt64Array.from(int64_contents.map((value) => BigInt(String(value))))
        : new BigInt64Array(bytes);
    case 'INT32':
      return bytes === undefined ? Int32Array.from(int_contents) : new Int32Array(bytes);
    default:
      return undefined;
  }
}

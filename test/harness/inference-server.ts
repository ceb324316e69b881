/**
 * A box with an accelerator on a site: a real gRPC server of the Open Inference Protocol that runs a model's file with this
 * project's runtime. A test can make it refuse, hang and answer wrongly.
 */

import {
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { inference } from '../../edge/vision/process/detectors/open-inference.ts';
import { openSession } from '../../edge/vision/process/detectors/session.ts';
import type { Runner, Tensors } from '../../edge/vision/process/detectors/tensors.ts';

export interface InferenceServerOptions {
  /** a model's file, served as `model` */
  readonly file: string;
  /** 0: any free port */
  readonly port?: number;
  /** the token that callers must send */
  readonly token?: string;
  readonly tls?: { readonly certificate: Buffer; readonly key: Buffer };
  /** changes its answers */
  readonly answer?: (outputs: Tensors) => Tensors;
}

const datatypes = { Float32Array: 'FP32', BigInt64Array: 'INT64', Int32Array: 'INT32', Uint8Array: 'UINT8' } as const;

export class InferenceServer {
  readonly #server = new Server({ 'grpc.max_receive_message_length': 64 * 1024 ** 2 });
  readonly #runner: Runner;
  readonly #options: InferenceServerOptions;
  /** number of pictures received */
  asked = 0;
  /** answers nothing while true */
  hangs = false;
  port = 0;

  private constructor(runner: Runner, options: InferenceServerOptions) {
    this.#runner = runner;
    this.#options = options;
  }

  static async start(options: InferenceServerOptions): Promise<InferenceServer> {
    const server = new InferenceServer(await openSession(options.file, 'it'), options);
    await server.#listen();
    return server;
  }

  /** Ends it as a power cut does: connections are cut without a word. */
  async stop(): Promise<void> {
    this.#server.forceShutdown();
    await this.#runner.close();
  }

  async #listen(): Promise<void> {
    const { tls, port = 0 } = this.#options;
    this.#server.addService(definition, {
      ModelMetadata: this.#guarded(async ({ name }: { name: string }) => {
        const outputs = await this.#outputs();
        return {
          name,
          platform: 'onnx',
          inputs: this.#runner.inputs.map((input) => ({
            name: input.name,
            datatype: input.type === 'int64' ? 'INT64' : 'FP32',
            shape: [...input.shape],
          })),
          outputs: Object.entries(outputs).map(([output, tensor]) => ({ name: output, ...described(tensor) })),
        };
      }),
      ModelInfer: this.#guarded(async (request: ReturnType<typeof inference.ModelInfer.decode> & { name?: string }) => {
        this.asked++;
        const fed = Object.fromEntries(
          request.inputs.map(({ name = '', datatype, shape = [] }, i) => {
            const bytes = Uint8Array.from(request.raw_input_contents?.[i] ?? []).buffer;
            const data = datatype === 'INT64' ? new BigInt64Array(bytes) : new Float32Array(bytes);
            return [name, { data, shape: shape.map(Number) }];
          }),
        );
        const { answer = (outputs) => outputs } = this.#options;
        const outputs = answer(await this.#runner.run(fed));
        return {
          model_name: request.model_name,
          outputs: Object.entries(outputs).map(([output, tensor]) => ({ name: output, ...described(tensor) })),
          raw_output_contents: Object.values(outputs).map(
            ({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
          ),
        };
      }),
    } as UntypedServiceImplementation);
    const credentials =
      tls === undefined
        ? ServerCredentials.createInsecure()
        : ServerCredentials.createSsl(null, [{ cert_chain: tls.certificate, private_key: tls.key }]);
    this.port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(`127.0.0.1:${port}`, credentials, (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
  }

  /** The model's output for an empty picture, which has its shapes. */
  #outputs(): Promise<Tensors> {
    const fed = this.#runner.inputs.map(({ name, type, shape }) => {
      const length = shape.reduce((product, side) => product * Math.abs(side), 1);
      return [name, { data: type === 'int64' ? new BigInt64Array(length) : new Float32Array(length), shape }] as const;
    });
    return this.#runner.run(Object.fromEntries(fed));
  }

  /** The common part of all calls: the token, the model's name, the hanging. */
  #guarded<Request extends { name?: string; model_name?: string }, Answer>(
    answer: (request: Request) => Promise<Answer>,
  ): handleUnaryCall<Request, Answer> {
    return ({ metadata, request }, callback) => {
      const { token } = this.#options;
      if (this.hangs) return;
      if (token !== undefined && metadata.get('authorization')[0] !== `Bearer ${token}`)
        callback({ code: status.UNAUTHENTICATED, details: 'no such token' });
      else if ((request.name ?? request.model_name) !== 'model')
        callback({ code: status.NOT_FOUND, details: `unknown model ${request.name ?? request.model_name}` });
      else
        answer(request).then(
          (value) => callback(null, value),
          (error: Error) => callback({ code: status.INVALID_ARGUMENT, details: error.message }),
        );
    };
  }
}

function described({ data, shape }: Tensors[string]) {
  return { datatype: datatypes[data.constructor.name as keyof typeof datatypes], shape: [...shape] };
}

const definition = Object.fromEntries(
  Object.entries(inference).map(([name, { path, decode, encodeAnswer }]) => [
    name,
    {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: () => Buffer.alloc(0),
      requestDeserialize: decode,
      responseSerialize: encodeAnswer,
      responseDeserialize: () => ({}),
    },
  ]),
) as unknown as ServiceDefinition;

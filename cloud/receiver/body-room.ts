/**
 * Bounds the memory of bodies on their way through the receiver: of all bodies together, and of each gateway's bodies.
 * Bytes count as they come, and again as they are unpacked from the stream.
 *
 *   chunk ──► within the gateway's share? ── no ──► 429      within all the room? ── no ──► 503
 *   unpacked chunk ──► likewise; beyond `maxUnpackedBytes`, or packed `mostPacked` times ──► 413, and nothing more is unpacked
 *
 * Always: bytes are counted before they are kept, and released when both the connection and the work on them have ended;
 * a client that disconnects does not release them early. A gateway that sends slowly, or many bodies at once, holds no
 * more than its share.
 */
import { constants, createZstdDecompress } from 'node:zlib';
import { messageOf } from '@forpost/shared/errors.ts';
import { HttpProblem, tryAgainIn } from '@forpost/shared/http/problem.ts';
import { message } from '@forpost/shared/texts/texts.ts';

export interface BodyRoomOptions {
  /** of all bodies together; default 96 MB */
  readonly maxBytes?: number | undefined;
  /** of one gateway; default 24 MB: one body of the largest size, or twenty of the usual size */
  readonly maxBytesOfGateway?: number | undefined;
  /** bodies of one gateway at once; default 8; a gateway sends four */
  readonly maxBodiesOfGateway?: number | undefined;
}

const retryMs = 1_000;
/** Readings that never change pack 80 times. No events pack better than this. */
const mostPacked = 1_000;
const packedFreely = 1_048_576;
/** 16 MB: the largest window that a body of the largest size needs. */
const windowLog = 24;

export class BodyRoom {
  readonly #maxBytes: number;
  readonly #maxBytesOfGateway: number;
  readonly #maxBodiesOfGateway: number;
  #bytes = 0;
  readonly #gateways = new Map<string, { bytes: number; bodies: number }>();

  constructor(options: BodyRoomOptions = {}) {
    this.#maxBytes = options.maxBytes ?? 96 * 1024 * 1024;
    this.#maxBytesOfGateway = options.maxBytesOfGateway ?? 24 * 1024 * 1024;
    this.#maxBodiesOfGateway = options.maxBodiesOfGateway ?? 8;
  }

  /** bytes that are taken now */
  get bytes(): number {
    return this.#bytes;
  }

  /** Room for one body of a gateway; the caller ends it. @throws HttpProblem 429 where the gateway has too many on their way */
  open(gateway: string): BodyShare {
    const share = this.#gateways.get(gateway) ?? { bytes: 0, bodies: 0 };
    if (share.bodies >= this.#maxBodiesOfGateway)
      throw tryAgainIn(429, retryMs, message('reason/receiver.many-bodies', { gateway, count: String(share.bodies) }));
    share.bodies++;
    this.#gateways.set(gateway, share);
    let own = 0;
    let ended = false;
    let working = 0;
    const giveBack = () => {
      if (!ended || working > 0) return;
      share.bytes -= own;
      this.#bytes -= own;
      own = 0;
      if (--share.bodies === 0) this.#gateways.delete(gateway);
    };
    return {
      reserve: (bytes) => {
        if (share.bytes + bytes > this.#maxBytesOfGateway)
          throw tryAgainIn(
            429,
            retryMs,
            message('reason/receiver.large-bodies', { gateway, bytes: String(share.bytes) }),
          );
        if (this.#bytes + bytes > this.#maxBytes) throw tryAgainIn(503, retryMs, message('reason/receiver.busy'));
        own += bytes;
        share.bytes += bytes;
        this.#bytes += bytes;
      },
      end: () => {
        if (ended) return;
        ended = true;
        giveBack();
      },
      during: async (work) => {
        working++;
        try {
          return await work();
        } finally {
          working--;
          giveBack();
        }
      },
    };
  }
}

export interface BodyShare {
  /** Counts bytes that are about to be kept. @throws HttpProblem 429, 503 */
  reserve(bytes: number): void;
  /** The connection has delivered the body or is gone. */
  end(): void;
  /** Runs `work` on the counted bytes, which stay counted until the work is done. */
  during<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** Reads a body chunk by chunk. @throws HttpProblem 413, 429, 503 */
export async function readBody(source: AsyncIterable<Buffer>, share: BodyShare, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of source) {
    length += chunk.length;
    if (length > maxBytes)
      throw new HttpProblem(413, message('reason/receiver.large-body', { bytes: String(maxBytes) }));
    share.reserve(chunk.length);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** Unpacks a body of zstd. @throws HttpProblem 400, 413, 429, 503 */
export async function unpackBody(packed: Buffer, share: BodyShare, maxUnpackedBytes: number): Promise<Buffer> {
  const stream = createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: windowLog } });
  const chunks: Buffer[] = [];
  let length = 0;
  stream.end(packed);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxUnpackedBytes)
        throw new HttpProblem(413, message('reason/receiver.unpacks-large', { bytes: String(maxUnpackedBytes) }));
      if (length > packedFreely && length > packed.length * mostPacked)
        throw new HttpProblem(413, message('reason/receiver.packed', { times: String(mostPacked) }));
      share.reserve(chunk.length);
      chunks.push(chunk);
    }
  } catch (error) {
    stream.destroy();
    if (error instanceof HttpProblem) throw error;
    throw new HttpProblem(400, message('reason/receiver.no-zstd', { said: messageOf(error) }));
  }
  return Buffer.concat(chunks, length);
}

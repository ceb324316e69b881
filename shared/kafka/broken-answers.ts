/**
 * kafkajs' connection bounded by itself. It reads a broker's answers in the socket's own event and lets an error out of
 * it: bytes that are no answer of Kafka (another service on that port, a proxy, somebody in between) ended the whole
 * process. And it gathers an answer of any length, up to 2 GB, before it looks at it.
 *
 * Always: what cannot be read, and an answer that says it is longer than `maxAnswerBytes`, ends that connection with an
 * error, as a connection that broke: its requests are rejected, and whoever asked tries again as ever.
 */
import { createRequire } from 'node:module';

/** Far above what a broker sends at once: fetches ask for some MB. */
const maxAnswerBytes = 256 * 2 ** 20;

interface Connection {
  readonly socket: { destroy(error: Error): void };
  /** of the answer that comes, its length included */
  bytesNeeded: number;
  processData(chunk: Buffer): void;
}

const bounded = new WeakSet<object>();

/** Changes the class for the whole process, once. `importer`: the `import.meta.url` of who has kafkajs among its packages. */
export function boundBrokenAnswers(importer: string): void {
  const connection: unknown = createRequire(importer)('kafkajs/src/network/connection');
  if (!isConnectionClass(connection) || bounded.has(connection)) return;
  bounded.add(connection);
  const { prototype } = connection;
  const processData = prototype.processData;
  prototype.processData = function (this: Connection, chunk) {
    try {
      processData.call(this, chunk);
      if (this.bytesNeeded <= maxAnswerBytes) return;
      this.socket.destroy(new Error(tooLong(this.bytesNeeded)));
    } catch (error) {
      this.socket.destroy(new Error('an answer that cannot be read: is it a Kafka broker?', { cause: error }));
    }
  };
}

/** A port that wants TLS answers with a TLS record (RFC 8446, 5.1): an alert is 0x15 0x03, a handshake 0x16 0x03. */
function tooLong(bytesNeeded: number): string {
  const firstTwo = (bytesNeeded - lengthBytes) >>> 16;
  return firstTwo === 0x1503 || firstTwo === 0x1603
    ? 'the port answers with TLS: this port wants TLS (tls)'
    : `an answer of ${bytesNeeded} bytes, which is none of Kafka's`;
}

/** kafkajs counts the length's own bytes in `bytesNeeded` */
const lengthBytes = 4;

/** Another version of kafkajs may have moved it: then it stays as it is. */
function isConnectionClass(connection: unknown): connection is { readonly prototype: Connection } {
  return typeof connection === 'function' && typeof connection.prototype?.processData === 'function';
}

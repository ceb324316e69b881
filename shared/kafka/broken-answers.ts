/**
 * Bounds errors of kafkajs to their connection. kafkajs reads a broker's answers in the socket's own event and lets an
 * error out of it: bytes that are no Kafka answer (another service on that port, a proxy) ended the whole process. And it
 * buffers an answer of any length, up to 2 GB, before it parses it.
 *
 * Always: an unreadable answer, or one that announces more than `maxAnswerBytes`, ends that connection with an error, like
 * a broken connection: its requests are rejected, and the callers try again.
 */

import { createRequire } from 'node:module';
import { words } from '../texts/english.ts';

/** Far above what a broker sends at once: fetches ask for some MB. */
const maxAnswerBytes = 256 * 2 ** 20;

interface Connection {
  readonly socket: { destroy(error: Error): void };
  /** length of the answer that is arriving, its length field included */
  bytesNeeded: number;
  processData(chunk: Buffer): void;
}

const bounded = new WeakSet<object>();

/** Changes the class for the whole process, once. `importer`: `import.meta.url` of a package that depends on kafkajs. */
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
      this.socket.destroy(new Error(words('gateway/reason.kafka-unreadable'), { cause: error }));
    }
  };
}

/** A TLS port answers with a TLS record (RFC 8446, 5.1): an alert is 0x15 0x03, a handshake 0x16 0x03. */
function tooLong(bytesNeeded: number): string {
  const firstTwo = (bytesNeeded - lengthBytes) >>> 16;
  return firstTwo === 0x1503 || firstTwo === 0x1603
    ? words('gateway/reason.kafka-wants-tls')
    : words('gateway/reason.kafka-no-kafka', { bytes: bytesNeeded });
}

/** kafkajs counts the length field in `bytesNeeded`. */
const lengthBytes = 4;

/** Checks the expected shape: a kafkajs that has changed stays untouched. */
function isConnectionClass(connection: unknown): connection is { readonly prototype: Connection } {
  return typeof connection === 'function' && typeof connection.prototype?.processData === 'function';
}

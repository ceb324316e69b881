/**
 * Cuts a connection's bytes into packets and checks each packet before other code reads it. A violation of the protocol
 * ends the connection [MQTT-4.8.0-1], whatever the QoS.
 *
 *   connect ── CONNECT ──► open ── DISCONNECT ──► over (later bytes are dropped [MQTT-3.14.4-2])
 *      └── any other ──► violation ◄──┘
 *
 * Always: `next` returns each packet once, whole and checked. A packet that is too long is refused at its fixed header,
 * before its body is kept. At most `maxPacketBytes` of an unfinished packet are kept. `next` returns the packets in front
 * of an invalid one before it reports the violation.
 */
import { packetCheck } from './client-packets.ts';
import { type Connect, checkConnect, type ProtocolVersion } from './connect.ts';
import type { Broken } from './fields.ts';
import { type CheckPacket, packetTypes } from './packet-types.ts';
import { reason } from './reason-codes.ts';

export type Read =
  | { readonly kind: 'connect'; readonly connect: Connect; readonly length: number }
  /** `from`, `end`: the range of the bytes after the fixed header; `length`: of the whole packet */
  | {
      readonly kind: 'packet';
      readonly first: number;
      readonly bytes: Buffer;
      readonly from: number;
      readonly end: number;
      readonly length: number;
    }
  /** a CONNECT to answer with CONNACK `code`, as `version` numbers it; then the connection is closed */
  | { readonly kind: 'refused'; readonly what: string; readonly version: ProtocolVersion; readonly code: number }
  /** `version`: undefined before CONNECT */
  | {
      readonly kind: 'violation';
      readonly what: string;
      readonly code: number;
      readonly oversized: boolean;
      readonly version: ProtocolVersion | undefined;
    };

const headerBytes = 5;
/** How many bytes of a packet the log shows. Of CONNECT only those before the client id, the user and the password. */
const loggedBytes = 24;
const loggedConnectBytes = 12;

interface Header {
  /** where the bytes after the fixed header begin */
  readonly from: number;
  readonly end: number;
}

export class PacketReader {
  /** limit of a whole packet, its fixed header included */
  maxPacketBytes: number;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  /** the chunks after `#bytes`, while `#bytes` ends within a packet */
  #more: Buffer[] = [];
  #moreBytes = 0;
  #check: CheckPacket | undefined;
  #version: ProtocolVersion | undefined;
  #isOver = false;
  /** the last packet that `next` returned, and where it begins */
  #last: Buffer | undefined;
  #lastAt = 0;

  constructor(maxPacketBytes: number) {
    this.maxPacketBytes = maxPacketBytes;
  }

  /** The next bytes of the connection. */
  feed(chunk: Buffer): void {
    if (this.#isOver) return;
    if (this.#at === this.#bytes.length) {
      this.#bytes = chunk;
      this.#at = 0;
    } else {
      this.#more.push(chunk);
      this.#moreBytes += chunk.length;
    }
  }

  /** false: bytes are kept that `next` has not returned: whole packets, or the beginning of one. */
  get isEmpty(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The next whole packet; undefined: none is complete yet. */
  next(): Read | undefined {
    for (;;) {
      if (this.isEmpty) return undefined;
      const header = this.#header();
      if (header === undefined) {
        if (!this.#merge()) return undefined;
        continue;
      }
      if (typeof header === 'string') return this.#broken({ what: header, code: lengthCode(header) });
      return this.#packet(header);
    }
  }

  #packet(header: Header): Read {
    const bytes = this.#bytes;
    const first = bytes[this.#at] ?? 0;
    if (this.#check === undefined) return this.#connect(first, header);
    const { from, end } = header;
    const broken = this.#check(bytes, first, from, end);
    if (broken !== undefined) return this.#broken(broken);
    this.#last = bytes;
    this.#lastAt = this.#at;
    const length = end - this.#at;
    this.#at = end;
    if (first >> 4 === packetTypes.disconnect) this.#end();
    return { kind: 'packet', first, bytes, from, end, length };
  }

  /** For the log: the first bytes of the invalid packet, or else of the last packet that `next` returned. In hex. */
  lastPacket(): string {
    const bytes = this.#last;
    const at = this.#lastAt;
    if (bytes === undefined) return '';
    const isConnect = (bytes[at] ?? 0) >> 4 === packetTypes.connect;
    return bytes.toString('hex', at, at + (isConnect ? loggedConnectBytes : loggedBytes));
  }

  /** undefined: the packet is not complete; a text: its length is invalid, and why. */
  #header(): Header | string | undefined {
    const bytes = this.#bytes;
    let length = 0;
    for (let i = 1; i < headerBytes; i++) {
      const byte = bytes[this.#at + i];
      if (byte === undefined) return undefined;
      length |= (byte & 0x7f) << (7 * (i - 1));
      if (1 + i + length > this.maxPacketBytes) return oversized;
      if (byte >= 0x80) continue;
      if (byte === 0 && i > 1) return 'a remaining length that is not in its shortest form';
      const from = this.#at + i + 1;
      const end = from + length;
      return end <= bytes.length ? { from, end } : undefined;
    }
    return 'a remaining length of more than 4 bytes';
  }

  /** Joins the chunks once they hold a whole packet, or the header of one. false: they do not yet. */
  #merge(): boolean {
    if (this.#moreBytes === 0) return false;
    const kept = this.#bytes.length - this.#at;
    if (kept >= headerBytes && kept + this.#moreBytes < this.#wantedBytes()) return false;
    this.#bytes = Buffer.concat([this.#bytes.subarray(this.#at), ...this.#more]);
    this.#at = 0;
    this.#more = [];
    this.#moreBytes = 0;
    return true;
  }

  /** The length of the packet that has begun. `#header` has checked its remaining length. */
  #wantedBytes(): number {
    let length = 0;
    for (let i = 1; ; i++) {
      const byte = this.#bytes[this.#at + i] ?? 0;
      length |= (byte & 0x7f) << (7 * (i - 1));
      if (byte < 0x80) return 1 + i + length;
    }
  }

  #connect(first: number, { from, end }: Header): Read {
    if (first >> 4 !== packetTypes.connect)
      return this.#broken({ what: 'the first packet is not CONNECT [MQTT-3.1.0-1]', code: reason.protocolError });
    if (first !== packetTypes.connect << 4)
      return this.#broken({ what: 'wrong flags in the fixed header [MQTT-2.2.2-2]', code: reason.malformed });
    const verdict = checkConnect(this.#bytes, from, end);
    if (verdict.kind === 'violation') {
      if (verdict.version === '5') this.#version = '5';
      return this.#broken(verdict);
    }
    this.#note();
    if (verdict.kind === 'refused') {
      this.#end();
      return verdict;
    }
    this.#version = verdict.connect.version;
    this.#check = packetCheck(this.#version);
    const length = end - this.#at;
    this.#at = end;
    return { kind: 'connect', connect: verdict.connect, length };
  }

  #note(): void {
    this.#last = this.#bytes;
    this.#lastAt = this.#at;
  }

  #broken({ what, code }: Broken): Read {
    this.#note();
    this.#end();
    return { kind: 'violation', what, code, oversized: what === oversized, version: this.#version };
  }

  #end(): void {
    this.#isOver = true;
    this.#bytes = Buffer.alloc(0);
    this.#at = 0;
    this.#more = [];
    this.#moreBytes = 0;
  }
}

const oversized = 'longer than mqtt.max_packet_bytes';

function lengthCode(what: string): number {
  return what === oversized ? reason.packetTooLarge : reason.malformed;
}

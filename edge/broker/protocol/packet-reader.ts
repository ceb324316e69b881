/**
 * Cuts a connection's bytes into whole packets and checks each before the broker's library sees it: what breaks the
 * protocol ends the connection [MQTT-4.8.0-1], whatever its QoS, and never reaches the library.
 *
 *   connect ── CONNECT ──► open ── DISCONNECT ──► over (what follows is dropped [MQTT-3.14.4-2])
 *      └── any other ──► violation ◄──┘
 *
 * Always: a packet is handed out whole, once, and after it was checked; one that is too long is refused at its fixed
 * header, before anybody keeps its body; of an unfinished packet at most `maxPacketBytes` are kept; the packets in front
 * of a broken one are handed out first. SUBSCRIBE and UNSUBSCRIBE are handed out apart, for the broker's own hands.
 */
import { type CheckPacket, packetCheck, packetTypes } from './client-packets.ts';
import { checkConnect } from './connect.ts';

export type Read =
  /** CONNECT, alone: what comes behind it waits until it is answered */
  | { readonly kind: 'connect'; readonly bytes: Buffer }
  /** for the library */
  | { readonly kind: 'packets'; readonly bytes: Buffer; readonly count: number }
  | { readonly kind: 'subscribe' | 'unsubscribe'; readonly bytes: Buffer; readonly body: Buffer }
  /** CONNECT that is to be answered with this return code of CONNACK and closed */
  | { readonly kind: 'refused'; readonly what: string; readonly returnCode: 1 | 2 }
  | { readonly kind: 'violation'; readonly what: string; readonly oversized: boolean };

const headerBytes = 5;
const dupBit = 0x08;
/** Of a packet that is logged. Of CONNECT only what comes before client id, user and password. */
const loggedBytes = 24;
const loggedConnectBytes = 12;

interface Header {
  /** where the packet's bytes behind the fixed header begin */
  readonly from: number;
  readonly end: number;
}

export class PacketReader {
  readonly #maxPacketBytes: number;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  /** what came behind `#bytes`, while that ends within a packet */
  #more: Buffer[] = [];
  #moreBytes = 0;
  #check: CheckPacket | undefined;
  #isOver = false;
  #last: { readonly bytes: Buffer; readonly at: number } | undefined;

  /** `maxPacketBytes`: of a whole packet, its fixed header included. */
  constructor(maxPacketBytes: number) {
    this.#maxPacketBytes = maxPacketBytes;
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

  /** false: bytes are kept that `next` has not handed out, packets or the beginning of one. */
  get isEmpty(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The next whole packets, at most so many, and none behind so many bytes; undefined where there is none yet. */
  next(maxPackets: number, maxBytes: number): Read | undefined {
    const begin = this.#at;
    let count = 0;
    while (count < maxPackets && this.#at - begin < maxBytes && !this.isEmpty) {
      const header = this.#header();
      if (typeof header === 'string') return this.#handOut(begin, count) ?? this.#broken(header);
      if (header === undefined) {
        if (count > 0 || !this.#merge()) break;
        return this.next(maxPackets, maxBytes);
      }
      const first = this.#bytes[this.#at] ?? 0;
      const type = first >> 4;
      if (this.#check === undefined) return this.#connect(first, header);
      const violation = this.#check(this.#bytes, first, header.from, header.end);
      if (violation !== undefined) return this.#handOut(begin, count) ?? this.#broken(violation);
      // the library knows DUP of PUBLISH alone; in MQTT 3.1 others have it
      if (type !== packetTypes.publish) this.#bytes[this.#at] = first & ~dupBit;
      if (type === packetTypes.subscribe || type === packetTypes.unsubscribe) {
        if (count > 0) break;
        const packet = this.#bytes.subarray(this.#at, header.end);
        this.#last = { bytes: this.#bytes, at: this.#at };
        this.#at = header.end;
        const kind = type === packetTypes.subscribe ? 'subscribe' : 'unsubscribe';
        return { kind, bytes: packet, body: this.#bytes.subarray(header.from, header.end) };
      }
      this.#at = header.end;
      count++;
      if (type !== packetTypes.disconnect) continue;
      const packets = this.#handOut(begin, count);
      this.#end();
      return packets;
    }
    return this.#handOut(begin, count);
  }

  /** The first bytes of the packet that was broken, or else of those that were handed out last: for the log. */
  lastPacket(): string {
    if (this.#last === undefined) return '';
    const { bytes, at } = this.#last;
    const isConnect = (bytes[at] ?? 0) >> 4 === packetTypes.connect;
    return bytes.toString('hex', at, at + (isConnect ? loggedConnectBytes : loggedBytes));
  }

  /** undefined: not all of the packet is there; a text: what is wrong with its length. */
  #header(): Header | string | undefined {
    const bytes = this.#bytes;
    let length = 0;
    for (let i = 1; i < headerBytes; i++) {
      const byte = bytes[this.#at + i];
      if (byte === undefined) return undefined;
      length |= (byte & 0x7f) << (7 * (i - 1));
      if (1 + i + length > this.#maxPacketBytes) return oversized;
      if (byte >= 0x80) continue;
      if (byte === 0 && i > 1) return 'a remaining length of more bytes than it needs';
      const from = this.#at + i + 1;
      const end = from + length;
      return end <= bytes.length ? { from, end } : undefined;
    }
    return 'a remaining length of more than 4 bytes';
  }

  /** Joins what has come in pieces, once a whole packet or its header is there. false: it is not. */
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

  /** Of the packet that has begun, whose length is known to be right. */
  #wantedBytes(): number {
    let length = 0;
    for (let i = 1; ; i++) {
      const byte = this.#bytes[this.#at + i] ?? 0;
      length |= (byte & 0x7f) << (7 * (i - 1));
      if (byte < 0x80) return 1 + i + length;
    }
  }

  #connect(first: number, { from, end }: Header): Read {
    this.#last = { bytes: this.#bytes, at: this.#at };
    if (first >> 4 !== packetTypes.connect) return this.#broken('the first packet is no CONNECT [MQTT-3.1.0-1]');
    if (first !== packetTypes.connect << 4) return this.#broken('wrong flags in the fixed header [MQTT-2.2.2-2]');
    const verdict = checkConnect(this.#bytes, from, end);
    if (verdict.kind === 'violation') return this.#broken(verdict.what);
    if (verdict.kind === 'refused') {
      this.#end();
      return verdict;
    }
    this.#check = packetCheck(verdict.version);
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return { kind: 'connect', bytes };
  }

  #handOut(begin: number, count: number): Read | undefined {
    if (count === 0) return undefined;
    this.#last = { bytes: this.#bytes, at: begin };
    return { kind: 'packets', bytes: this.#bytes.subarray(begin, this.#at), count };
  }

  #broken(what: string): Read {
    this.#last = { bytes: this.#bytes, at: this.#at };
    this.#end();
    return { kind: 'violation', what, oversized: what === oversized };
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

/**
 * Splits a stream of RTSP bytes (RFC 2326) into messages and interleaved RTP packets (section 10.12: `$`, channel,
 * length), for client and server.
 *
 * Always: a message's head has at most `longestHead` bytes and its body at most `longestBody`. Stray bytes between
 * messages and packets are skipped, because some cameras send them; more than `mostNoise` of them in a row are an
 * error.
 */
export interface RtspMessage {
  /** the first line */
  readonly start: string;
  /** the status of an answer; undefined for a request */
  readonly status: number | undefined;
  /** names in small letters */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
}

export interface RtspReaderEvents {
  message(message: RtspMessage): void;
  packet(channel: number, packet: Buffer): void;
}

const longestHead = 32_768;
const longestBody = 1_048_576;
const mostNoise = 65_536;
const dollar = 0x24;
const packetHead = 4;
/** an answer, or a request in capital letters */
const beginsMessage = /^(RTSP\/|[A-Z][A-Z_]{2,15} \S)/;
const shownOfStart = 24;

export class RtspReader {
  readonly #events: RtspReaderEvents;
  #rest: Buffer = Buffer.alloc(0);
  #noise = 0;
  #stopped = false;

  constructor(events: RtspReaderEvents) {
    this.#events = events;
  }

  /** Reports nothing more, also from bytes already received. */
  stop(): void {
    this.#stopped = true;
  }

  /** @throws Error if the bytes are not RTSP */
  push(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (let used = this.#readItem(bytes); used > 0 && !this.#stopped; used = this.#readItem(bytes))
      bytes = bytes.subarray(used);
    this.#rest = bytes;
  }

  /** Reads one item; returns the number of bytes used, 0 if more must come. */
  #readItem(bytes: Buffer): number {
    if (bytes.length === 0) return 0;
    if (bytes[0] === dollar) return this.#readPacket(bytes);
    const start = bytes.toString('latin1', 0, shownOfStart);
    if (beginsMessage.test(start)) return this.#readMessage(bytes);
    // an incomplete beginning of a message
    if (bytes.length < shownOfStart && /^(R|RT|RTS|RTSP|[A-Z][A-Z_]* ?)$/.test(start)) return 0;
    return this.#skip(bytes);
  }

  #readPacket(bytes: Buffer): number {
    if (bytes.length < packetHead) return 0;
    const end = packetHead + bytes.readUInt16BE(2);
    if (bytes.length < end) return 0;
    this.#noise = 0;
    this.#events.packet(bytes[1] ?? 0, bytes.subarray(packetHead, end));
    return end;
  }

  #readMessage(bytes: Buffer): number {
    const head = bytes.toString('latin1', 0, longestHead);
    const gap = /\r?\n\r?\n/.exec(head);
    if (gap === null) {
      if (bytes.length > longestHead) throw new Error('the head of its answer does not end');
      return 0;
    }
    // headers are UTF-8 in practice; `head` above is latin1, so that its positions are byte positions
    const lines = bytes.toString('utf8', 0, gap.index).split(/\r?\n/);
    const headers = headersOf(lines.slice(1));
    const length = Number(headers.get('content-length')?.[0] ?? 0);
    const bodyLength = Number.isSafeInteger(length) && length > 0 ? length : 0;
    if (bodyLength > longestBody) throw new Error(`its answer has ${bodyLength} bytes`);
    const from = gap.index + gap[0].length;
    if (bytes.length < from + bodyLength) return 0;
    const start = lines[0] ?? '';
    const status = /^RTSP\/\S*\s+(\d{3})\b/.exec(start)?.[1];
    this.#noise = 0;
    this.#events.message({
      start,
      status: status === undefined ? (start.startsWith('RTSP/') ? oddStatus(start) : undefined) : Number(status),
      headers,
      body: bytes.toString('utf8', from, from + bodyLength),
    });
    return from + bodyLength;
  }

  #skip(bytes: Buffer): number {
    let at = 1;
    while (at < bytes.length && bytes[at] !== dollar && !isCapital(bytes[at] ?? 0)) at++;
    this.#noise += at;
    if (this.#noise > mostNoise) throw new Error('it sends bytes that are not RTSP');
    return at;
  }
}

/** Some firmware writes status 302 as `RTSP/1.0   0302 x`. */
function oddStatus(start: string): number {
  const found = /^RTSP\/\S*\s+\+?0*(\d{3})(?!\d)/.exec(start)?.[1];
  return found === undefined ? 0 : Number(found);
}

function isCapital(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

function headersOf(lines: readonly string[]): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  let last: string[] | undefined;
  for (const line of lines) {
    // a folded line continues the line before
    if (/^[ \t]/.test(line) && last !== undefined) {
      last.push(`${last.pop() ?? ''} ${line.trim()}`);
      continue;
    }
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    last = headers.get(name) ?? [];
    last.push(line.slice(colon + 1).trim());
    headers.set(name, last);
  }
  return headers;
}

/**
 * Reads from an RTP packet, without decoding, whether a picture begins in it and whether decoding can begin with that
 * picture. H.264 (RFC 6184), H.265 (RFC 7798), JPEG (RFC 2435). Pure.
 */

export interface Glance {
  /** the packet carries a part of a key frame, or the parameters before one */
  readonly key: boolean;
  /** a picture begins in the packet */
  readonly begins: boolean;
  /** the packet carries a part of a picture, not only parameters */
  readonly picture: boolean;
}

export interface RtpPacket {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Buffer;
}

const headBytes = 12;
const nothing: Glance = { key: false, begins: false, picture: false };

/** Parses an RTP packet (RFC 3550, section 5.1); undefined if it is none. */
export function readRtp(packet: Buffer): RtpPacket | undefined {
  const first = packet[0] ?? 0;
  const second = packet[1] ?? 0;
  if (packet.length < headBytes || first >> 6 !== 2) return undefined;
  let from = headBytes + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (packet.length < from + 4) return undefined;
    from += 4 + packet.readUInt16BE(from + 2) * 4;
  }
  const padding = (first & 0x20) === 0 ? 0 : (packet.at(-1) ?? 0);
  if (packet.length - padding < from) return undefined;
  return {
    payloadType: second & 0x7f,
    marker: (second & 0x80) !== 0,
    sequence: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    payload: packet.subarray(from, packet.length - padding),
  };
}

/** What a packet carries; undefined for codecs that this file does not know. */
export function glance(codec: string, payload: Buffer): Glance | undefined {
  if (codec === 'H264') return glanceH264(payload);
  if (codec === 'H265') return glanceH265(payload);
  // bytes 1 to 3: the offset of this fragment in its picture
  if (codec === 'JPEG') {
    const begins = payload.length >= 4 && payload.readUIntBE(1, 3) === 0;
    return { key: true, begins, picture: true };
  }
  return undefined;
}

const h264 = { slice: 1, idr: 5, sps: 7, pps: 8, aud: 9, stapA: 24, fuA: 28 } as const;

function glanceH264(payload: Buffer): Glance {
  const type = (payload[0] ?? 0) & 0x1f;
  if (type === h264.stapA) return merged(aggregated(payload, 1).map(nalH264));
  if (type !== h264.fuA) return nalH264(payload);
  const fu = payload[1] ?? 0;
  const inner = fu & 0x1f;
  const starts = (fu & 0x80) !== 0;
  const isSlice = inner === h264.slice || inner === h264.idr;
  return {
    key: inner === h264.idr,
    picture: isSlice,
    begins: starts && isSlice && ((payload[2] ?? 0) & 0x80) !== 0,
  };
}

function nalH264(nal: Buffer): Glance {
  const type = (nal[0] ?? 0) & 0x1f;
  // the slice's first bit is set if first_mb_in_slice is 0
  if (type === h264.slice || type === h264.idr)
    return { key: type === h264.idr, picture: true, begins: ((nal[1] ?? 0) & 0x80) !== 0 };
  return { ...nothing, begins: type === h264.sps || type === h264.aud, key: type === h264.sps };
}

const h265 = { firstKey: 16, lastKey: 21, lastPicture: 31, vps: 32, sps: 33, aud: 35, ap: 48, fu: 49 } as const;

function glanceH265(payload: Buffer): Glance {
  const type = ((payload[0] ?? 0) >> 1) & 0x3f;
  if (type === h265.ap) return merged(aggregated(payload, 2).map(nalH265));
  if (type !== h265.fu) return nalH265(payload);
  const fu = payload[2] ?? 0;
  const inner = fu & 0x3f;
  const picture = inner <= h265.lastPicture;
  return {
    key: isKeyH265(inner),
    picture,
    begins: (fu & 0x80) !== 0 && picture && ((payload[3] ?? 0) & 0x80) !== 0,
  };
}

function nalH265(nal: Buffer): Glance {
  const type = ((nal[0] ?? 0) >> 1) & 0x3f;
  if (type <= h265.lastPicture) return { key: isKeyH265(type), picture: true, begins: ((nal[2] ?? 0) & 0x80) !== 0 };
  const parameters = type === h265.vps || type === h265.sps;
  return { ...nothing, begins: parameters || type === h265.aud, key: parameters };
}

function isKeyH265(type: number): boolean {
  return type >= h265.firstKey && type <= h265.lastKey;
}

/** The NAL units of an aggregation packet; a length precedes each of them. */
function aggregated(payload: Buffer, from: number): readonly Buffer[] {
  const units: Buffer[] = [];
  for (let at = from; at + 2 < payload.length; ) {
    const length = payload.readUInt16BE(at);
    units.push(payload.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return units;
}

function merged(all: readonly Glance[]): Glance {
  return {
    key: all.some(({ key }) => key),
    begins: all.some(({ begins }) => begins),
    picture: all.some(({ picture }) => picture),
  };
}

/**
 * Checks the packets that an MQTT 3.1 or 3.1.1 client sends after CONNECT against the normative statements. A packet is
 * checked as a whole before other code reads it, so the readers contain no checks.
 *
 * MQTT 5 has its own check (client-packets-5.ts). `packetCheck` chooses by the protocol level of CONNECT.
 */
import { check5 } from './client-packets-5.ts';
import type { ProtocolVersion } from './connect.ts';
import { type Broken, endOfField, filterViolation, numberAt, topicViolation, type Violation } from './fields.ts';
import { type CheckPacket, packetTypes } from './packet-types.ts';
import { reason } from './reason-codes.ts';

export function packetCheck(version: ProtocolVersion): CheckPacket {
  if (version === '5') return check5;
  return version === '3.1' ? check31 : check311;
}

const dupBit = 0x08;
const acknowledgedFlags = 0x02;

/** MQTT 3.1 allows DUP in PUBREL, SUBSCRIBE and UNSUBSCRIBE as well as in PUBLISH. */
function check31(bytes: Buffer, first: number, from: number, end: number): Broken | undefined {
  const type = first >> 4;
  const mayRepeat = type === packetTypes.pubrel || type === packetTypes.subscribe || type === packetTypes.unsubscribe;
  return check311(bytes, mayRepeat ? first & ~dupBit : first, from, end);
}

function check311(bytes: Buffer, first: number, from: number, end: number): Broken | undefined {
  const what = violation311(bytes, first, from, end);
  return what === undefined ? undefined : { what, code: reason.malformed };
}

function violation311(bytes: Buffer, first: number, from: number, end: number): Violation {
  const flags = first & 0x0f;
  switch (first >> 4) {
    case packetTypes.publish:
      return publishViolation(bytes, flags, from, end);
    case packetTypes.puback:
    case packetTypes.pubrec:
    case packetTypes.pubcomp:
      return flags === 0 ? acknowledgementViolation(bytes, from, end) : wrongFlags;
    case packetTypes.pubrel:
      return flags === acknowledgedFlags ? acknowledgementViolation(bytes, from, end) : wrongFlags;
    case packetTypes.subscribe:
      return flags === acknowledgedFlags ? filtersViolation(bytes, from, end, true) : wrongFlags;
    case packetTypes.unsubscribe:
      return flags === acknowledgedFlags ? filtersViolation(bytes, from, end, false) : wrongFlags;
    case packetTypes.pingreq:
    case packetTypes.disconnect:
      if (flags !== 0) return wrongFlags;
      return from === end ? undefined : 'bytes after the fixed header of PINGREQ or DISCONNECT [MQTT-3.14.1-1]';
    case packetTypes.connect:
      return 'a second CONNECT [MQTT-3.1.0-2]';
    case 0:
    case 15:
      return 'a reserved packet type';
    default:
      return 'a packet that only a server sends';
  }
}

const wrongFlags = 'wrong flags in the fixed header [MQTT-2.2.2-2]';
const noIdentifier = 'no packet identifier [MQTT-2.3.1-1]';
const identifierZero = 'packet identifier 0 [MQTT-2.3.1-1]';

function publishViolation(bytes: Buffer, flags: number, from: number, end: number): Violation {
  const qos = (flags >> 1) & 3;
  if (qos === 3) return 'PUBLISH of QoS 3 [MQTT-3.3.1-4]';
  if (qos === 0 && (flags & dupBit) !== 0) return 'DUP with QoS 0 [MQTT-3.3.1-2]';
  const topicEnd = endOfField(bytes, from, end);
  if (topicEnd < 0) return 'PUBLISH ends within its topic [MQTT-3.3.2-1]';
  const wrong = topicViolation(bytes, from + 2, topicEnd, 'topic');
  if (wrong !== undefined || qos === 0) return wrong;
  if (topicEnd + 2 > end) return noIdentifier;
  return numberAt(bytes, topicEnd) === 0 ? identifierZero : undefined;
}

function acknowledgementViolation(bytes: Buffer, from: number, end: number): Violation {
  if (from + 2 > end) return noIdentifier;
  if (from + 2 < end) return 'bytes after the packet identifier of an acknowledgement';
  return numberAt(bytes, from) === 0 ? identifierZero : undefined;
}

function filtersViolation(bytes: Buffer, from: number, end: number, hasQos: boolean): Violation {
  if (from + 2 > end) return noIdentifier;
  if (numberAt(bytes, from) === 0) return identifierZero;
  let at = from + 2;
  if (at === end)
    return hasQos ? 'SUBSCRIBE without a filter [MQTT-3.8.3-3]' : 'UNSUBSCRIBE without a filter [MQTT-3.10.3-2]';
  while (at < end) {
    const filterEnd = endOfField(bytes, at, end);
    if (filterEnd < 0) return 'the packet ends within a topic filter [MQTT-3.8.3-1]';
    const wrong = filterViolation(bytes, at + 2, filterEnd);
    if (wrong !== undefined) return wrong;
    at = filterEnd;
    if (!hasQos) continue;
    if (at === end) return 'a topic filter without a QoS [MQTT-3.8.3-4]';
    if ((bytes[at] ?? 0) > 2) return 'a requested QoS above 2, or reserved bits set [MQTT-3.8.3-4]';
    at++;
  }
  return undefined;
}

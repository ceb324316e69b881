/**
 * Checks the packets that an MQTT 5 client sends after CONNECT against the normative statements of MQTT 5.
 *
 * Always: a packet is checked as a whole before other code reads it. A violation carries the reason code for DISCONNECT
 * (section 4.13).
 */

import {
  type Broken,
  endOfField,
  filterViolation,
  numberAt,
  textViolation,
  topicViolation,
  type Violation,
} from './fields.ts';
import { packetTypes } from './packet-types.ts';
import { checkProperties, type Place } from './properties.ts';
import { reason } from './reason-codes.ts';

const dupBit = 0x08;
const acknowledgedFlags = 0x02;

export function check5(bytes: Buffer, first: number, from: number, end: number): Broken | undefined {
  const flags = first & 0x0f;
  switch (first >> 4) {
    case packetTypes.publish:
      return publish(bytes, flags, from, end);
    case packetTypes.puback:
    case packetTypes.pubrec:
      return flags === 0 ? acknowledgement(bytes, from, end, pubackCodes) : wrongFlags;
    case packetTypes.pubcomp:
      return flags === 0 ? acknowledgement(bytes, from, end, pubrelCodes) : wrongFlags;
    case packetTypes.pubrel:
      return flags === acknowledgedFlags ? acknowledgement(bytes, from, end, pubrelCodes) : wrongFlags;
    case packetTypes.subscribe:
      return flags === acknowledgedFlags ? filters(bytes, from, end, 'SUBSCRIBE') : wrongFlags;
    case packetTypes.unsubscribe:
      return flags === acknowledgedFlags ? filters(bytes, from, end, 'UNSUBSCRIBE') : wrongFlags;
    case packetTypes.pingreq:
      if (flags !== 0) return wrongFlags;
      return from === end ? undefined : malformed('bytes after the fixed header of PINGREQ');
    case packetTypes.disconnect:
      return flags === 0 ? reasoned(bytes, from, end, 'DISCONNECT', disconnectCodes) : wrongFlags;
    case packetTypes.connect:
      return protocolError('a second CONNECT [MQTT-3.1.0-2]');
    case packetTypes.auth:
      return protocolError('AUTH without an Authentication Method in CONNECT [MQTT-4.12.0-6]');
    case 0:
      return malformed('a reserved packet type');
    default:
      return protocolError('a packet that only a server sends');
  }
}

// The reason codes that are allowed: PUBACK and PUBREC (sections 3.4.2.1, 3.5.2.1), PUBREL and PUBCOMP (3.6.2.1,
// 3.7.2.1), a client's DISCONNECT (3.14.2.1).
const pubackCodes = new Set([0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]);
const pubrelCodes = new Set([0x00, 0x92]);
const disconnectCodes = new Set([0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99]);

const wrongFlags = malformed('wrong flags in the fixed header [MQTT-2.1.3-1]');
const noIdentifier = malformed('no packet identifier [MQTT-2.2.1-2]');
const identifierZero = protocolError('packet identifier 0 [MQTT-2.2.1-3]');

function publish(bytes: Buffer, flags: number, from: number, end: number): Broken | undefined {
  const qos = (flags >> 1) & 3;
  if (qos === 3) return malformed('PUBLISH of QoS 3 [MQTT-3.3.1-4]');
  if (qos === 0 && (flags & dupBit) !== 0) return malformed('DUP with QoS 0 [MQTT-3.3.1-2]');
  const topicEnd = endOfField(bytes, from, end);
  if (topicEnd < 0) return malformed('PUBLISH ends within its topic [MQTT-3.3.2-1]');
  // an empty topic is allowed: the connection resolves the topic alias
  if (topicEnd > from + 2) {
    const wrong = topicViolation(bytes, from + 2, topicEnd, 'topic');
    if (wrong !== undefined) return textBroken(wrong, reason.topicNameInvalid);
  }
  let at = topicEnd;
  if (qos > 0) {
    if (at + 2 > end) return noIdentifier;
    if (numberAt(bytes, at) === 0) return identifierZero;
    at += 2;
  }
  const behind = checkProperties(bytes, at, end, 'PUBLISH');
  return typeof behind === 'number' ? undefined : behind;
}

function acknowledgement(bytes: Buffer, from: number, end: number, codes: ReadonlySet<number>): Broken | undefined {
  if (from + 2 > end) return noIdentifier;
  if (numberAt(bytes, from) === 0) return identifierZero;
  return reasoned(bytes, from + 2, end, 'PUBACK', codes);
}

/** The end of a packet: a reason code and properties. Either may be absent. */
function reasoned(
  bytes: Buffer,
  from: number,
  end: number,
  place: Place,
  codes: ReadonlySet<number>,
): Broken | undefined {
  if (from === end) return undefined;
  const code = bytes[from] ?? 0;
  if (!codes.has(code)) return malformed(`reason code ${code} is not allowed in this packet`);
  if (from + 1 === end) return undefined;
  const behind = checkProperties(bytes, from + 1, end, place);
  if (typeof behind !== 'number') return behind;
  return behind === end ? undefined : malformed('bytes after the properties');
}

function filters(bytes: Buffer, from: number, end: number, place: 'SUBSCRIBE' | 'UNSUBSCRIBE'): Broken | undefined {
  if (from + 2 > end) return noIdentifier;
  if (numberAt(bytes, from) === 0) return identifierZero;
  const behind = checkProperties(bytes, from + 2, end, place);
  if (typeof behind !== 'number') return behind;
  if (behind === end)
    return protocolError(`${place} without a filter [MQTT-3.${place === 'SUBSCRIBE' ? '8.3-2' : '10.3-2'}]`);
  for (let at = behind; at < end; ) {
    const filterEnd = endOfField(bytes, at, end);
    if (filterEnd < 0) return malformed('the packet ends within a topic filter [MQTT-3.8.3-1]');
    const wrong = filterViolation(bytes, at + 2, filterEnd);
    if (wrong !== undefined) return textBroken(wrong, reason.topicFilterInvalid);
    if (textViolation(bytes, at + 2, filterEnd, '') !== undefined) return malformed('an ill-formed topic filter');
    const isShared = bytes.toString('latin1', at + 2, Math.min(filterEnd, at + 9)) === '$share/';
    if (isShared && place === 'SUBSCRIBE') {
      const broken = shared(bytes.toString('utf8', at + 9, filterEnd), bytes[filterEnd] ?? 0);
      if (broken !== undefined) return broken;
    }
    at = filterEnd;
    if (place === 'UNSUBSCRIBE') continue;
    if (at === end) return malformed('a topic filter without options [MQTT-3.8.3-1]');
    const options = bytes[at] ?? 0;
    if ((options & 0xc0) !== 0) return malformed('reserved bits in subscription options [MQTT-3.8.3-5]');
    if ((options & 3) === 3) return protocolError('a requested QoS of 3');
    if ((options & 0x30) === 0x30) return protocolError('a Retain Handling of 3');
    at++;
  }
  return undefined;
}

/** A shared subscription, `$share/<name>/<filter>` (section 4.8.2). `rest`: the text after `$share/`. */
function shared(rest: string, options: number): Broken | undefined {
  const slash = rest.indexOf('/');
  const name = slash < 0 ? rest : rest.slice(0, slash);
  if (name === '' || /[#+]/.test(name)) return malformed('an invalid share name [MQTT-4.8.2-1]');
  if (slash < 0 || slash === rest.length - 1) return malformed('a share name without a topic filter [MQTT-4.8.2-2]');
  return (options & 0x04) === 0 ? undefined : protocolError('No Local on a shared subscription [MQTT-3.8.3-4]');
}

/** Ill-formed UTF-8 is a malformed packet; any other violation of a topic has the topic's own reason code, `code`. */
function textBroken(what: NonNullable<Violation>, code: number): Broken {
  return { what, code: what.includes('MQTT-1.5.3') ? reason.malformed : code };
}

function malformed(what: string): Broken {
  return { what, code: reason.malformed };
}

function protocolError(what: string): Broken {
  return { what, code: reason.protocolError };
}

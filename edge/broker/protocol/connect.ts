/**
 * CONNECT (MQTT 3.1.1, section 3.1; MQTT 3.1, section 3.1), checked before anything else reads it.
 *
 * Always: a protocol or a level that is not spoken here is told apart from a packet that breaks the protocol: it is
 * answered with CONNACK 1 [MQTT-3.1.2-2].
 */
import { endOfField, numberAt, textViolation, topicViolation } from './fields.ts';

/** The protocol of one connection. */
export type ProtocolVersion = '3.1' | '3.1.1';

export type ConnectVerdict =
  | { readonly kind: 'ok'; readonly version: ProtocolVersion }
  /** the return code of CONNACK */
  | { readonly kind: 'refused'; readonly returnCode: 1 | 2; readonly what: string }
  | { readonly kind: 'violation'; readonly what: string };

const reservedBit = 0x01;
const cleanBit = 0x02;
const willBit = 0x04;
const willQosShift = 3;
const willRetainBit = 0x20;
const passwordBit = 0x40;
const userBit = 0x80;
/** Mosquitto's bridges mark themselves in the level. */
const bridgeBit = 0x80;

const levels: Readonly<Record<string, { readonly level: number; readonly version: ProtocolVersion }>> = {
  MQIsdp: { level: 3, version: '3.1' },
  MQTT: { level: 4, version: '3.1.1' },
};

/** `from`, `end`: of the packet's bytes behind its fixed header. */
export function checkConnect(bytes: Buffer, from: number, end: number): ConnectVerdict {
  const nameEnd = endOfField(bytes, from, end);
  if (nameEnd < 0) return violation('CONNECT ends within the protocol name');
  if (nameEnd - from > 8) return violation('an unknown protocol name [MQTT-3.1.2-1]');
  const name = bytes.toString('latin1', from + 2, nameEnd);
  const known = Object.hasOwn(levels, name) ? levels[name] : undefined;
  if (known === undefined) return violation('an unknown protocol name [MQTT-3.1.2-1]');
  if (nameEnd === end) return violation('CONNECT ends before the protocol level');
  const level = bytes[nameEnd] ?? 0;
  if ((level & ~bridgeBit) !== known.level)
    return { kind: 'refused', returnCode: 1, what: `protocol level ${level} of ${name} is not spoken here` };
  if (nameEnd + 4 > end) return violation('CONNECT ends before its client id');
  const flags = bytes[nameEnd + 1] ?? 0;
  const wrongFlags = flagsViolation(flags);
  if (wrongFlags !== undefined) return violation(wrongFlags);
  return checkPayload(bytes, nameEnd + 4, end, flags, known.version);
}

function flagsViolation(flags: number): string | undefined {
  const willQos = (flags >> willQosShift) & 3;
  if ((flags & reservedBit) !== 0) return 'the reserved connect flag is set [MQTT-3.1.2-3]';
  if (willQos === 3) return 'will QoS 3 [MQTT-3.1.2-14]';
  if ((flags & willBit) === 0 && willQos !== 0) return 'a will QoS without a will [MQTT-3.1.2-13]';
  if ((flags & willBit) === 0 && (flags & willRetainBit) !== 0) return 'will retain without a will [MQTT-3.1.2-15]';
  if ((flags & userBit) === 0 && (flags & passwordBit) !== 0) return 'a password without a user name [MQTT-3.1.2-22]';
  return undefined;
}

function checkPayload(
  bytes: Buffer,
  from: number,
  end: number,
  flags: number,
  version: ProtocolVersion,
): ConnectVerdict {
  let at = endOfField(bytes, from, end);
  if (at < 0) return violation('CONNECT has no client id, or ends within it [MQTT-3.1.3-3]');
  const hasNoClientId = numberAt(bytes, from) === 0;
  const wrong = textViolation(bytes, from + 2, at, 'client id');
  if (wrong !== undefined) return violation(wrong);
  if ((flags & willBit) !== 0) {
    const topicEnd = endOfField(bytes, at, end);
    if (topicEnd < 0) return violation('CONNECT ends within the will topic [MQTT-3.1.2-9]');
    const wrongTopic = topicViolation(bytes, at + 2, topicEnd, 'will topic');
    if (wrongTopic !== undefined) return violation(wrongTopic);
    at = endOfField(bytes, topicEnd, end);
    if (at < 0) return violation('CONNECT ends within the will message [MQTT-3.1.2-9]');
  }
  if ((flags & userBit) !== 0) {
    const userEnd = endOfField(bytes, at, end);
    if (userEnd < 0) return violation('CONNECT ends within the user name [MQTT-3.1.2-19]');
    const wrongUser = textViolation(bytes, at + 2, userEnd, 'user name');
    if (wrongUser !== undefined) return violation(wrongUser);
    at = userEnd;
  }
  if ((flags & passwordBit) !== 0) {
    at = endOfField(bytes, at, end);
    if (at < 0) return violation('CONNECT ends within the password [MQTT-3.1.2-21]');
  }
  if (at !== end) return violation('bytes behind the last field of CONNECT');
  // [MQTT-3.1.3-7]: without a client id there is no session to come back to; MQTT 3.1 knows none of no letters
  if (hasNoClientId && ((flags & cleanBit) === 0 || version === '3.1'))
    return { kind: 'refused', returnCode: 2, what: 'no client id [MQTT-3.1.3-8]' };
  return { kind: 'ok', version };
}

function violation(what: string): ConnectVerdict {
  return { kind: 'violation', what };
}

/**
 * Checks and reads CONNECT (section 3.1 of MQTT 3.1, 3.1.1 and 5).
 *
 * Always: an unsupported protocol level is refused with CONNACK 1, which every version defines [MQTT-3.1.2-2]; a packet
 * that violates the protocol gets no CONNACK 1.
 */
import { words } from '@forpost/shared/texts/english.ts';
import { endOfField, numberAt, textViolation, topicViolation } from './fields.ts';
import { checkProperties, hasProperty, numbersOf, passedOn, property } from './properties.ts';
import { reason, returnCode } from './reason-codes.ts';

/** The protocol of one connection. */
export type ProtocolVersion = '3.1' | '3.1.1' | '5';

export type ConnectVerdict =
  | { readonly kind: 'ok'; readonly connect: Connect }
  /** `code`: the return code or reason code of CONNACK, as `version` numbers it */
  | { readonly kind: 'refused'; readonly version: ProtocolVersion; readonly code: number; readonly what: string }
  | { readonly kind: 'violation'; readonly version: ProtocolVersion; readonly code: number; readonly what: string };

export interface Will {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  /** the properties that are forwarded to subscribers */
  readonly properties: Buffer | undefined;
  readonly delayS: number;
  readonly expiryS: number | undefined;
}

/** The fields of CONNECT. For MQTT 3.1 and 3.1.1 the fields that only MQTT 5 has hold the defaults of MQTT 5. */
export interface Connect {
  readonly version: ProtocolVersion;
  /** the bridge bit is set, as Mosquitto's bridges set it */
  readonly isBridge: boolean;
  readonly clientId: string;
  readonly cleanStart: boolean;
  readonly keepAliveS: number;
  readonly will: Will | undefined;
  readonly user: string | undefined;
  readonly password: Buffer | undefined;
  /** seconds; undefined: a persistent session of MQTT 3.1.1, which has no expiry of its own */
  readonly sessionExpiryS: number | undefined;
  readonly receiveMaximum: number;
  readonly maximumPacketSize: number;
  readonly wantsEnhancedAuthentication: boolean;
}

const reservedBit = 0x01;
const cleanBit = 0x02;
const willBit = 0x04;
const willQosShift = 3;
const willRetainBit = 0x20;
const passwordBit = 0x40;
const userBit = 0x80;
/** The bit of the protocol level that Mosquitto's bridges set. */
const bridgeBit = 0x80;
/** The default of Receive Maximum: as many publishes in flight as there are packet ids. */
const allIds = 65_535;

const versions: Readonly<Record<string, ProtocolVersion>> = { MQIsdp3: '3.1', MQTT4: '3.1.1', MQTT5: '5' };

/** `from`, `end`: the range of the bytes after the fixed header. */
export function checkConnect(bytes: Buffer, from: number, end: number): ConnectVerdict {
  const violation = (what: string): ConnectVerdict => ({
    kind: 'violation',
    version: '3.1.1',
    code: reason.malformed,
    what,
  });
  const nameEnd = endOfField(bytes, from, end);
  if (nameEnd < 0) return violation('CONNECT ends within the protocol name');
  const name = nameEnd - from > 8 ? '' : bytes.toString('latin1', from + 2, nameEnd);
  if (name !== 'MQTT' && name !== 'MQIsdp') return violation('an unknown protocol name [MQTT-3.1.2-1]');
  if (nameEnd === end) return violation('CONNECT ends before the protocol level');
  const level = bytes[nameEnd] ?? 0;
  const version = versions[name + (level & ~bridgeBit)];
  if (version === undefined) {
    const what = words('gateway/reason.mqtt-version', { level: String(level), name });
    return { kind: 'refused', version: '3.1.1', code: returnCode.unsupportedVersion, what };
  }
  return new ConnectReader(bytes, nameEnd, end, version).read();
}

/** Reads a CONNECT from its protocol level on. */
class ConnectReader {
  readonly #bytes: Buffer;
  readonly #levelAt: number;
  readonly #end: number;
  readonly #version: ProtocolVersion;
  #at = 0;

  constructor(bytes: Buffer, levelAt: number, end: number, version: ProtocolVersion) {
    this.#bytes = bytes;
    this.#levelAt = levelAt;
    this.#end = end;
    this.#version = version;
  }

  read(): ConnectVerdict {
    try {
      return this.#read();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { kind, what, code } = error;
      return { kind, version: this.#version, code, what };
    }
  }

  #read(): ConnectVerdict {
    const bytes = this.#bytes;
    const isV5 = this.#version === '5';
    if (this.#levelAt + 4 > this.#end) throw malformed('CONNECT ends before its client id');
    const flags = bytes[this.#levelAt + 1] ?? 0;
    const wrongFlags = flagsViolation(flags, isV5);
    if (wrongFlags !== undefined) throw malformed(wrongFlags);
    const keepAliveS = numberAt(bytes, this.#levelAt + 2);
    this.#at = this.#levelAt + 4;
    const propertiesAt = isV5 ? this.#properties('CONNECT') : -1;
    const clientId = this.#text('client id', 'MQTT-3.1.3-3');
    const will = (flags & willBit) === 0 ? undefined : this.#will(flags);
    const user = (flags & userBit) === 0 ? undefined : this.#text('user name', 'MQTT-3.1.2-19');
    const password = (flags & passwordBit) === 0 ? undefined : this.#binary('password', 'MQTT-3.1.2-21');
    if (this.#at !== this.#end) throw malformed('bytes after the last field of CONNECT');
    const cleanStart = (flags & cleanBit) !== 0;
    // [MQTT-3.1.3-7]: a client without an id cannot resume a session; MQTT 3.1 forbids an empty client id
    if (clientId === '' && !isV5 && (!cleanStart || this.#version === '3.1'))
      throw new Refusal('refused', 'no client id [MQTT-3.1.3-8]', returnCode.identifierRejected);
    const asked = { clientId, cleanStart, keepAliveS, will, user, password };
    const isBridge = ((bytes[this.#levelAt] ?? 0) & bridgeBit) !== 0;
    return {
      kind: 'ok',
      connect: { version: this.#version, isBridge, ...asked, ...this.#limits(propertiesAt, cleanStart) },
    };
  }

  #limits(propertiesAt: number, cleanStart: boolean) {
    if (propertiesAt < 0)
      return {
        sessionExpiryS: cleanStart ? 0 : undefined,
        receiveMaximum: allIds,
        maximumPacketSize: Number.POSITIVE_INFINITY,
        wantsEnhancedAuthentication: false,
      };
    const bytes = this.#bytes;
    const numbers = numbersOf(bytes, propertiesAt);
    const wantsEnhancedAuthentication = hasProperty(bytes, propertiesAt, property.authenticationMethod);
    if (!wantsEnhancedAuthentication && hasProperty(bytes, propertiesAt, property.authenticationData))
      throw new Refusal('violation', 'Authentication Data without a method', reason.protocolError);
    return {
      sessionExpiryS: numbers.get(property.sessionExpiry) ?? 0,
      receiveMaximum: numbers.get(property.receiveMaximum) ?? allIds,
      maximumPacketSize: numbers.get(property.maximumPacketSize) ?? Number.POSITIVE_INFINITY,
      wantsEnhancedAuthentication,
    };
  }

  #will(flags: number): Will {
    const isV5 = this.#version === '5';
    const propertiesAt = isV5 ? this.#properties('will') : -1;
    const topicAt = this.#at;
    const topicEnd = endOfField(this.#bytes, topicAt, this.#end);
    if (topicEnd < 0) throw malformed('CONNECT ends within the will topic [MQTT-3.1.2-9]');
    const wrong = topicViolation(this.#bytes, topicAt + 2, topicEnd, 'will topic');
    if (wrong !== undefined) throw malformed(wrong);
    this.#at = topicEnd;
    const payload = this.#binary('will message', 'MQTT-3.1.2-9');
    const numbers = propertiesAt < 0 ? undefined : numbersOf(this.#bytes, propertiesAt);
    const passed = propertiesAt < 0 ? undefined : passedOn(this.#bytes, propertiesAt);
    return {
      topic: this.#bytes.toString('utf8', topicAt + 2, topicEnd),
      payload,
      qos: ((flags >> willQosShift) & 3) as 0 | 1 | 2,
      retain: (flags & willRetainBit) !== 0,
      // copied: the will lives as long as its connection and must not keep the socket's buffer alive
      properties: passed === undefined ? undefined : Buffer.from(passed),
      delayS: numbers?.get(property.willDelay) ?? 0,
      expiryS: numbers?.get(property.messageExpiry),
    };
  }

  /** Checks the properties at the current position and moves behind them. Returns where they begin. */
  #properties(place: 'CONNECT' | 'will'): number {
    const at = this.#at;
    const behind = checkProperties(this.#bytes, at, this.#end, place);
    if (typeof behind !== 'number') throw new Refusal('violation', behind.what, behind.code);
    this.#at = behind;
    return at;
  }

  #text(name: string, statement: string): string {
    const to = endOfField(this.#bytes, this.#at, this.#end);
    if (to < 0) throw malformed(`CONNECT has no ${name}, or ends within it [${statement}]`);
    const from = this.#at + 2;
    const wrong = textViolation(this.#bytes, from, to, name);
    if (wrong !== undefined) throw malformed(wrong);
    this.#at = to;
    return this.#bytes.toString('utf8', from, to);
  }

  #binary(name: string, statement: string): Buffer {
    const to = endOfField(this.#bytes, this.#at, this.#end);
    if (to < 0) throw malformed(`CONNECT ends within the ${name} [${statement}]`);
    const value = Buffer.from(this.#bytes.subarray(this.#at + 2, to));
    this.#at = to;
    return value;
  }
}

class Refusal extends Error {
  readonly kind: 'refused' | 'violation';
  readonly what: string;
  readonly code: number;

  constructor(kind: 'refused' | 'violation', what: string, code: number) {
    super(what);
    this.kind = kind;
    this.what = what;
    this.code = code;
  }
}

function malformed(what: string): Refusal {
  return new Refusal('violation', what, reason.malformed);
}

function flagsViolation(flags: number, isV5: boolean): string | undefined {
  const willQos = (flags >> willQosShift) & 3;
  if ((flags & reservedBit) !== 0) return 'the reserved connect flag is set [MQTT-3.1.2-3]';
  if (willQos === 3) return 'will QoS 3 [MQTT-3.1.2-14]';
  if ((flags & willBit) === 0 && willQos !== 0) return 'a will QoS without a will [MQTT-3.1.2-13]';
  if ((flags & willBit) === 0 && (flags & willRetainBit) !== 0) return 'will retain without a will [MQTT-3.1.2-15]';
  // MQTT 5 allows a password without a user name
  if (!isV5 && (flags & userBit) === 0 && (flags & passwordBit) !== 0)
    return 'a password without a user name [MQTT-3.1.2-22]';
  return undefined;
}

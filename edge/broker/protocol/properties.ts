/**
 * The properties of MQTT 5 packets (section 2.2.2). One table says what is allowed; `checkProperties` checks against it,
 * and the readers trust that check.
 *
 * Always: a property is accepted only in the packets that may have it, with its type, within its bounds, and once (User
 * Property may repeat). Nothing is read past the property length.
 */
import {
  type Broken,
  endOfField,
  longAt,
  numberAt,
  textViolation,
  topicViolation,
  variable,
  variableAt,
  variableLength,
} from './fields.ts';
import { reason } from './reason-codes.ts';

export const property = {
  payloadFormat: 0x01,
  messageExpiry: 0x02,
  contentType: 0x03,
  responseTopic: 0x08,
  correlationData: 0x09,
  subscriptionId: 0x0b,
  sessionExpiry: 0x11,
  assignedClientId: 0x12,
  serverKeepAlive: 0x13,
  authenticationMethod: 0x15,
  authenticationData: 0x16,
  requestProblemInformation: 0x17,
  willDelay: 0x18,
  requestResponseInformation: 0x19,
  reasonString: 0x1f,
  receiveMaximum: 0x21,
  topicAliasMaximum: 0x22,
  topicAlias: 0x23,
  userProperty: 0x26,
  maximumPacketSize: 0x27,
  sharedSubscriptionAvailable: 0x2a,
} as const;

/** The part of a client's packet that has properties. PUBACK stands for all four acknowledgements. */
export type Place = 'CONNECT' | 'will' | 'PUBLISH' | 'PUBACK' | 'SUBSCRIBE' | 'UNSUBSCRIBE' | 'DISCONNECT' | 'AUTH';

type Kind = 'flag' | 'short' | 'long' | 'variable' | 'text' | 'topic' | 'bytes' | 'pair';

interface Rule {
  readonly name: string;
  readonly kind: Kind;
  readonly places: readonly Place[];
  readonly notZero?: true;
}

const message: readonly Place[] = ['PUBLISH', 'will'];

/** The properties that a client may send, by id. Properties that only a server sends are absent. */
const rules: readonly (Rule | undefined)[] = table([
  [property.payloadFormat, { name: 'Payload Format Indicator', kind: 'flag', places: message }],
  [property.messageExpiry, { name: 'Message Expiry Interval', kind: 'long', places: message }],
  [property.contentType, { name: 'Content Type', kind: 'text', places: message }],
  [property.responseTopic, { name: 'Response Topic', kind: 'topic', places: message }],
  [property.correlationData, { name: 'Correlation Data', kind: 'bytes', places: message }],
  [
    property.subscriptionId,
    { name: 'Subscription Identifier', kind: 'variable', places: ['SUBSCRIBE'], notZero: true },
  ],
  [property.sessionExpiry, { name: 'Session Expiry Interval', kind: 'long', places: ['CONNECT', 'DISCONNECT'] }],
  [property.authenticationMethod, { name: 'Authentication Method', kind: 'text', places: ['CONNECT', 'AUTH'] }],
  [property.authenticationData, { name: 'Authentication Data', kind: 'bytes', places: ['CONNECT', 'AUTH'] }],
  [property.requestProblemInformation, { name: 'Request Problem Information', kind: 'flag', places: ['CONNECT'] }],
  [property.willDelay, { name: 'Will Delay Interval', kind: 'long', places: ['will'] }],
  [property.requestResponseInformation, { name: 'Request Response Information', kind: 'flag', places: ['CONNECT'] }],
  [property.reasonString, { name: 'Reason String', kind: 'text', places: ['PUBACK', 'DISCONNECT', 'AUTH'] }],
  [property.receiveMaximum, { name: 'Receive Maximum', kind: 'short', places: ['CONNECT'], notZero: true }],
  [property.topicAliasMaximum, { name: 'Topic Alias Maximum', kind: 'short', places: ['CONNECT'] }],
  [property.topicAlias, { name: 'Topic Alias', kind: 'short', places: ['PUBLISH'] }],
  [
    property.userProperty,
    {
      name: 'User Property',
      kind: 'pair',
      places: ['CONNECT', 'will', 'PUBLISH', 'PUBACK', 'SUBSCRIBE', 'UNSUBSCRIBE', 'DISCONNECT', 'AUTH'],
    },
  ],
  [property.maximumPacketSize, { name: 'Maximum Packet Size', kind: 'long', places: ['CONNECT'], notZero: true }],
]);

/** Checks the properties whose length prefix is at `at`. Returns where they end, or the violation. */
export function checkProperties(bytes: Uint8Array, at: number, end: number, place: Place): number | Broken {
  const lengthBytes = variableLength(bytes, at, end);
  if (lengthBytes === 0) return malformed(`the property length of ${place} is invalid [MQTT-2.2.2-1]`);
  const from = at + lengthBytes;
  const to = from + variableAt(bytes, at);
  if (to > end) return malformed(`${place} ends within its properties`);
  let seenLow = 0;
  let seenHigh = 0;
  for (let next = from; next < to; ) {
    const id = bytes[next] ?? 0;
    const rule = rules[id];
    if (rule === undefined) return malformed(`an unknown property ${id} in ${place}`);
    if (!rule.places.includes(place)) return protocolError(`${rule.name} in ${place}`);
    if (id !== property.userProperty) {
      const bit = 1 << (id & 31);
      if (((id < 32 ? seenLow : seenHigh) & bit) !== 0) return protocolError(`${rule.name} twice in ${place}`);
      if (id < 32) seenLow |= bit;
      else seenHigh |= bit;
    }
    const behind = checkValue(bytes, next + 1, to, rule);
    if (typeof behind !== 'number') return behind;
    next = behind;
  }
  return to;
}

/** Checks one value. Returns where it ends, or the violation. */
function checkValue(bytes: Uint8Array, at: number, end: number, { kind, name, notZero }: Rule): number | Broken {
  const to = endOfValue(bytes, at, end, kind);
  if (to < 0) return malformed(`the properties end within ${name}`);
  if (kind === 'flag' && (bytes[at] ?? 0) > 1) return protocolError(`${name} is neither 0 nor 1`);
  if (notZero === true && isZero(bytes, at, to)) return protocolError(`${name} is 0`);
  let wrong: string | undefined;
  if (kind === 'text') wrong = textViolation(bytes, at + 2, to, name);
  else if (kind === 'topic') wrong = topicViolation(bytes, at + 2, to, name);
  else if (kind === 'pair') {
    const middle = endOfField(bytes, at, end);
    wrong = textViolation(bytes, at + 2, middle, name) ?? textViolation(bytes, middle + 2, to, name);
  }
  return wrong === undefined ? to : malformed(wrong);
}

function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false;
  return true;
}

function endOfValue(bytes: Uint8Array, at: number, end: number, kind: Kind): number {
  const within = (to: number) => (to > end ? -1 : to);
  switch (kind) {
    case 'flag':
      return within(at + 1);
    case 'short':
      return within(at + 2);
    case 'long':
      return within(at + 4);
    case 'variable': {
      const length = variableLength(bytes, at, end);
      return length === 0 ? -1 : at + length;
    }
    case 'pair': {
      const middle = endOfField(bytes, at, end);
      return middle < 0 ? -1 : endOfField(bytes, middle, end);
    }
    default:
      return endOfField(bytes, at, end);
  }
}

/** The numeric properties, by id. The caller has checked them. `at`: where their length prefix is. */
export function numbersOf(bytes: Uint8Array, at: number): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  forEach(bytes, at, (id, kind, begin) => {
    const from = begin + 1;
    if (kind === 'flag') found.set(id, bytes[from] ?? 0);
    else if (kind === 'short') found.set(id, numberAt(bytes, from));
    else if (kind === 'long') found.set(id, longAt(bytes, from));
    else if (kind === 'variable') found.set(id, variableAt(bytes, from));
  });
  return found;
}

/** Whether the property `wanted` is present. The caller has checked the properties. */
export function hasProperty(bytes: Uint8Array, at: number, wanted: number): boolean {
  let has = false;
  forEach(bytes, at, (id) => {
    if (id === wanted) has = true;
  });
  return has;
}

/** Properties of one connection, or rewritten by the broker: they are not forwarded with the message. */
const ofHop: readonly number[] = [property.messageExpiry, property.topicAlias, property.willDelay];

/**
 * The properties of a message that are forwarded to subscribers unchanged, in their order; undefined: none. The result
 * is a view of `bytes` where they stand together.
 */
export function passedOn(bytes: Buffer, at: number): Buffer | undefined {
  const parts: Buffer[] = [];
  // where a run of forwarded properties begins; -1: outside a run
  let from = -1;
  forEach(bytes, at, (id, _kind, begin) => {
    const isPassed = !ofHop.includes(id);
    if (isPassed && from < 0) from = begin;
    if (isPassed || from < 0) return;
    parts.push(bytes.subarray(from, begin));
    from = -1;
  });
  if (from >= 0) parts.push(bytes.subarray(from, endOfAll(bytes, at)));
  return parts.length < 2 ? parts[0] : Buffer.concat(parts);
}

/** Where the properties end. */
export function endOfAll(bytes: Uint8Array, at: number): number {
  const length = variableAt(bytes, at);
  return at + variable(length).length + length;
}

/**
 * Calls `call` with each property's id, kind and beginning. A packet may have 400,000 properties, so the loop allocates
 * nothing. The caller has checked the properties.
 */
function forEach(bytes: Uint8Array, at: number, call: (id: number, kind: Kind, begin: number) => void): void {
  const end = endOfAll(bytes, at);
  for (let begin = end - variableAt(bytes, at); begin < end; ) {
    const id = bytes[begin] ?? 0;
    const kind = rules[id]?.kind;
    if (kind === undefined) return;
    call(id, kind, begin);
    begin = endOfValue(bytes, begin + 1, end, kind);
  }
}

/** Encodes a property; so do the functions below, each for its type. */
export function flagProperty(id: number, value: 0 | 1): Buffer {
  return Buffer.from([id, value]);
}

export function shortProperty(id: number, value: number): Buffer {
  return Buffer.from([id, value >> 8, value & 0xff]);
}

export function longProperty(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes[0] = id;
  bytes.writeUInt32BE(value, 1);
  return bytes;
}

export function textProperty(id: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([id, bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

export function variableProperty(id: number, value: number): Buffer {
  return Buffer.from([id, ...variable(value)]);
}

/** Puts the property length in front of encoded properties. */
export function properties(parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Uint8Array.from(variable(length)), ...parts]);
}

function malformed(what: string): Broken {
  return { what, code: reason.malformed };
}

function protocolError(what: string): Broken {
  return { what, code: reason.protocolError };
}

function table(entries: readonly (readonly [number, Rule])[]): readonly (Rule | undefined)[] {
  const all: (Rule | undefined)[] = [];
  for (const [id, rule] of entries) all[id] = rule;
  return all;
}

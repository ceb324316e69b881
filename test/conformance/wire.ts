/**
 * Writes a client's packets of MQTT 3.1.1 and 5.0, malformed ones too. It shares no code with the broker, so a mistake of the
 * broker's encoder cannot hide here.
 */

export type Version = '3.1.1' | '5.0';

export const type = {
  connect: 0x10,
  connack: 0x20,
  publish: 0x30,
  puback: 0x40,
  pubrec: 0x50,
  pubrel: 0x62,
  pubcomp: 0x70,
  subscribe: 0x82,
  suback: 0x90,
  unsubscribe: 0xa2,
  unsuback: 0xb0,
  pingreq: 0xc0,
  pingresp: 0xd0,
  disconnect: 0xe0,
  auth: 0xf0,
} as const;

/** Properties of MQTT 5.0 by their identifiers [section 2.2.2.2]. */
export const propertyKinds = {
  payloadFormat: [0x01, 'byte'],
  messageExpiry: [0x02, 'u32'],
  contentType: [0x03, 'text'],
  responseTopic: [0x08, 'text'],
  correlationData: [0x09, 'binary'],
  subscriptionId: [0x0b, 'varint'],
  sessionExpiry: [0x11, 'u32'],
  assignedClientId: [0x12, 'text'],
  serverKeepAlive: [0x13, 'u16'],
  authMethod: [0x15, 'text'],
  authData: [0x16, 'binary'],
  requestProblem: [0x17, 'byte'],
  willDelay: [0x18, 'u32'],
  requestResponse: [0x19, 'byte'],
  responseInformation: [0x1a, 'text'],
  serverReference: [0x1c, 'text'],
  reasonString: [0x1f, 'text'],
  receiveMaximum: [0x21, 'u16'],
  topicAliasMaximum: [0x22, 'u16'],
  topicAlias: [0x23, 'u16'],
  maximumQos: [0x24, 'byte'],
  retainAvailable: [0x25, 'byte'],
  user: [0x26, 'pair'],
  maximumPacketSize: [0x27, 'u32'],
  wildcardAvailable: [0x28, 'byte'],
  subscriptionIdAvailable: [0x29, 'byte'],
  sharedAvailable: [0x2a, 'byte'],
} as const satisfies Readonly<Record<string, readonly [number, PropertyKind]>>;

export type PropertyKind = 'byte' | 'u16' | 'u32' | 'varint' | 'text' | 'binary' | 'pair';
export type PropertyName = keyof typeof propertyKinds;
type PropertyValue = number | string | Buffer | readonly [string, string];

export function bytes(...values: readonly number[]): Buffer {
  return Buffer.from(values);
}

export function u16(value: number): Buffer {
  return bytes((value >> 8) & 255, value & 255);
}

export function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
}

export function varint(value: number): Buffer {
  const found: number[] = [];
  let left = value;
  do {
    found.push((left % 128) | (left >= 128 ? 0x80 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return Buffer.from(found);
}

/** A field with its length in front: UTF-8, or bytes as they are. */
export function field(content: string | Buffer): Buffer {
  const body = Buffer.from(content);
  return Buffer.concat([u16(body.length), body]);
}

/** First byte, remaining length, body. */
export function frame(first: number, ...body: readonly Buffer[]): Buffer {
  const content = Buffer.concat(body);
  return Buffer.concat([bytes(first), varint(content.length), content]);
}

/** One property, its identifier in front. */
export function property(name: PropertyName, value: PropertyValue): Buffer {
  const [id, kind] = propertyKinds[name];
  return Buffer.concat([bytes(id), propertyValue(kind, value)]);
}

function propertyValue(kind: PropertyKind, value: PropertyValue): Buffer {
  if (kind === 'pair') {
    const [key, content] = value as readonly [string, string];
    return Buffer.concat([field(key), field(content)]);
  }
  if (typeof value === 'number') {
    if (kind === 'byte') return bytes(value);
    if (kind === 'u16') return u16(value);
    return kind === 'u32' ? u32(value) : varint(value);
  }
  return field(value as string | Buffer);
}

/** All properties of a packet, their length in front. */
export function properties(...all: readonly Buffer[]): Buffer {
  const content = Buffer.concat(all);
  return Buffer.concat([varint(content.length), content]);
}

/** Packets of MQTT 3.1.1 have no properties. */
function maybeProperties(version: Version, all: readonly Buffer[] = []): Buffer {
  return version === '3.1.1' ? Buffer.alloc(0) : properties(...all);
}

export interface Will {
  readonly topic: string | Buffer;
  readonly payload?: string | Buffer;
  readonly qos?: number;
  readonly retain?: boolean;
  readonly props?: readonly Buffer[];
}

export interface ConnectFields {
  readonly clientId: string | Buffer;
  readonly clean?: boolean;
  /** s */
  readonly keepAlive?: number;
  readonly user?: string | Buffer | undefined;
  readonly password?: string | Buffer | undefined;
  readonly will?: Will;
  readonly props?: readonly Buffer[];
  /** replaces the flags that follow from the other fields */
  readonly flags?: number;
  readonly name?: string;
  readonly level?: number;
  /** bytes behind the payload */
  readonly tail?: Buffer;
}

export function connectPacket(version: Version, fields: ConnectFields): Buffer {
  const { clientId, clean = true, keepAlive = 60, user, password, will, tail = Buffer.alloc(0) } = fields;
  const { name = 'MQTT', level = version === '5.0' ? 5 : 4 } = fields;
  const willFlags = will === undefined ? 0 : 4 | ((will.qos ?? 0) << 3) | (will.retain === true ? 0x20 : 0);
  const logIn = (user === undefined ? 0 : 0x80) | (password === undefined ? 0 : 0x40);
  const flags = fields.flags ?? logIn | willFlags | (clean ? 2 : 0);
  const ofWill =
    will === undefined ? [] : [maybeProperties(version, will.props), field(will.topic), field(will.payload ?? '')];
  const ofLogIn = [user, password].flatMap((one) => (one === undefined ? [] : [field(one)]));
  const head = [field(name), bytes(level, flags), u16(keepAlive), maybeProperties(version, fields.props)];
  return frame(type.connect, ...head, field(clientId), ...ofWill, ...ofLogIn, tail);
}

export interface PublishFields {
  readonly topic: string | Buffer;
  readonly payload?: string | Buffer;
  readonly qos?: number;
  readonly id?: number;
  readonly dup?: boolean;
  readonly retain?: boolean;
  readonly props?: readonly Buffer[];
}

export function publishPacket(version: Version, fields: PublishFields): Buffer {
  const { topic, payload = 'x', qos = 0, id, dup = false, retain = false } = fields;
  const first = type.publish | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0);
  const packetId = id === undefined ? Buffer.alloc(0) : u16(id);
  return frame(first, field(topic), packetId, maybeProperties(version, fields.props), Buffer.from(payload));
}

export type AckName = 'puback' | 'pubrec' | 'pubrel' | 'pubcomp';

/** PUBACK, PUBREC, PUBREL or PUBCOMP; reason code and properties (5.0) only where they are given. */
export function ackPacket(name: AckName, id: number, code?: number, props?: readonly Buffer[]): Buffer {
  const reason = code === undefined ? Buffer.alloc(0) : bytes(code);
  return frame(type[name], u16(id), reason, props === undefined ? Buffer.alloc(0) : properties(...props));
}

export type Filter = readonly [filter: string | Buffer, options: number];

export function subscribePacket(
  version: Version,
  id: number,
  filters: readonly Filter[],
  props?: readonly Buffer[],
): Buffer {
  const all = filters.flatMap(([filter, options]) => [field(filter), bytes(options)]);
  return frame(type.subscribe, u16(id), maybeProperties(version, props), ...all);
}

export function unsubscribePacket(
  version: Version,
  id: number,
  filters: readonly (string | Buffer)[],
  props?: readonly Buffer[],
): Buffer {
  return frame(type.unsubscribe, u16(id), maybeProperties(version, props), ...filters.map(field));
}

/** DISCONNECT; reason code and properties (5.0) only where they are given. */
export function disconnectPacket(code?: number, props?: readonly Buffer[]): Buffer {
  const reason = code === undefined ? Buffer.alloc(0) : bytes(code);
  return frame(type.disconnect, reason, props === undefined ? Buffer.alloc(0) : properties(...props));
}

export function authPacket(code: number, ...props: readonly Buffer[]): Buffer {
  return frame(type.auth, bytes(code), properties(...props));
}

export const pingPacket = frame(type.pingreq);

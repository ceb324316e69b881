/**
 * Reads a broker's packets strictly: flags, lengths, UTF-8, reason codes and properties that the standard does not allow in
 * that packet are errors. So each case also judges the packets of the broker.
 */
import { type PropertyKind, type PropertyName, propertyKinds, type Version } from './wire.ts';

export type PacketName =
  | 'connack'
  | 'publish'
  | 'puback'
  | 'pubrec'
  | 'pubrel'
  | 'pubcomp'
  | 'suback'
  | 'unsuback'
  | 'pingresp'
  | 'disconnect'
  | 'auth';

type Single = number | string;
export type Properties = Readonly<Record<string, Single | readonly Single[] | readonly (readonly [string, string])[]>>;

export interface Packet {
  readonly name: PacketName;
  readonly bytes: number;
  readonly id?: number;
  readonly code?: number;
  readonly codes?: readonly number[];
  readonly sessionPresent?: boolean;
  readonly topic?: string;
  readonly payload?: string;
  readonly qos?: number;
  readonly dup?: boolean;
  readonly retain?: boolean;
  readonly props: Properties;
}

const names: Readonly<Record<number, PacketName>> = {
  2: 'connack',
  3: 'publish',
  4: 'puback',
  5: 'pubrec',
  6: 'pubrel',
  7: 'pubcomp',
  9: 'suback',
  11: 'unsuback',
  13: 'pingresp',
  14: 'disconnect',
  15: 'auth',
};

const acknowledgement: readonly PropertyName[] = ['reasonString', 'user'];

/** The properties that a server may send in each packet [MQTT 5.0, section 2.2.2.2]. */
const allowed: Readonly<Record<PacketName, readonly PropertyName[]>> = {
  connack: [
    'sessionExpiry',
    'receiveMaximum',
    'maximumQos',
    'retainAvailable',
    'maximumPacketSize',
    'assignedClientId',
    'topicAliasMaximum',
    'reasonString',
    'user',
    'wildcardAvailable',
    'subscriptionIdAvailable',
    'sharedAvailable',
    'serverKeepAlive',
    'responseInformation',
    'serverReference',
    'authMethod',
    'authData',
  ],
  publish: [
    'payloadFormat',
    'messageExpiry',
    'topicAlias',
    'responseTopic',
    'correlationData',
    'user',
    'subscriptionId',
    'contentType',
  ],
  puback: acknowledgement,
  pubrec: acknowledgement,
  pubrel: acknowledgement,
  pubcomp: acknowledgement,
  suback: acknowledgement,
  unsuback: acknowledgement,
  pingresp: [],
  disconnect: ['reasonString', 'user', 'serverReference'],
  auth: ['authMethod', 'authData', 'reasonString', 'user'],
};

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(content: Buffer) {
    this.#bytes = content;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  take(count: number): Buffer {
    if (count > this.left) throw new Error(`the packet ends ${count - this.left} bytes too early`);
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  byte = (): number => this.take(1).readUInt8();
  u16 = (): number => this.take(2).readUInt16BE();
  u32 = (): number => this.take(4).readUInt32BE();
  binary = (): Buffer => this.take(this.u16());
  text = (): string => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.binary());

  varint(): number {
    let value = 0;
    for (let factor = 1; factor <= 128 ** 3; factor *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw new Error('a variable byte integer of more than four bytes');
  }
}

/** Splits received bytes into whole packets and the rest. @throws Error that says what the standard forbids */
export function decode(version: Version, received: Buffer): { readonly packets: readonly Packet[]; rest: Buffer } {
  const packets: Packet[] = [];
  let at = 0;
  for (;;) {
    const length = remainingLength(received, at + 1);
    if (length === undefined || length.from + length.value > received.length) break;
    const end = length.from + length.value;
    packets.push(one(version, received[at] ?? 0, new Reader(received.subarray(length.from, end)), end - at));
    at = end;
  }
  return { packets, rest: received.subarray(at) };
}

function remainingLength(received: Buffer, at: number): { value: number; from: number } | undefined {
  let value = 0;
  for (let i = 0; i < 4; i++) {
    const byte = received[at + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 128 ** i;
    if (byte < 0x80) return { value, from: at + i + 1 };
  }
  throw new Error('a remaining length of more than four bytes');
}

function one(version: Version, first: number, body: Reader, size: number): Packet {
  const name = names[first >> 4];
  if (name === undefined) throw new Error(`a packet of type ${first >> 4}, which no server sends`);
  if (version === '3.1.1' && (name === 'disconnect' || name === 'auth'))
    throw new Error(`${name.toUpperCase()}, which no server of 3.1.1 sends`);
  const flags = first & 15;
  if (name !== 'publish' && flags !== (name === 'pubrel' ? 2 : 0))
    throw new Error(`${name.toUpperCase()} with flags ${flags}`);
  const fields = read(version, name, flags, body);
  if (body.left > 0) throw new Error(`${name.toUpperCase()} with ${body.left} bytes behind its end`);
  return { name, bytes: size, props: {}, ...fields };
}

type Fields = Omit<Packet, 'name' | 'props' | 'bytes'> & { readonly props?: Properties };

function read(version: Version, name: PacketName, flags: number, body: Reader): Fields {
  const five = version === '5.0';
  const props = () => (five ? readProperties(name, body) : {});
  if (name === 'pingresp') return {};
  if (name === 'connack') {
    const acknowledged = body.byte();
    if (acknowledged > 1) throw new Error(`CONNACK with acknowledge flags ${acknowledged}`);
    return { sessionPresent: acknowledged === 1, code: body.byte(), props: props() };
  }
  if (name === 'publish') return readPublish(flags, body, props);
  if (name === 'suback' || (name === 'unsuback' && five)) {
    const id = body.u16();
    const own = props();
    return { id, props: own, codes: [...body.take(body.left)] };
  }
  if (name === 'disconnect' || name === 'auth')
    return { code: body.left > 0 ? body.byte() : 0, props: body.left > 0 ? props() : {} };
  const id = body.u16();
  if (!five) return { id };
  return { id, code: body.left > 0 ? body.byte() : 0, props: body.left > 0 ? props() : {} };
}

function readPublish(flags: number, body: Reader, props: () => Properties): Fields {
  const qos = (flags >> 1) & 3;
  if (qos === 3) throw new Error('PUBLISH with QoS 3');
  const topic = body.text();
  const id = qos === 0 ? {} : { id: body.u16() };
  if (id.id === 0) throw new Error('PUBLISH with packet identifier 0');
  const own = props();
  if (topic === '' && own.topicAlias === undefined) throw new Error('PUBLISH with an empty topic');
  const payload = body.take(body.left).toString('latin1');
  return { topic, payload, qos, dup: (flags & 8) !== 0, retain: (flags & 1) === 1, ...id, props: own };
}

const byId = new Map<number, readonly [PropertyName, PropertyKind]>(
  Object.entries(propertyKinds).map(([name, [id, kind]]) => [id, [name as PropertyName, kind]]),
);

function readProperties(packet: PacketName, body: Reader): Properties {
  const content = new Reader(body.take(body.varint()));
  const found: Record<string, Properties[string]> = {};
  const pairs: (readonly [string, string])[] = [];
  const ids: number[] = [];
  while (content.left > 0) {
    const id = content.varint();
    const [name, kind] = byId.get(id) ?? [];
    if (name === undefined || kind === undefined || !allowed[packet].includes(name))
      throw new Error(`${packet.toUpperCase()} with property ${name ?? `0x${id.toString(16)}`}`);
    if (name === 'user') pairs.push([content.text(), content.text()]);
    else if (name === 'subscriptionId') ids.push(content.varint());
    else if (Object.hasOwn(found, name)) throw new Error(`${packet.toUpperCase()} with property ${name} twice`);
    else found[name] = readValue(kind, content);
  }
  if (pairs.length > 0) found.user = pairs;
  if (ids.length > 0) found.subscriptionId = ids;
  return found;
}

function readValue(kind: PropertyKind, content: Reader): Single {
  if (kind === 'byte') return content.byte();
  if (kind === 'u16') return content.u16();
  if (kind === 'u32') return content.u32();
  if (kind === 'varint') return content.varint();
  return kind === 'binary' ? content.binary().toString('latin1') : content.text();
}

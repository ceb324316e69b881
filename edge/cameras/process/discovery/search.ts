/**
 * Searches cameras by WS-Discovery (2005/04, as ONVIF Core 7.3 wants it): a probe by multicast on every network of this
 * machine, IPv4 and IPv6, each sent again because UDP loses some.
 *
 *   a socket for each address of this machine ── probe, probe again ──► answers until the time is over ──► closed
 *
 * Always: at most `mostAnswers` answers are read, `mostOfOne` of one host, `mostCameras` cameras reported; an answer that
 * cannot be read is left out; a network that cannot be asked stops no other one.
 */
import { randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { setTimeout as wait } from 'node:timers/promises';
import { messageOf } from '@forpost/shared/errors.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import type { FoundCamera } from '../../messages.ts';
import { decoded } from '../soap.ts';
import { type OwnAddress, ownNetworks } from './networks.ts';
import { camerasIn } from './probe-match.ts';

const group = { IPv4: '239.255.255.250', IPv6: 'ff02::c' } as const;
const discoveryPort = 3702;
/** the pause before each sending; the first one waits for nothing */
const sendAfterMs = [0, 250, 1_000] as const;
const mostNetworks = 16;
const mostAnswers = 512;
const mostOfOne = 24;
const mostCameras = 200;
/** Cameras of the standard name the first type; some answer only to the second. */
const types = [
  'xmlns:dn="http://www.onvif.org/ver10/network/wsdl">dn:NetworkVideoTransmitter',
  'xmlns:tds="http://www.onvif.org/ver10/device/wsdl">tds:Device',
] as const;

export interface SearchOptions {
  /** how long answers are awaited */
  readonly ms: number;
  /** default 3702 */
  readonly port?: number;
  /** default: all of this machine */
  readonly networks?: readonly OwnAddress[];
  found(camera: FoundCamera): void;
}

/** Resolves when the time is over: to the networks that could not be asked, in words. */
export async function searchCameras(options: SearchOptions): Promise<readonly Words[]> {
  const { ms, port = discoveryPort, networks = ownNetworks(), found } = options;
  const answers = new Answers(networks, found);
  const problems: Words[] = [];
  const sockets = await Promise.all(
    askedFrom(networks).map(async (from) => {
      try {
        return { from, socket: await openSocket(from, answers) };
      } catch (error) {
        problems.push(words('gateway/reason.network-not-asked', { network: from.name, reason: messageOf(error) }));
        return undefined;
      }
    }),
  );
  const open = sockets.filter((one) => one !== undefined);
  const started = performance.now();
  for (const after of sendAfterMs) {
    await wait(Math.min(after, ms));
    for (const { from, socket } of open) for (const type of types) send(socket, probe(type), port, from);
  }
  await wait(Math.max(0, ms - (performance.now() - started)));
  for (const { socket } of open) socket.close();
  return problems;
}

/** One address of each interface and family; an interface may have several of one network. */
function askedFrom(networks: readonly OwnAddress[]): readonly OwnAddress[] {
  const first = new Map<string, OwnAddress>();
  for (const one of networks) {
    const key = one.family === 'IPv4' ? `4 ${one.name} ${one.cidr}` : `6 ${one.name}`;
    if (one.family === 'IPv6' && one.internal) continue;
    if (!first.has(key)) first.set(key, one);
  }
  return [...first.values()].slice(0, mostNetworks);
}

function openSocket(from: OwnAddress, answers: Answers): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: from.family === 'IPv4' ? 'udp4' : 'udp6' });
    socket.on('message', (bytes, { address }) => answers.receive(bytes, address));
    socket.once('error', reject);
    // an answer comes to the port that asked; IPv6 chooses its network by the interface below
    socket.bind({ port: 0, ...(from.family === 'IPv4' ? { address: from.address } : {}) }, () => {
      try {
        socket.setMulticastInterface(from.family === 'IPv4' ? from.address : `::%${from.name}`);
        socket.setMulticastTTL(1);
        socket.off('error', reject);
        // a network that goes down during the search
        socket.on('error', () => undefined);
        resolve(socket);
      } catch (error) {
        socket.close();
        reject(error);
      }
    });
  });
}

function send(socket: Socket, text: string, port: number, { family, name }: OwnAddress): void {
  const to = family === 'IPv4' ? group.IPv4 : `${group.IPv6}%${name}`;
  socket.send(text, port, to, () => {
    // an unsent probe counts as a lost one: the next sending follows
  });
}

function probe(type: string): string {
  return `<?xml version="1.0" encoding="utf-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><e:Header><w:MessageID>uuid:${randomUUID()}</w:MessageID><w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To><w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action><w:ReplyTo><w:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</w:Address></w:ReplyTo></e:Header><e:Body><d:Probe><d:Types ${type}</d:Types></d:Probe></e:Body></e:Envelope>`;
}

/** Reads answers within their limits, and reports a camera again when a better address of it is known. */
class Answers {
  readonly #networks: readonly OwnAddress[];
  readonly #found: (camera: FoundCamera) => void;
  readonly #known = new Map<string, FoundCamera>();
  readonly #ofHost = new Map<string, number>();
  #count = 0;

  constructor(networks: readonly OwnAddress[], found: (camera: FoundCamera) => void) {
    this.#networks = networks;
    this.#found = found;
  }

  receive(bytes: Buffer, host: string): void {
    const ofHost = (this.#ofHost.get(host) ?? 0) + 1;
    if (ofHost > mostOfOne || this.#count >= mostAnswers) return;
    this.#ofHost.set(host, ofHost);
    this.#count++;
    for (const camera of camerasIn(decoded(bytes), host, this.#networks)) this.#report(camera);
  }

  #report(camera: FoundCamera): void {
    const known = this.#known.get(camera.id);
    if (known !== undefined && (known.address !== undefined || camera.address === undefined)) return;
    if (known === undefined && this.#known.size >= mostCameras) return;
    this.#known.set(camera.id, camera);
    this.#found(camera);
  }
}

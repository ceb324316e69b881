/**
 * Receives a camera's packets on a pair of UDP ports, RTP on the even one and RTCP on the odd one (RFC 3550, section
 * 11), and puts RTP packets back in order.
 *
 * Always: only packets from the camera's address are taken; later packets wait at most `mostHeldMs` for a missing one,
 * and at most `mostHeld` packets wait.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { CameraFailure } from '../failure.ts';

const mostTries = 20;
/** A key frame arrives as some hundred packets at once. */
const receiveBufferBytes = 2_097_152;
const mostHeldMs = 100;
const mostHeld = 128;
const checkEveryMs = 25;
/** a larger jump of the sequence number begins another stream */
const farApart = 3_000;

export interface UdpPair {
  /** the RTP port; RTCP has the next one */
  readonly port: number;
  /** Sends an RTCP packet, which also opens the way back through a firewall. */
  sendControl(packet: Buffer, toPort: number): void;
  /** Sends a datagram to the camera's RTP port, which opens the way back through a firewall. */
  punch(toPort: number): void;
  close(): void;
}

export interface UdpEvents {
  packet(packet: Buffer): void;
  control(packet: Buffer): void;
}

/** @throws CameraFailure if the system has no ports left */
export async function openUdp(camera: string, clock: Clock, events: UdpEvents): Promise<UdpPair> {
  for (let tries = 0; tries < mostTries; tries++) {
    const first = await bound(camera, 0);
    const { port } = first.address();
    const second = port % 2 === 0 ? await bound(camera, port + 1).catch(() => undefined) : undefined;
    if (second !== undefined) return pair(camera, first, second, clock, events);
    first.close();
  }
  throw new CameraFailure('unreachable', words('gateway/reason.no-udp-ports'));
}

async function bound(camera: string, port: number): Promise<Socket> {
  const socket = createSocket({ type: isIPv6(camera) ? 'udp6' : 'udp4' });
  const listening = once(socket, 'listening');
  socket.bind(port);
  try {
    await listening;
  } catch (error) {
    socket.close();
    throw error;
  }
  // an ICMP answer «port unreachable» must not end the socket
  socket.on('error', () => undefined);
  return socket;
}

function pair(camera: string, rtp: Socket, rtcp: Socket, clock: Clock, events: UdpEvents): UdpPair {
  try {
    rtp.setRecvBufferSize(receiveBufferBytes);
  } catch {
    // the system allows less: its default size is used
  }
  const order = new PacketOrder(clock, events.packet);
  rtp.on('message', (packet, { address }) => {
    if (address === camera) order.push(packet);
  });
  rtcp.on('message', (packet, { address }) => {
    if (address === camera) events.control(packet);
  });
  return {
    port: rtp.address().port,
    sendControl: (packet, toPort) => rtcp.send(packet, toPort, camera),
    punch: (toPort) => rtp.send(Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), toPort, camera),
    close() {
      order.stop();
      rtp.close();
      rtcp.close();
    },
  };
}

/** Puts packets back in order by their sequence numbers. */
export class PacketOrder {
  readonly #clock: Clock;
  readonly #out: (packet: Buffer) => void;
  readonly #held = new Map<number, { readonly packet: Buffer; readonly at: number }>();
  #next: number | undefined;
  #timer: Timer | undefined;

  constructor(clock: Clock, out: (packet: Buffer) => void) {
    this.#clock = clock;
    this.#out = out;
  }

  push(packet: Buffer): void {
    if (packet.length < 4) return;
    const sequence = packet.readUInt16BE(2);
    const ahead = this.#next === undefined ? 0 : signed16(sequence - this.#next);
    if (Math.abs(ahead) > farApart) {
      this.#held.clear();
      this.#emit(sequence, packet);
    } else if (ahead === 0) this.#emit(sequence, packet);
    // a late or duplicate packet is dropped
    else if (ahead > 0) this.#held.set(sequence, { packet, at: this.#clock.uptime() });
    this.#drain();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#held.clear();
  }

  #emit(sequence: number, packet: Buffer): void {
    this.#next = (sequence + 1) & 0xffff;
    this.#out(packet);
  }

  #drain(): void {
    for (let kept = this.#nextHeld(); kept !== undefined; kept = this.#nextHeld()) {
      this.#held.delete(kept.sequence);
      this.#emit(kept.sequence, kept.packet);
    }
    if (this.#held.size === 0 || this.#timer !== undefined) return;
    this.#timer = this.#clock.after(checkEveryMs, () => {
      this.#timer = undefined;
      this.#drain();
    });
  }

  /** The next packet, or the first held packet if the missing one is given up. */
  #nextHeld(): { readonly sequence: number; readonly packet: Buffer } | undefined {
    const next = this.#next ?? 0;
    const due = this.#held.get(next);
    if (due !== undefined) return { sequence: next, packet: due.packet };
    const now = this.#clock.uptime();
    const late = this.#held.size > mostHeld || [...this.#held.values()].some(({ at }) => now - at >= mostHeldMs);
    if (!late) return undefined;
    const [first] = [...this.#held].sort(([a], [b]) => signed16(a - next) - signed16(b - next));
    return first === undefined ? undefined : { sequence: first[0], packet: first[1].packet };
  }
}

function signed16(difference: number): number {
  return ((difference & 0xffff) ^ 0x8000) - 0x8000;
}

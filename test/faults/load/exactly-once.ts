/**
 * QoS 2 from a persistent session, with a store that survives the device's own restart. The payload does not
 * distinguish a resend from a new reading; only the protocol does [MQTT-4.3.3].
 *
 *   publish ──► PUBREC (taken over: acknowledged) ──► PUBREL ──► PUBCOMP (the packet id is free again)
 */
import type { IStore, MqttClient } from 'mqtt';
import mqtt from 'mqtt';
import { until } from '../../harness/process.ts';
import { connected, type Device, type DeviceOptions, keyOf, openClient, readingsTopic } from './device.ts';

const window = 6;
const resendMs = 50;

export class QosTwoDevice implements Device {
  readonly id: string;
  readonly promised = 'once';
  readonly acknowledged = new Set<string>();
  published = 0;
  sessionsLost = 0;
  readonly #options: DeviceOptions;
  readonly #stores: { readonly incomingStore: IStore; readonly outgoingStore: IStore };
  /** readings between publish and PUBCOMP by packet id */
  readonly #underWay = new Map<number, string>();
  /** passed to the library, and not yet sent */
  #asked = 0;
  #client: MqttClient;
  #connections = 0;
  /** stored publishes have been sent again, so packet ids may be reused */
  #ready = false;
  #stopping = false;

  constructor(options: DeviceOptions) {
    this.id = options.id;
    this.#options = options;
    this.#stores = {
      incomingStore: new mqtt.Store({ clean: false }),
      outgoingStore: new mqtt.Store({ clean: false }),
    };
    this.#client = this.#open();
  }

  async start(): Promise<void> {
    await connected(this.#client);
    void this.#publishOn();
  }

  async restart(): Promise<void> {
    const before = this.#client;
    before.removeAllListeners('packetreceive').end(true);
    // what the library has not stored yet is lost, as in a device's memory
    this.#asked = 0;
    this.#client = this.#open();
  }

  async finish(withinMs: number): Promise<void> {
    this.#stopping = true;
    await until(
      `the acknowledgements of ${this.id} (${this.#underWay.size} under way)`,
      () => this.#asked === 0 && this.#underWay.size === 0,
      withinMs,
    );
  }

  async close(): Promise<void> {
    this.#stopping = true;
    this.#client.removeAllListeners('packetreceive').end(true);
  }

  #open(): MqttClient {
    const client = openClient(this.#options, { clean: false, ...this.#stores });
    this.#ready = false;
    client.on('connect', () => {
      this.#ready = client === this.#client;
    });
    client.on('close', () => {
      if (client === this.#client) this.#ready = false;
    });
    client.on('packetsend', (packet) => {
      if (packet.cmd !== 'publish' || packet.messageId === undefined) return;
      const key = keyOf(this.id, JSON.parse(packet.payload.toString()) as Record<string, unknown>);
      if (key !== undefined) this.#underWay.set(packet.messageId, key);
    });
    client.on('packetreceive', (packet) => {
      if (packet.cmd === 'connack') {
        if (this.#connections++ > 0 && !packet.sessionPresent) this.sessionsLost++;
      } else if (packet.cmd === 'pubrec' || packet.cmd === 'pubcomp') {
        const key = packet.messageId === undefined ? undefined : this.#underWay.get(packet.messageId);
        if (key === undefined) return;
        this.acknowledged.add(key);
        if (packet.cmd === 'pubcomp') this.#underWay.delete(packet.messageId ?? 0);
      }
    });
    return client;
  }

  async #publishOn(): Promise<void> {
    const { random, pauseMs, padding } = this.#options;
    while (!this.#stopping) {
      if (this.#ready && this.#asked + this.#underWay.size < window) {
        const values = { power_w: random.int(10, 4000), energy_wh: ++this.published, ...padding };
        const time = this.#options.time?.();
        this.#publish(JSON.stringify({ ...(time === undefined ? {} : { time }), values }));
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs / 2));
    }
  }

  #publish(payload: string): void {
    const client = this.#client;
    this.#asked++;
    let settled = false;
    const settle = () => {
      if (!settled && client === this.#client) this.#asked--;
      settled = true;
    };
    client.publish(
      readingsTopic(this.id),
      payload,
      {
        qos: 2,
        // in the store: from now on it is repeated until it is acknowledged
        cbStorePut: (error?: Error) => {
          if (error == null) settle();
        },
      },
      (error) => {
        if (error == null || settled) return;
        // it never reached the store, and so was not sent
        settle();
        if (client === this.#client && !this.#stopping) setTimeout(() => this.#publish(payload), resendMs);
      },
    );
  }
}

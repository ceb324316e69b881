/**
 * A device of a fault run: publishes readings steadily over a connection that comes and goes, and records which of them the
 * gateway has acknowledged.
 *
 * Always: `keyOf` distinguishes each reading from all others in the history; an acknowledgement is recorded at its
 * arrival; `finish` resolves when no publish is open any more.
 */
import type { MqttClient } from 'mqtt';
import mqtt from 'mqtt';
import { testPassword } from '../../harness/configuration.ts';
import { until } from '../../harness/process.ts';
import type { Random } from '../simulation/random.ts';

/** The promise for readings of this kind of device. */
export type Promised =
  /** QoS 1 with an id of its own, or QoS 2 from a persistent session */
  | 'once'
  /** QoS 1 alone: never lost, perhaps repeated */
  | 'at-least-once';

export interface DeviceOptions {
  readonly id: string;
  readonly mqttPort: number;
  readonly random: Random;
  /** ms between two publishes of one worker */
  readonly pauseMs: number;
  /** additional values in each reading */
  readonly padding: Readonly<Record<string, number>>;
  /** RFC 3339, for a device that stamps its readings; undefined: the gateway stamps them */
  readonly time?: (() => string) | undefined;
}

export interface Device {
  readonly id: string;
  readonly promised: Promised;
  readonly published: number;
  readonly acknowledged: ReadonlySet<string>;
  /** how many times the broker had forgotten this device's persistent session */
  readonly sessionsLost: number;
  start(): Promise<void>;
  /** Cuts the device's power and restores it: only its store survives. */
  restart(): Promise<void>;
  /** Publishes nothing new, and waits for all acknowledgements. @throws Error when they do not come */
  finish(withinMs: number): Promise<void>;
  /** Closes the connection with open publishes. */
  close(): Promise<void>;
}

export function openClient(options: DeviceOptions, more: mqtt.IClientOptions): MqttClient {
  const client = mqtt.connect(`mqtt://127.0.0.1:${options.mqttPort}`, {
    username: options.id,
    password: testPassword,
    clientId: `${options.id}-session`,
    reconnectPeriod: 100,
    reconnectOnConnackError: true,
    connectTimeout: 5000,
    ...more,
  });
  // the gateway is away or cannot take the log-in now: the client tries again by itself
  client.on('error', () => undefined);
  return client;
}

export function readingsTopic(device: string): string {
  return `forpost/devices/${device}/readings`;
}

/** The reading's name in a run: its own id, or its register, which is unique for the device. */
export function keyOf(device: string, data: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof data.id === 'string') return `${device} ${data.id}`;
  const { values } = data;
  if (typeof values !== 'object' || values === null || !('energy_wh' in values)) return undefined;
  return `${device} ${values.energy_wh}`;
}

export async function connected(client: MqttClient): Promise<void> {
  await until('the device is connected', () => client.connected, 60_000);
}

/**
 * A device of a fault run: publishes readings steadily over a connection that comes and goes, and knows which of them
 * the gateway has acknowledged.
 *
 * Always: each reading can be told from all others in the history (by `keyOf`); what is acknowledged is noted in the
 * moment in which the acknowledgement arrives; `finish` resolves when nothing is in doubt any more.
 */
import type { MqttClient } from 'mqtt';
import mqtt from 'mqtt';
import { testPassword } from '../../harness/configuration.ts';
import { until } from '../../harness/process.ts';
import type { Random } from '../simulation/random.ts';

/** How a device of this kind may be spoken of afterwards. */
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
  /** more values of each reading */
  readonly padding: Readonly<Record<string, number>>;
  /** RFC 3339, for a device that stamps its readings; undefined: the gateway does */
  readonly time?: (() => string) | undefined;
}

export interface Device {
  readonly id: string;
  readonly promised: Promised;
  readonly published: number;
  readonly acknowledged: ReadonlySet<string>;
  /** times that the broker had forgotten this device's persistent session */
  readonly sessionsLost: number;
  start(): Promise<void>;
  /** power is cut and comes back: what the device keeps in its store survives */
  restart(): Promise<void>;
  /** publishes nothing new and waits for all acknowledgements. @throws where they do not come */
  finish(withinMs: number): Promise<void>;
  /** the connection is closed, whatever stands open */
  close(): Promise<void>;
}

export function openClient(options: DeviceOptions, more: mqtt.IClientOptions): MqttClient {
  const client = mqtt.connect(`mqtt://127.0.0.1:${options.mqttPort}`, {
    username: options.id,
    password: testPassword,
    clientId: `${options.id}-session`,
    reconnectPeriod: 100,
    connectTimeout: 5000,
    ...more,
  });
  // a gateway that is away, or a log-in that it cannot take now: the client tries again by itself
  client.on('error', () => undefined);
  return client;
}

export function readingsTopic(device: string): string {
  return `forpost/devices/${device}/readings`;
}

/** What a reading is called in a run: by its own id, or by the register that no other reading of the device has. */
export function keyOf(device: string, data: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof data.id === 'string') return `${device} ${data.id}`;
  const { values } = data;
  if (typeof values !== 'object' || values === null || !('energy_wh' in values)) return undefined;
  return `${device} ${values.energy_wh}`;
}

export async function connected(client: MqttClient): Promise<void> {
  await until('the device is connected', () => client.connected, 60_000);
}

/** The devices of one run: their publishes and the acknowledgements for them. */
import { Random } from '../simulation/random.ts';
import { QosOneDevice } from './at-least-once.ts';
import type { Device, DeviceOptions } from './device.ts';
import { QosTwoDevice } from './exactly-once.ts';

const withIds = ['with-id-1', 'with-id-2', 'with-id-3'];
const plain = 'plain';
const qosTwo = 'qos-2';
export const deviceIds: readonly string[] = [...withIds, plain, qosTwo];

/** The rules that raise alarms on the load. */
export const loadRules = [
  { id: 'overload', kind: 'threshold', device: '*', metric: 'power_w', above: 5000, clear: 4500, severity: 'warning' },
];

export interface LoadOptions {
  readonly mqttPort: number;
  readonly seed: number;
  /** the second device stamps its readings itself */
  readonly time?: ((random: Random) => string) | undefined;
  /** additional values in each reading */
  readonly padding?: number | undefined;
  /** ms between two publishes of one of a device's workers; default 8 */
  readonly pauseMs?: number | undefined;
}

/** without an acknowledgement for this long the run has failed */
const acknowledgedWithinMs = 90_000;
const defaultPauseMs = 8;

export class Load {
  readonly devices: readonly Device[];

  constructor({ mqttPort, seed, time, pauseMs = defaultPauseMs, padding = 0 }: LoadOptions) {
    const options = (id: string, index: number): DeviceOptions => {
      const random = new Random(seed * 31 + index);
      return {
        id,
        mqttPort,
        random,
        pauseMs,
        padding: Object.fromEntries(Array.from({ length: padding }, (_, i) => [`spare_${i}`, i])),
        ...(time === undefined || index !== 1 ? {} : { time: () => time(random) }),
      };
    };
    this.devices = [
      ...withIds.map((id, i) => new QosOneDevice(options(id, i), true)),
      new QosOneDevice(options(plain, withIds.length), false),
      new QosTwoDevice(options(qosTwo, withIds.length + 1)),
    ];
  }

  async start(): Promise<void> {
    await Promise.all(this.devices.map((device) => device.start()));
  }

  /** Ends the load. @throws Error when an acknowledgement does not come */
  async finish(): Promise<void> {
    await Promise.all(this.devices.map((device) => device.finish(acknowledgedWithinMs)));
  }

  async close(): Promise<void> {
    await Promise.all(this.devices.map((device) => device.close()));
  }
}

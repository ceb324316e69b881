/**
 * The simulated devices: each publishes readings with ids of its own (QoS 1), keeps what was not acknowledged, and
 * sends that again when it is connected again, or when it lost patience.
 *
 * Always: at most `window` readings of a device are unacknowledged; a reading that the gateway did not take (no room,
 * disk in trouble) stays with its device.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { asId, type Lane } from '@forpost/shared/event/ids.ts';
import type { EventDraft, Outbox } from '../../../edge/outbox/outbox.ts';
import { poisonMark } from './network.ts';
import { deviceCount } from './operations.ts';
import type { Truth } from './truth.ts';

export const boot = 'boot-1';
const window = 16;
const retryMs = 500;

interface Reading {
  readonly id: string;
  readonly lane: Lane;
  readonly poison: boolean;
}

/** One publish: its readings are stored together. */
type Message = readonly Reading[];

interface Device {
  readonly number: number;
  unacknowledged: Message[];
  last: Message | undefined;
  readings: number;
}

export class Devices {
  readonly #clock: Clock;
  readonly #truth: Truth;
  readonly #devices: readonly Device[];
  #outbox: Outbox | undefined;

  constructor(clock: Clock, truth: Truth) {
    this.#clock = clock;
    this.#truth = truth;
    this.#devices = Array.from({ length: deviceCount }, (_, number) => ({
      number,
      unacknowledged: [],
      last: undefined,
      readings: 0,
    }));
  }

  get waiting(): number {
    return this.#devices.reduce((sum, { unacknowledged }) => sum + unacknowledged.length, 0);
  }

  publish(number: number, readings: number, lane: Lane, poison = false): void {
    const device = this.#device(number);
    if (device.unacknowledged.length >= window) return;
    const message = Array.from({ length: readings }, (): Reading => {
      device.readings++;
      return { id: `r-${number}-${device.readings}`, lane, poison };
    });
    device.unacknowledged.push(message);
    this.#send(device, message);
  }

  resend(number: number): void {
    const device = this.#device(number);
    if (device.last !== undefined) this.#send(device, device.last);
    for (const message of [...device.unacknowledged]) this.#send(device, message);
  }

  connected(outbox: Outbox): void {
    this.#outbox = outbox;
    for (const device of this.#devices) for (const message of [...device.unacknowledged]) this.#send(device, message);
  }

  disconnected(): void {
    this.#outbox = undefined;
  }

  #device(number: number): Device {
    const device = this.#devices[number];
    if (device === undefined) throw new RangeError(`no device ${number}`);
    return device;
  }

  #send(device: Device, message: Message): void {
    const outbox = this.#outbox;
    if (outbox === undefined) return;
    outbox.append({ events: message.map((reading) => this.#draft(device, reading)) }).then(
      () => {
        if (this.#outbox !== outbox) return;
        device.last = message;
        device.unacknowledged = device.unacknowledged.filter((other) => other !== message);
        for (const { id } of message) this.#truth.acknowledged.add(id);
      },
      () => {
        this.#clock.after(retryMs, () => {
          if (this.#outbox === outbox && device.unacknowledged.includes(message)) this.#send(device, message);
        });
      },
    );
  }

  #draft({ number }: Device, { id, lane, poison }: Reading): EventDraft {
    const now = this.#clock.now();
    return {
      lane,
      type: lane === 'alerts' ? 'forpost.state.v1' : 'forpost.reading.v1',
      device: asId(`d${number}`),
      time: now,
      received: now,
      clock: 'synced',
      boot,
      uptime: this.#clock.uptime(),
      data: `{"values":{"power_w":1},"id":"${id}"${poison ? `,${poisonMark}` : ''}}`,
      resendId: id,
    };
  }
}

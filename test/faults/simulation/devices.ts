/**
 * The simulated devices, and the real way of their messages to the outbox (edge/pipeline/entry-queue.ts). Each device publishes
 * readings with its own ids (QoS 1), keeps them until they are acknowledged, and sends them again after a reconnect or a
 * timeout. Some messages raise an alert, which is acted on at once and must be stored; a resend does not raise it again,
 * unless the gateway was restarted since. A camera's alerts have no sender.
 *
 * Always: a device has at most `window` unacknowledged messages; a reading that the gateway did not store (no space, failing
 * disk) stays with its device.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { eventTypes } from '@forpost/shared/event/event.ts';
import { asId, type DeviceId } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import type { EventDraft, Outbox } from '../../../edge/outbox/outbox.ts';
import { EntryQueue } from '../../../edge/pipeline/entry-queue.ts';
import { poisonMark } from './network.ts';
import { deviceCount } from './operations.ts';
import type { Random } from './random.ts';
import { readingIn, type Truth } from './truth.ts';

export const boot = 'boot-1';
/** the alerts' source without a sender */
const camera = deviceCount;
const window = 16;
const retryMs = 500;
const logger = silentLogger();

interface Reading {
  readonly id: string;
  readonly poison: boolean;
}

/** One publish: its readings are stored together, with the alert that they raise. */
interface Message {
  readonly readings: readonly Reading[];
  readonly raises: boolean;
  /** the gateway's life in which the alert was raised; undefined: not raised yet */
  raisedIn: Outbox | undefined;
}

interface Device {
  readonly number: number;
  unacknowledged: Message[];
  last: Message | undefined;
  /** numbers its readings and alerts */
  given: number;
}

interface Connected {
  readonly outbox: Outbox;
  readonly queue: EntryQueue;
}

export class Devices {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #truth: Truth;
  readonly #devices: readonly Device[];
  #gateway: Connected | undefined;

  constructor(clock: Clock, random: Random, truth: Truth) {
    this.#clock = clock;
    this.#random = random;
    this.#truth = truth;
    this.#devices = Array.from({ length: deviceCount + 1 }, (_, number) => ({
      number,
      unacknowledged: [],
      last: undefined,
      given: 0,
    }));
  }

  /** Number of unacknowledged messages and unstored alerts. */
  get waiting(): number {
    const unacknowledged = this.#devices.reduce((sum, { unacknowledged }) => sum + unacknowledged.length, 0);
    return unacknowledged + (this.#gateway?.queue.waiting ?? 0);
  }

  publish(number: number, readings: number, raises: boolean, poison = false): void {
    const device = this.#device(number);
    if (device.unacknowledged.length >= window) return;
    const message: Message = {
      readings: Array.from({ length: readings }, () => ({ id: this.#nextId(device), poison })),
      raises,
      raisedIn: undefined,
    };
    device.unacknowledged.push(message);
    this.#send(device, message);
  }

  /** The camera raises alerts. */
  observe(): void {
    this.#gateway?.queue.keep({ events: [this.#alert(this.#device(camera))] });
  }

  resend(number: number): void {
    const device = this.#device(number);
    if (device.last !== undefined) this.#send(device, device.last);
    for (const message of [...device.unacknowledged]) this.#send(device, message);
  }

  connected(outbox: Outbox): void {
    const queue = new EntryQueue({
      outbox,
      clock: this.#clock,
      stamp: () => ({ clock: 'synced', boot }),
      random: this.#random.next,
      logger,
      onStored: ({ data }) => this.#truth.confirmed(readingIn(data) ?? data),
    });
    this.#gateway = { outbox, queue };
    for (const device of this.#devices) for (const message of [...device.unacknowledged]) this.#send(device, message);
  }

  disconnected(): void {
    this.#gateway?.queue.stop();
    this.#gateway = undefined;
    this.#truth.forgetsAlerts();
  }

  #device(number: number): Device {
    const device = this.#devices[number];
    if (device === undefined) throw new RangeError(`no device ${number}`);
    return device;
  }

  #nextId(device: Device): string {
    return `r-${device.number}-${++device.given}`;
  }

  #send(device: Device, message: Message): void {
    const gateway = this.#gateway;
    if (gateway === undefined) return;
    const events = message.readings.map((reading) => this.#reading(device, reading));
    if (message.raises && message.raisedIn !== gateway.outbox) {
      message.raisedIn = gateway.outbox;
      events.push(this.#alert(device));
    }
    gateway.queue.submit({ events }).then(
      () => {
        if (this.#gateway !== gateway) return;
        device.last = message;
        device.unacknowledged = device.unacknowledged.filter((other) => other !== message);
        for (const { id } of message.readings) this.#truth.confirmed(id);
      },
      () => {
        this.#clock.after(retryMs, () => {
          if (this.#gateway === gateway && device.unacknowledged.includes(message)) this.#send(device, message);
        });
      },
    );
  }

  #reading({ number }: Device, { id, poison }: Reading): EventDraft {
    const data = `{"values":{"power_w":1},"id":"${id}"${poison ? `,${poisonMark}` : ''}}`;
    return { ...this.#stamped(number), lane: 'telemetry', type: eventTypes.reading, data, resendId: id };
  }

  #alert(device: Device): EventDraft {
    const id = this.#nextId(device);
    this.#truth.alertRaised(id);
    // of different sizes, so that in little space some fit and others do not
    const message = 'x'.repeat(this.#random.pick([0, 40, 400]));
    const data = `{"alarm":"a-${id}","change":"raised","id":"${id}","message":"${message}"}`;
    return { ...this.#stamped(device.number), lane: 'alerts', type: eventTypes.alert, data, resendId: id };
  }

  #stamped(number: number) {
    const now = this.#clock.now();
    const device: DeviceId = asId(`d${number}`);
    return { device, time: now, received: now, clock: 'synced', boot, uptime: this.#clock.uptime() } as const;
  }
}

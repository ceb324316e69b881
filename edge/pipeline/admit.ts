/**
 * Admits the publish of a device: decodes it, evaluates the rules, runs the local actions, and commits one outbox
 * entry.
 *
 * Always:
 *  - `admit` resolves after the commit, and rejects if nothing was committed, so the broker acknowledges only publishes
 *    that are on disk (P1);
 *  - rules skip a resend (the device's own id and the content came before), and the outbox drops it; a known id with
 *    another content is a new reading;
 *  - a publish of a bridge is one entry with the events of all its devices; each of them is judged as its own;
 *  - whatever a device sends, `entryOf` never throws: a payload that no decoder can read becomes a dead letter of that
 *    device (P8).
 */

import { messageOf } from '@forpost/shared/errors.ts';
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import type { Arrival } from '../alerts/alarm.ts';
import type { Admit, DevicePublish } from '../broker/access.ts';
import type { DecodedReading } from '../devices/decoder.ts';
import type { DeviceRegistry } from '../devices/registry.ts';
import { ResendNames } from '../devices/resend-names.ts';
import type { DeadLetter, OutboxEntry } from '../outbox/outbox.ts';
import type { AlarmTransition } from '../rules/rule.ts';
import { type EntryQueue, isNeverStorable } from './entry-queue.ts';
import type { EventDrafts } from './event-drafts.ts';
import type { ResendFilter } from './resend-filter.ts';
import type { RuleStep } from './rule-step.ts';

/** Whether the reading's device, behind a bridge, has no name yet: the reading is stored, and no rule judges it. */
function isUnnamed({ device }: DecodedReading, owner: DeviceId | undefined): boolean {
  return device !== undefined && owner === undefined;
}

/** Resend names of one publish, by device: two devices behind a bridge may use the same ids. */
function resendNames(): (device: DeviceId) => ResendNames {
  const first: { device?: DeviceId; readonly names: ResendNames } = { names: new ResendNames() };
  let others: Map<DeviceId, ResendNames> | undefined;
  return (device) => {
    first.device ??= device;
    if (first.device === device) return first.names;
    others ??= new Map();
    const known = others.get(device) ?? new ResendNames();
    others.set(device, known);
    return known;
  };
}

export interface AdmissionParts {
  readonly devices: DeviceRegistry;
  readonly resends: ResendFilter;
  readonly rules: RuleStep;
  readonly drafts: EventDrafts;
  readonly queue: EntryQueue;
}

export class Admission {
  readonly #parts: AdmissionParts;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** See `Admit`. */
  readonly admit: Admit = async (publish) => {
    const { queue } = this.#parts;
    const entry = this.#entryOf(publish);
    try {
      await queue.submit(entry);
    } catch (error) {
      if (!isNeverStorable(error)) throw error;
      // without an acknowledgement the device would resend it for ever: store a dead letter instead of events
      await queue.submit({
        events: [],
        deadLetter: this.#deadLetter(publish, messageOf(error)),
        sender: publish.device,
        publish: publish.record,
      });
    }
  };

  #entryOf(publish: DevicePublish): OutboxEntry {
    const { devices, drafts, rules, resends } = this.#parts;
    const device = publish.device as DeviceId;
    const decoded = devices.decode(device, publish.topic, publish.payload, publish.received);
    devices.seen(device, publish.received, decoded, publish);
    if (!decoded.ok) {
      const deadLetter = this.#deadLetter(publish, inEnglish(decoded.reason));
      const events = rules.act(this.#alive(device, publish), publish);
      return { events, deadLetter, sender: device, publish: publish.record };
    }
    const { bridged } = decoded;
    const owners = decoded.items.map((_, i) => bridged?.owners[i] ?? device);
    const namesOf = resendNames();
    const events = decoded.items.map((item, i) => {
      const owner = owners[i] ?? device;
      return drafts.ofDevice(owner, item, publish, namesOf(owner));
    });
    const transitions: AlarmTransition[] = [];
    const alive = new Set<DeviceId>(bridged?.alive).add(device);
    decoded.items.forEach((item, i) => {
      const owner = owners[i] ?? device;
      if (item.kind !== 'reading' || isUnnamed(item, bridged?.owners[i])) return;
      alive.delete(owner);
      const { resendId, content = 0 } = events[i] ?? {};
      if (resendId === undefined || resends.isNew(owner, resendId, content))
        transitions.push(...this.#observe(owner, item, publish));
    });
    for (const one of alive) transitions.push(...this.#alive(one, publish));
    const entry = {
      events: [...rules.act(transitions, publish), ...events],
      sender: device,
      publish: publish.record,
    };
    // the decoder refused a part of the message: keep the whole message as a dead letter
    return decoded.lost === undefined
      ? entry
      : { ...entry, deadLetter: this.#deadLetter(publish, inEnglish(decoded.lost)) };
  }

  #observe(device: DeviceId, { data, time }: DecodedReading, arrival: Arrival): readonly AlarmTransition[] {
    const { channel, quality, values } = data;
    return this.#parts.rules.observe(
      {
        kind: 'reading',
        device,
        time,
        received: arrival.received,
        values,
        ...(channel === undefined ? {} : { channel }),
        ...(quality === undefined ? {} : { quality }),
      },
      arrival,
    );
  }

  /** Notes that the device is alive; any message proves that. */
  #alive(device: DeviceId, arrival: Arrival): readonly AlarmTransition[] {
    const { received } = arrival;
    return this.#parts.rules.observe({ kind: 'message', device, time: received, received }, arrival);
  }

  /** The publish as a dead letter. Counts it for its device. */
  #deadLetter({ device, topic, payload, received }: DevicePublish, reason: string): DeadLetter {
    this.#parts.devices.countDeadLetter(device, reason);
    return { device: device as DeviceId, topic, payload, received, reason };
  }
}

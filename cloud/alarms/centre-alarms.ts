/**
 * Alarms that the centre itself raises about a gateway: flood, silent, … Each gateway and kind has one record of the
 * registry, so alarms outlive a restart and all centres have the same ones.
 *
 *   none, over ── raise ──► active, pending ── notified ──► active ── clear, or not renewed ──► over, pending
 *                                                             └─ acknowledge ──► acknowledged, pending ── notified ──► …
 *
 *   pending: people are not notified yet (`told` of the record is false). The centre that wrote the record notifies
 *   people, and renews the record meanwhile.
 *   If the record was not renewed for `takeOverMs`, because that centre was killed, another centre writes its name into
 *   the record and notifies people. Each change has one id, by which a channel recognises a repetition after a kill.
 *
 * Always: `raise` and `clear` return at once and may be called at any rate. A change that cannot be written waits in
 * memory, one for each alarm and subject, and is retried. Where another centre wrote first, the change is judged again. At
 * most `maxActive` alarms are active; a further one is refused and counted.
 */
import { randomUUID } from 'node:crypto';
import { type Clock, sleep, type Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { backoffMs } from '@forpost/shared/retry.ts';
import { sentenceFields } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { Notification } from '../notify/channel.ts';
import type { Registry, RegistryRecord } from '../registry/registry.ts';
import {
  type CentreAlarm,
  type CentreFinding,
  centreAlarmKind,
  isStored,
  nameOf,
  noticeOf,
  notificationOf,
  type StoredAlarm,
} from './centre-alarm.ts';

export interface CentreAlarmsOptions {
  readonly registry: Registry;
  /** notifies people; resolves when the notification is settled */
  readonly notify: (notification: Notification) => Promise<void>;
  /** there is no other centre: the start notifies people about pending changes at once */
  readonly alone: boolean;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly takeOverMs?: number;
}

/** A tenth of the gateways that a centre is designed for. */
const maxActive = 10_000;
const maxAtOnce = 64;
const tickMs = 1_000;
/** How often an active alarm is written again, so that it does not end by itself. */
const renewMs = 60_000;
const defaultTakeOverMs = 20_000;
const retryBackoff = { baseMs: 500, ceilingMs: 30_000 };
const longestMessage = 1_000;

/** The next state of an alarm; undefined: the alarm has that state already. */
type Intention = (now: StoredAlarm | undefined) => StoredAlarm | undefined;

interface Entry {
  stored: StoredAlarm;
  revision: number;
  /** ms of the monotonic clock */
  seenAt: number;
  /** the change about which this centre notifies people now */
  notifying: string | undefined;
}

export class CentreAlarms implements Part {
  readonly #options: CentreAlarmsOptions;
  readonly #takeOverMs: number;
  /** this life of this centre */
  readonly #self = randomUUID();
  readonly #entries = new Map<string, Entry>();
  /** the changes to write, by alarm and subject, in the order in which they came */
  readonly #wanted = new Map<string, Map<string, Intention>>();
  readonly #writing = new Set<string>();
  readonly #listeners = new Set<(alarm: CentreAlarm) => void>();
  #stop = new AbortController();
  #unlisten: (() => void) | undefined;
  #timer: Timer | undefined;
  #refused = 0;

  constructor(options: CentreAlarmsOptions) {
    this.#options = options;
    this.#takeOverMs = options.takeOverMs ?? (options.alone ? 0 : defaultTakeOverMs);
  }

  /** Call before the registry starts, so that the alarms receive every record. */
  async start(): Promise<void> {
    this.#stop = new AbortController();
    this.#unlisten = this.#options.registry.onChange(centreAlarmKind, (record) => this.#applyRecord(record));
    this.#armTick();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#unlisten?.();
    this.#timer?.cancel();
  }

  /** Raises an alarm. A repetition with the same text renews the alarm; another text updates it. */
  raise(finding: CentreFinding): void {
    const name = nameOf(finding);
    const known = this.#entries.get(name);
    const now = this.#options.clock.uptime();
    const same = known?.stored.active === true && known.stored.message === finding.message;
    const renewed = same && (finding.holdsForMs === undefined || now - known.seenAt < renewMs);
    if (renewed && !this.#wanted.has(name)) return;
    if (known?.stored.active !== true && this.#activeCount() >= maxActive) {
      this.#refused++;
      return;
    }
    this.#want(name, 'state', (before) => this.#raised(finding, before));
  }

  /** Clears an alarm; does nothing where no such alarm is active. `says`: a sentence for staff. */
  clear(gateway: string, kind: string, says: Message): void {
    const name = nameOf({ gateway, kind });
    if (this.#entries.get(name)?.stored.active !== true && !this.#wanted.has(name)) return;
    this.#want(name, 'state', (before) =>
      before?.active === true
        ? this.#unnotified({
            ...before,
            active: false,
            change: 'cleared',
            summary: before.message,
            ended: this.#options.clock.now(),
            ...(before.message_i18n === undefined ? {} : { summary_i18n: before.message_i18n }),
            ...sentenceFields(says),
          })
        : undefined,
    );
  }

  /** Marks an alarm as acknowledged by a person. False where no alarm has this id. */
  acknowledge(id: string, by: string): boolean {
    const found = [...this.#entries].find(([, { stored }]) => stored.id === id);
    if (found === undefined) return false;
    this.#want(found[0], 'acknowledged', (before) =>
      before?.id === id && !before.acknowledged
        ? this.#unnotified({ ...before, acknowledged: true, acknowledgedBy: by, change: 'acknowledged' })
        : undefined,
    );
    return true;
  }

  /** The alarm of each gateway and kind: the active one, or else the last one that is over. */
  all(): readonly CentreAlarm[] {
    return [...this.#entries.values()].map(({ stored }) => stored);
  }

  of(gateway: string, kind: string): CentreAlarm | undefined {
    return this.#entries.get(nameOf({ gateway, kind }))?.stored;
  }

  /** Alarms that were not raised, because there are `maxActive` already. */
  get refused(): number {
    return this.#refused;
  }

  /** Calls `listener` with each change of an alarm. Returns a function that unsubscribes. */
  onChange(listener: (alarm: CentreAlarm) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #activeCount(): number {
    let count = 0;
    for (const { stored } of this.#entries.values()) if (stored.active) count++;
    return count;
  }

  #raised(finding: CentreFinding, before: StoredAlarm | undefined): StoredAlarm | undefined {
    const now = this.#options.clock.now();
    const message = finding.message.slice(0, longestMessage);
    if (before?.active !== true) {
      const id = `centre-${finding.kind}-${finding.gateway}-${Math.trunc(now).toString(36)}`;
      const fresh = {
        id,
        since: now,
        change: 'raised',
        active: true,
        acknowledged: false,
        acknowledgedBy: '',
      } as const;
      return this.#unnotified({ ...finding, message, ...fresh, changed: now, told: false, teller: '' });
    }
    if (before.message === message && before.severity === finding.severity)
      return finding.holdsForMs === undefined ? undefined : before;
    const { message_i18n: _, ...kept } = before;
    return { ...kept, ...finding, message, changed: now };
  }

  #unnotified(stored: StoredAlarm): StoredAlarm {
    return { ...stored, changed: this.#options.clock.now(), told: false, teller: this.#self };
  }

  #want(name: string, about: string, intention: Intention): void {
    const wanted = this.#wanted.get(name) ?? new Map<string, Intention>();
    this.#wanted.set(name, wanted.set(about, intention));
    this.#writeNext();
  }

  #writeNext(): void {
    if (this.#stop.signal.aborted || !this.#options.registry.complete) return;
    for (const name of this.#wanted.keys()) {
      if (this.#writing.size >= maxAtOnce) return;
      if (this.#writing.has(name)) continue;
      this.#writing.add(name);
      void this.#write(name).finally(() => {
        this.#writing.delete(name);
        this.#writeNext();
      });
    }
  }

  /** Writes the changes of one alarm until none is left. */
  async #write(name: string): Promise<void> {
    const { registry, clock, random, logger } = this.#options;
    for (let failures = 0; !this.#stop.signal.aborted; ) {
      const wanted = this.#wanted.get(name);
      const [about, intention] = wanted?.entries().next().value ?? [];
      if (wanted === undefined || about === undefined || intention === undefined) {
        this.#wanted.delete(name);
        return;
      }
      const entry = this.#entries.get(name);
      const data = intention(entry?.stored);
      try {
        const write = { kind: centreAlarmKind, id: name, author: 'centre', data, seen: entry?.revision ?? 0 };
        // false: another centre wrote first, so the change is computed again
        const done = data === undefined || (await registry.put(write));
        if (done && wanted.get(about) === intention) wanted.delete(about);
        failures = 0;
      } catch (error) {
        const waitMs = Math.round(backoffMs(retryBackoff, failures++, random));
        logger.warn({ alarm: name, waitMs, problem: messageOf(error) }, 'an alarm of the centre cannot be written');
        await sleep(clock, waitMs, this.#stop.signal);
      }
    }
  }

  #applyRecord(record: RegistryRecord): void {
    if (!isStored.Check(record.data)) {
      this.#options.logger.warn({ id: record.id }, 'a record of an alarm of the centre cannot be read');
      return;
    }
    const stored = record.data as StoredAlarm;
    const before = this.#entries.get(record.id);
    const changed = before === undefined || noticeOf(before.stored) !== noticeOf(stored);
    const entry = {
      notifying: before?.notifying,
      stored,
      revision: record.revision,
      seenAt: this.#options.clock.uptime(),
    };
    this.#entries.set(record.id, entry);
    if (changed || before.stored.message !== stored.message) for (const listener of this.#listeners) listener(stored);
    if (!stored.told && stored.teller === this.#self) this.#notify(record.id, entry);
  }

  #notify(name: string, entry: Entry): void {
    const { stored } = entry;
    const notice = noticeOf(stored);
    if (entry.notifying === notice) return;
    entry.notifying = notice;
    void this.#options
      .notify(notificationOf(stored))
      .then(() =>
        this.#want(name, 'told', (now) =>
          now !== undefined && !now.told && noticeOf(now) === notice ? { ...now, told: true } : undefined,
        ),
      );
  }

  #armTick(): void {
    this.#timer = this.#options.clock.after(tickMs, () => {
      this.#armTick();
      this.#tick();
      this.#writeNext();
    });
  }

  #tick(): void {
    if (!this.#options.registry.complete) return;
    const now = this.#options.clock.uptime();
    for (const [name, { stored, seenAt, notifying }] of this.#entries) {
      const age = now - seenAt;
      const { holdsForMs } = stored;
      if (stored.active && holdsForMs !== undefined && age >= holdsForMs)
        this.clear(stored.gateway, stored.kind, message('centre/alarm.not-seen-again'));
      if (stored.told) continue;
      const mine = stored.teller === this.#self && notifying === noticeOf(stored);
      // our own record is renewed, so that no other centre takes it over; a record of another or an earlier process was left behind
      if (age < (mine ? this.#takeOverMs / 2 : this.#takeOverMs) || (mine && this.#options.alone)) continue;
      this.#want(name, 'teller', (current) =>
        current === undefined || current.told ? undefined : { ...current, teller: this.#self },
      );
    }
  }
}

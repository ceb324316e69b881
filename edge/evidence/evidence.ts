/**
 * Gives alarms of cameras their evidence: asks the vision process for files, keeps them, and adds references to the alarm.
 *
 *   alarm raised ──► asked ──► files come, seconds later ──► kept on disk ──► alarm updated with {id, sha256, size}
 *
 * Always: `alert` runs after the local actions, and only sends one message to another process. An alarm refers to a file
 * once the file is on disk. For an alarm with the maximum of evidence no more is requested, and files that come for it
 * alone are deleted. Without a vision process, a disk or a picture the alarm stays unchanged. Each view of evidence is
 * stored as an event with the person, the piece and the time.
 */
import type { Clock, Uptime } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { ClockQuality, EvidenceReference, GatewayData } from '@forpost/shared/event/event.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import type { Alert } from '../alerts/action.ts';
import { mostEvidence } from '../alerts/alarm.ts';
import type { FromVision } from '../vision/messages.ts';
import type { EvidenceRecord, EvidenceStore, Worth } from './store.ts';

export interface EvidenceOptions {
  readonly store: EvidenceStore;
  /** ids of the cameras */
  readonly cameras: () => readonly string[];
  /** asks the vision process */
  readonly ask: (camera: string, alarm: string, uptime: Uptime) => void;
  /** adds the references to the alarm; false: the alarm is unknown or has the maximum already */
  readonly attach: (alarm: string, evidence: readonly EvidenceReference[]) => boolean;
  /** adds the reason for a missing clip to the alarm */
  readonly lack?: (alarm: string, why: string) => void;
  readonly note: (data: GatewayData) => void;
  readonly quality: () => ClockQuality;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Message = Extract<FromVision, { kind: 'evidence' }>;
type AlarmOfEvidence = NonNullable<EvidenceRecord['told']>[number];

interface Asked {
  readonly worth: Worth;
  readonly at: number;
  readonly told: AlarmOfEvidence;
  /** pieces that the alarm refers to */
  has: number;
  /** pieces that are being kept for it */
  coming: number;
}

/** The least time between two requests for one active alarm. */
const againAfterMs = 60_000;
/** Alarms of a rule with evidence within an hour; further ones get none. */
const chatterAnHour = 12;
const hourMs = 3_600_000;
const mostAsked = 500;
/** Requests of one person for one piece within this time are one look: a player asks for a clip in many parts. */
const sameViewMs = 60_000;
const mostViews = 1000;

export class Evidence {
  readonly #options: EvidenceOptions;
  readonly #asked = new Map<string, Asked>();
  /** by rule: when its last alarms were raised, ms of the monotonic clock */
  readonly #raised = new Map<string, number[]>();
  readonly #views = new Map<string, number>();
  readonly #sparing: SparingLogger;
  #viewCount = 0;

  constructor(options: EvidenceOptions) {
    this.#options = options;
    this.#sparing = new SparingLogger(options.logger, options.clock);
  }

  /** Call it after the local actions of an alert ran. */
  alert({ data, time, uptime }: Alert): void {
    const { cameras, ask, clock } = this.#options;
    const before = this.#asked.get(data.alarm);
    const has = data.evidence.length;
    if (before !== undefined) before.has = has;
    if (has >= mostEvidence) return;
    if (!data.active || (data.change !== 'raised' && data.change !== 'updated')) return;
    if (!cameras().includes(data.device)) return;
    const now = clock.uptime();
    if (before !== undefined && now - before.at < againAfterMs) return;
    const worth = data.change === 'raised' ? this.#worthOf(data, now) : (before?.worth ?? 'alarm');
    const { alarm, rule, severity, message, test } = data;
    const told = before?.told ?? { alarm, rule, severity, message, test, raised: time };
    this.#asked.delete(alarm);
    this.#asked.set(alarm, { worth, at: now, told, has, coming: before?.coming ?? 0 });
    dropOldest(this.#asked, mostAsked);
    ask(data.device, data.alarm, uptime);
  }

  /** Takes finished files of the vision process. Resolves when they are kept or deleted; a failure is logged. */
  async receive(message: Message): Promise<void> {
    if (message.lacking !== undefined) for (const alarm of message.alarms) this.#options.lack?.(alarm, message.lacking);
    if (message.items.length === 0) return;
    const alarms = message.alarms.filter((alarm) => this.#hasRoom(alarm, message.items.length));
    this.#expect(alarms, message.items.length);
    try {
      if (alarms.length > 0) await this.#keep({ ...message, alarms });
      else for (const { file } of message.items) await this.#options.store.discard(file);
    } catch (error) {
      const { camera } = message;
      this.#sparing.error('receive', { camera }, `evidence of an alarm was lost: ${messageOf(error)}`);
    } finally {
      this.#expect(alarms, -message.items.length);
    }
  }

  async #keep({ camera, alarms, items }: Message): Promise<void> {
    const { store, attach, quality } = this.#options;
    const worth = alarms.some((alarm) => this.#asked.get(alarm)?.worth !== 'chatter') ? 'alarm' : 'chatter';
    const told = alarms.flatMap((alarm) => this.#asked.get(alarm)?.told ?? []);
    const kept: EvidenceReference[] = [];
    for (const { id, kind, media, file, sha256, size, time } of items) {
      const record: EvidenceRecord = {
        id,
        kind,
        media,
        sha256,
        size,
        time,
        camera,
        worth,
        alarms: [...alarms],
        clock: quality(),
        ...(told.length === 0 ? {} : { told }),
      };
      if (await store.add(file, record)) kept.push({ id, sha256, size, kind, media });
    }
    if (kept.length > 0) for (const alarm of alarms) attach(alarm, kept);
  }

  /** Whether the alarm may have `pieces` more. true for an alarm from before a restart: its pieces are not counted. */
  #hasRoom(alarm: string, pieces: number): boolean {
    const { has, coming } = this.#asked.get(alarm) ?? { has: 0, coming: 0 };
    return has + coming + pieces <= mostEvidence;
  }

  #expect(alarms: readonly string[], pieces: number): void {
    for (const alarm of alarms) {
      const asked = this.#asked.get(alarm);
      if (asked !== undefined) asked.coming = Math.max(0, asked.coming + pieces);
    }
  }

  /** How often people looked at evidence since the start. */
  get views(): number {
    return this.#viewCount;
  }

  /** Notes that `by`, a log-in name, looks at a piece. undefined: there is no such piece. */
  view(id: string, by: string): EvidenceRecord | undefined {
    const { store, clock, note } = this.#options;
    const record = store.get(id);
    if (record === undefined) return undefined;
    const now = clock.uptime();
    const view = `${by}\n${id}`;
    if (now - (this.#views.get(view) ?? Number.NEGATIVE_INFINITY) < sameViewMs) return record;
    this.#views.delete(view);
    this.#views.set(view, now);
    dropOldest(this.#views, mostViews);
    const { kind, camera, alarms } = record;
    const message = `${by} looked at a ${kind === 'clip' ? 'clip' : 'picture'} of ${camera}`;
    this.#viewCount++;
    note({ change: 'evidence-viewed', message, by, evidence: id, kind, camera, alarm: alarms[0] ?? '' });
    return record;
  }

  #worthOf({ rule, severity, test }: Alert['data'], uptime: Uptime): Worth {
    const recent = (this.#raised.get(rule) ?? []).filter((at) => uptime - at < hourMs).slice(-chatterAnHour);
    this.#raised.set(rule, [...recent, uptime]);
    return test || severity === 'info' || recent.length >= chatterAnHour ? 'chatter' : 'alarm';
  }
}

function dropOldest(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) break;
    map.delete(key);
  }
}

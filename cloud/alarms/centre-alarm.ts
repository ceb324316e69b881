/**
 * An alarm that the centre raises about a gateway: its record in the registry, and the notification of its last change.
 * `centre-alarms.ts` decides when it is raised, cleared and acknowledged.
 *
 * Always: a change has one id, whichever centre writes or notifies it; the fields of the record only grow.
 */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { Severity } from '@forpost/shared/event/event.ts';
import type { SentenceFields } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { Notification } from '../notify/channel.ts';
import { messageAround } from '../notify/words.ts';

/** The kind of these records in the registry. */
export const centreAlarmKind = 'centre-alarm';

/** A problem that a part of the centre finds with a gateway. */
export interface CentreFinding {
  readonly gateway: string;
  /** '' where it is not known */
  readonly site: string;
  /** such as `flood` or `silent`: one alarm of each kind and gateway at a time */
  readonly kind: string;
  readonly severity: Severity;
  /** a sentence for staff; each new sentence is a write and is shown, so it holds no figure that changes by the second */
  readonly message: string;
  /** `message` as a message of the catalogue (shared/texts) */
  readonly message_i18n?: Message;
  /** the alarm clears by itself where it is not raised again for so long, 2 min at least; default: only `clear` ends it */
  readonly holdsForMs?: number;
}

export interface CentreAlarm extends CentreFinding {
  /** of this occurrence */
  readonly id: string;
  /** ms since 1970 */
  readonly since: number;
  readonly changed: number;
  readonly change: 'raised' | 'cleared' | 'acknowledged';
  readonly active: boolean;
  readonly acknowledged: boolean;
  /** a log-in name; '' where nobody has acknowledged it */
  readonly acknowledgedBy: string;
  /** of an alarm that is over: its subject; `message` then describes the state since its end */
  readonly summary?: string;
  readonly summary_i18n?: Message;
  /** ms since 1970; absent: it is active */
  readonly ended?: number;
}

/** An alarm's record. */
export interface StoredAlarm extends CentreAlarm {
  /** people are notified about the change */
  readonly told: boolean;
  /** the centre that notifies, or notified, people about the change */
  readonly teller: string;
}

/** Checks what another centre, perhaps of another version, has written. */
export const isStored = Compile(
  Type.Object({
    id: Type.String({ minLength: 1, maxLength: 256 }),
    gateway: Type.String({ minLength: 1, maxLength: 64 }),
    site: Type.String({ maxLength: 64 }),
    kind: Type.String({ minLength: 1, maxLength: 64 }),
    severity: Type.Union([Type.Literal('info'), Type.Literal('warning'), Type.Literal('critical')]),
    message: Type.String(),
    message_i18n: Type.Optional(Type.Object({ key: Type.String() })),
    summary: Type.Optional(Type.String()),
    summary_i18n: Type.Optional(Type.Object({ key: Type.String() })),
    ended: Type.Optional(Type.Number()),
    holdsForMs: Type.Optional(Type.Number()),
    since: Type.Number(),
    changed: Type.Number(),
    change: Type.Union(['raised', 'cleared', 'acknowledged'].map((one) => Type.Literal(one))),
    active: Type.Boolean(),
    acknowledged: Type.Boolean(),
    acknowledgedBy: Type.String(),
    told: Type.Boolean(),
    teller: Type.String(),
  }),
);

/** The id of a change that people are notified about. */
export function noticeOf({ id, change }: CentreAlarm): string {
  return `${id}/${change}`;
}

/** The id of the record. */
export function nameOf({ gateway, kind }: Pick<CentreFinding, 'gateway' | 'kind'>): string {
  return `${gateway}/${kind}`;
}

/** What channels get for the alarm's last change. */
export function notificationOf(stored: StoredAlarm): Notification {
  const { gateway, site, id, kind, severity, summary, summary_i18n, ended, changed, since, acknowledgedBy } = stored;
  return {
    id: noticeOf(stored),
    site,
    gateway,
    device: '',
    alarm: id,
    rule: `centre-${kind}`,
    change: stored.change,
    severity,
    ...wordsOf(stored),
    ...(summary === undefined ? {} : { summary }),
    ...(summary_i18n === undefined ? {} : { summary_i18n }),
    ...(ended === undefined ? {} : { duration_ms: Math.max(0, ended - since) }),
    ...(acknowledgedBy === '' ? {} : { acknowledged_by: acknowledgedBy }),
    time: rfc3339(stored.change === 'raised' ? since : changed),
    received: rfc3339(changed),
    late: false,
  };
}

function wordsOf({ change, message: words, message_i18n, summary, summary_i18n }: StoredAlarm): SentenceFields {
  if (change !== 'cleared' || summary === undefined)
    return { message: words, ...(message_i18n === undefined ? {} : { message_i18n }) };
  return messageAround(
    'notification/over-now',
    { summary: summary_i18n ?? summary, now: message_i18n ?? words },
    { summary, now: words },
  );
}

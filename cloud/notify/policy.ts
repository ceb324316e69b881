/**
 * Decides which alerts people are notified about. Pure: an event and the time go in, a notification or nothing comes out.
 *
 * Always: a test alarm of an installer notifies nobody; an alert with a severity that this version does not know (from a
 * newer gateway) is sent. An alert that reaches the centre more than an hour after the gateway took it (the connection was
 * down) is marked `late` and sent after fresh ones. A gateway whose clock is not in sync cannot know how late an alert is,
 * so its alerts count as fresh.
 */
import { type ClockQuality, eventTypes, type ForpostEvent } from '@forpost/shared/event/event.ts';
import type { SentenceFields } from '@forpost/shared/texts/english.ts';
import { messageIn } from '@forpost/shared/texts/message.ts';
import type { Notification } from './channel.ts';
import { messageAround } from './words.ts';

/** An alert older than this is history rather than news. */
export const lateAfterMs = 3_600_000;

/** `updated` is missing: an alarm that continues is no news. */
const sentChanges: readonly string[] = ['raised', 'cleared', 'acknowledged'];

/** Longest text in a notification, characters. */
const longestText = 1_000;

const severities: readonly string[] = ['info', 'warning', 'critical'];

/** The notification about an event; undefined where people are not notified. `nowMs`: ms since 1970. */
export function notificationOf(event: ForpostEvent, nowMs: number): Notification | undefined {
  if (event.type !== eventTypes.alert || typeof event.data !== 'object' || event.data === null) return undefined;
  const data = event.data as Readonly<Record<string, unknown>>;
  if (data.test === true || typeof data.change !== 'string' || !sentChanges.includes(data.change)) return undefined;
  // ten alarms acknowledged together send one notification
  if (data.change === 'acknowledged' && typeof data.acknowledged_with === 'string') return undefined;
  const text = (value: unknown, otherwise = '') =>
    typeof value === 'string' ? value.slice(0, longestText).toWellFormed() : otherwise;
  return {
    id: event.id,
    site: event.site,
    gateway: event.gateway,
    device: text(data.device, event.subject ?? ''),
    alarm: text(data.alarm, event.id),
    rule: text(data.rule),
    change: data.change,
    severity: text(data.severity, 'critical'),
    ...messageOf(data),
    ...moreOf(data),
    time: event.time,
    received: event.received,
    late: isLate(event.received, event.clock, nowMs),
  };
}

/** A cleared alarm's message names the alarm's summary, and not only the present state: «gate area is empty again». */
function messageOf(data: Readonly<Record<string, unknown>>): SentenceFields {
  const { change, message, message_i18n, summary, summary_i18n, duration_ms: lasted } = data;
  const now = typeof message === 'string' ? message : '';
  const nowText = messageIn(message_i18n);
  if (change !== 'cleared' || typeof summary !== 'string')
    return { message: now, ...(nowText === undefined ? {} : { message_i18n: nowText }) };
  const duration = typeof lasted === 'number' ? { duration: { seconds: Math.max(0, lasted) / 1000 } } : {};
  const addsMore = now !== '' && now !== summary;
  return messageAround(
    overKeys[typeof lasted === 'number' ? 'after' : 'untimed'][addsMore ? 'now' : 'alone'],
    { ...duration, summary: messageIn(summary_i18n) ?? summary, now: nowText ?? now },
    { ...duration, summary, now },
  );
}

const overKeys = {
  after: { now: 'notification/over-after-now', alone: 'notification/over-after' },
  untimed: { now: 'notification/over-now', alone: 'notification/over' },
} as const;

const textFields = ['summary', 'cause', 'acknowledged_by', 'acknowledged_at', 'device_name', 'place'] as const;

/** The fields that newer gateways add; a field of another type is left out. */
function moreOf(data: Readonly<Record<string, unknown>>): Partial<Notification> {
  const texts = textFields.flatMap((name) => (typeof data[name] === 'string' ? [[name, data[name]] as const] : []));
  const { peak, duration_ms: lasted } = data;
  const summary = messageIn(data.summary_i18n);
  return {
    ...Object.fromEntries(texts),
    ...(summary === undefined ? {} : { summary_i18n: summary }),
    ...(typeof peak === 'number' || typeof peak === 'string' || typeof peak === 'boolean' ? { peak } : {}),
    ...(typeof lasted === 'number' ? { duration_ms: lasted } : {}),
  };
}

function isLate(received: string, clock: ClockQuality, nowMs: number): boolean {
  return clock === 'synced' && nowMs - Date.parse(received) > lateAfterMs;
}

/** Whether a channel that wants `least` or worse wants `severity`. */
export function isWanted(severity: string, least: string): boolean {
  const rank = severities.indexOf(severity);
  return rank === -1 || rank >= severities.indexOf(least);
}

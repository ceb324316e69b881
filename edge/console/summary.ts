/**
 * The summary "Is this site well?": one headline and a few points, in an installer's words. A pure function of the
 * status; texts are in English, and as messages for a reader of another language.
 *
 * Always: `well` means that every configured device is connected, every camera is live, the centre is reached, the clock
 * is right, and no alarm is active or waits for a person: an installer leaves the site because of this line.
 */
import { awaitsAcknowledgement } from '@forpost/shared/event/event.ts';
import type { CameraStatus, DeviceStatus, GatewayStatus, UplinkStatus } from '@forpost/shared/event/status.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import type { Message, MessageValue } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { ActiveAlarm, RefusedView } from './source.ts';

export interface SummaryPoint {
  /** the section of the page with the details */
  readonly area: 'alarms' | 'devices' | 'cameras' | 'uplink' | 'clock' | 'problems';
  readonly text: string;
  /** absent for a text without a key in the catalogue, such as a rule's own message */
  readonly textI18n?: Message;
}

export interface Summary {
  readonly level: 'well' | 'attention' | 'alarm';
  readonly headline: string;
  readonly headlineI18n?: Message;
  readonly points: readonly SummaryPoint[];
}

/** A sentence about more devices than this has their number instead of their names. */
const namesInSentence = 3;

/** Older refusals are not in the summary, only in the list of refusals. */
const recentMs = 3_600_000;

/** `refused`: refusals of clients, newest first */
export function summarise(
  status: GatewayStatus,
  alarms: readonly ActiveAlarm[],
  refused: readonly RefusedView[] = [],
): Summary {
  const recent = refused.filter(({ last, over }) => !over && Date.parse(last) > Date.parse(status.at) - recentMs);
  const active = alarms.filter((alarm) => alarm.active);
  // an ended alarm that nobody has acknowledged is urgent too; an ended alarm of a test is not
  const urgent = alarms.filter((alarm) => awaitsAcknowledgement(alarm) || isActiveTest(alarm));
  const points: SummaryPoint[] = [
    ...alarmPoints(active, urgent),
    ...devicePoints(status.devices, recent),
    ...cameraPoints(status.cameras),
    ...uplinkPoints(status.uplinks),
    ...(status.clock === 'synced' ? [] : [point('clock', message('gateway/summary.clock'))]),
    ...problemPoints(status),
  ];
  if (urgent.length > 0) return summary('alarm', message('gateway/summary.alarms', { count: urgent.length }), points);
  if (points.length === 0) return summary('well', message('gateway/summary.well'), points);
  return summary('attention', message('gateway/summary.things', { count: points.length }), points);
}

function summary(level: Summary['level'], headline: Message, points: readonly SummaryPoint[]): Summary {
  return { level, headline: inEnglish(headline), headlineI18n: headline, points };
}

function point(area: SummaryPoint['area'], textI18n: Message): SummaryPoint {
  return { area, text: inEnglish(textI18n), textI18n };
}

function isActiveTest({ active, acknowledged, test, severity }: ActiveAlarm): boolean {
  return active && test && !acknowledged && severity !== 'info';
}

function alarmPoints(active: readonly ActiveAlarm[], urgent: readonly ActiveAlarm[]): SummaryPoint[] {
  if (urgent.length > 0) return urgent.slice(0, namesInSentence).map(alarmPoint);
  return active.length === 0 ? [] : [point('alarms', message('gateway/summary.active', { count: active.length }))];
}

function alarmPoint(alarm: ActiveAlarm): SummaryPoint {
  const { active, message: text, message_i18n: textI18n, summary: about, summary_i18n: aboutI18n } = alarm;
  if (active) return { area: 'alarms', text, ...(textI18n === undefined ? {} : { textI18n }) };
  const duration = { seconds: Math.round((alarm.duration_ms ?? 0) / 1000) };
  // the English text comes from the message, because an alarm of an older version has no key
  const words = message('gateway/summary.over', { summary: about ?? text, duration });
  const known = about === undefined ? textI18n : aboutI18n;
  return {
    area: 'alarms',
    text: inEnglish(words),
    textI18n: known === undefined ? words : message('gateway/summary.over', { summary: known, duration }),
  };
}

function problemPoints({ problems, problemsI18n = [] }: GatewayStatus): SummaryPoint[] {
  return problems.map((text, index) => {
    const textI18n = problemsI18n[index] ?? undefined;
    return { area: 'problems', text: capitalised(text), ...(textI18n === undefined ? {} : { textI18n }) };
  });
}

function devicePoints(devices: readonly DeviceStatus[], refused: readonly RefusedView[]): SummaryPoint[] {
  const wrongPassword = new Set(refused.flatMap(({ kind, principal }) => (kind === 'password' ? [principal] : [])));
  const notConnected = new Set(devices.filter(({ connected }) => !connected).map(({ id }) => id));
  // a bridge that is away is named alone, without the devices behind it
  const away = devices.filter(({ id, bridge }) => notConnected.has(id) && !notConnected.has(bridge ?? ''));
  // a device whose log-in is refused is not silent
  const knocking = away.filter(({ id }) => wrongPassword.has(id));
  const others = away.filter(({ id }) => !wrongPassword.has(id));
  const never = others.filter(({ lastSeen, lastConnected }) => lastSeen === null && lastConnected === undefined);
  const silent = others.filter(({ lastSeen, lastConnected }) => lastSeen !== null || lastConnected !== undefined);
  // one bad message is only counted; a device without any understood message has the wrong decoder
  // (a device with `unread` has its sentence among the problems)
  const unread = devices.filter(
    ({ deadLetters, values, unread: reported }) =>
      deadLetters > 0 && reported === undefined && Object.keys(values).length === 0,
  );
  return [
    ...about(never, (names) => message('gateway/summary.never-connected', names)),
    ...about(knocking, (names) => message('gateway/summary.wrong-password', names)),
    ...about(silent, (names) => message('gateway/summary.not-connected', names)),
    ...about(unread, (names) => message('gateway/summary.unreadable', names)),
    ...about(lockedOut(devices, refused), (names) => message('gateway/summary.wrong-password', names)),
    ...forbiddenPoints(refused),
  ];
}

/** Consumers with a wrong password. A consumer that is not connected may be switched off, and is no mistake. */
function lockedOut(devices: readonly DeviceStatus[], refused: readonly RefusedView[]): readonly { name: string }[] {
  const ids = new Set<string | null>([null, ...devices.map(({ id }) => id)]);
  const out = refused.filter(({ kind, principal }) => kind === 'password' && !ids.has(principal));
  return [...new Set(out.map(({ name }) => name ?? ''))].map((name) => ({ name }));
}

/** Clients that logged in and published or subscribed to topics without a right to. */
function forbiddenPoints(refused: readonly RefusedView[]): SummaryPoint[] {
  const forbidden = refused.filter(({ kind }) => kind === 'publish' || kind === 'will' || kind === 'subscribe');
  const names = new Map(forbidden.map(({ principal, name }) => [principal, { name: name ?? '' }]));
  return about([...names.values()], (named) => message('gateway/summary.forbidden', named));
}

function cameraPoints(cameras: readonly CameraStatus[]): SummaryPoint[] {
  return cameras
    .filter((camera) => camera.state !== 'live' && camera.state !== 'off')
    .map(({ name, reason, reasonI18n }) => {
      const words = reason === '' ? message('gateway/summary.connecting') : reason;
      return {
        ...point('cameras', message('gateway/summary.camera', { name, reason: words })),
        textI18n: message('gateway/summary.camera', { name, reason: reasonI18n ?? words }),
      };
    });
}

function uplinkPoints(uplinks: readonly UplinkStatus[]): SummaryPoint[] {
  return uplinks.flatMap(({ state, silentSince }): SummaryPoint[] => {
    if (state === 'offline' || state === 'probing') return [point('uplink', message('gateway/summary.uplink-lost'))];
    return silentSince === undefined ? [] : [point('uplink', message('gateway/summary.uplink-silent'))];
  });
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** One point about several devices: with their names, or with their number where they are many. */
function about(
  things: readonly { readonly name: string }[],
  messageOf: (devices: { readonly count: number; readonly names: Exclude<MessageValue, number> }) => Message,
): SummaryPoint[] {
  const count = things.length;
  if (count === 0) return [];
  const names =
    count > namesInSentence ? message('gateway/summary.devices', { count }) : { list: things.map(({ name }) => name) };
  return [point('devices', messageOf({ count, names }))];
}

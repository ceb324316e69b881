/**
 * "Is this site well?" in one line and a few points, in an installer's words. Pure: a status in, words out, in English
 * and as messages for a reader of another language.
 *
 * Always: `well` only where every configured device is there, every camera is live, the centre is reached, the clock
 * is right and no alarm is active or waits for a person, because an installer leaves the site on this line.
 */
import { awaitsAcknowledgement } from '@forpost/shared/event/event.ts';
import type { CameraStatus, DeviceStatus, GatewayStatus, UplinkStatus } from '@forpost/shared/event/status.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import type { Message, MessageValue } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { ActiveAlarm, RefusedView } from './source.ts';

export interface SummaryPoint {
  /** which part of the page has the details */
  readonly area: 'alarms' | 'devices' | 'cameras' | 'uplink' | 'clock' | 'problems';
  readonly text: string;
  /** absent where the words have no key: a rule's own message, say */
  readonly textI18n?: Message;
}

export interface Summary {
  readonly level: 'well' | 'attention' | 'alarm';
  readonly headline: string;
  readonly headlineI18n?: Message;
  readonly points: readonly SummaryPoint[];
}

/** A sentence with more names than this says their number instead. */
const namesInSentence = 3;

/** Older refusals stand in the list of refusals alone. */
const recentMs = 3_600_000;

/** `refused`: what clients were refused, the newest first */
export function summarise(
  status: GatewayStatus,
  alarms: readonly ActiveAlarm[],
  refused: readonly RefusedView[] = [],
): Summary {
  const recent = refused.filter(({ last, over }) => !over && Date.parse(last) > Date.parse(status.at) - recentMs);
  const active = alarms.filter((alarm) => alarm.active);
  // also what is over: nobody has seen it yet. A trial waits for nobody once it is over
  const urgent = alarms.filter((alarm) => awaitsAcknowledgement(alarm) || isActiveTrial(alarm));
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

function isActiveTrial({ active, acknowledged, test, severity }: ActiveAlarm): boolean {
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
  // in English from the words, which are there also where an older version raised it
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
  const away = devices.filter(({ connected }) => !connected);
  // a client that is refused is not silent
  const knocking = away.filter(({ id }) => wrongPassword.has(id));
  const others = away.filter(({ id }) => !wrongPassword.has(id));
  const never = others.filter(({ lastSeen, lastConnected }) => lastSeen === null && lastConnected === undefined);
  const silent = others.filter(({ lastSeen, lastConnected }) => lastSeen !== null || lastConnected !== undefined);
  // a single bad message is only counted; a device of which nothing at all is understood has the wrong decoder
  // (a gateway that says more of it has a sentence for it among its problems)
  const unread = devices.filter(
    ({ deadLetters, values, unread: told }) =>
      deadLetters > 0 && told === undefined && Object.keys(values).length === 0,
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

/** Consumers may be absent: only a wrong password is a sign of a mistake. */
function lockedOut(devices: readonly DeviceStatus[], refused: readonly RefusedView[]): readonly { name: string }[] {
  const ids = new Set<string | null>([null, ...devices.map(({ id }) => id)]);
  const out = refused.filter(({ kind, principal }) => kind === 'password' && !ids.has(principal));
  return [...new Set(out.map(({ name }) => name ?? ''))].map((name) => ({ name }));
}

/** Clients that log in and ask for topics that they may not have. */
function forbiddenPoints(refused: readonly RefusedView[]): SummaryPoint[] {
  const forbidden = refused.filter(({ kind }) => kind === 'publish' || kind === 'will' || kind === 'subscribe');
  const names = new Map(forbidden.map(({ principal, name }) => [principal, { name: name ?? '' }]));
  return about([...names.values()], (told) => message('gateway/summary.forbidden', told));
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

/** One point of the devices that something is true of: by their names, or by their number where they are many. */
function about(
  things: readonly { readonly name: string }[],
  tell: (told: { readonly count: number; readonly names: Exclude<MessageValue, number> }) => Message,
): SummaryPoint[] {
  const count = things.length;
  if (count === 0) return [];
  const names =
    count > namesInSentence ? message('gateway/summary.devices', { count }) : { list: things.map(({ name }) => name) };
  return [point('devices', tell({ count, names }))];
}

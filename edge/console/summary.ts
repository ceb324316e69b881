/**
 * "Is this site well?" in one line and a few points, in an installer's words. Pure: a status in, words out.
 *
 * Always: `well` only where every configured device is there, every camera is live, the centre is reached, the clock
 * is right and no alarm is active or waits for a person, because an installer leaves the site on this line.
 */
import { awaitsAcknowledgement } from '@forpost/shared/event/event.ts';
import type { CameraStatus, DeviceStatus, GatewayStatus, UplinkStatus } from '@forpost/shared/event/status.ts';
import { duration } from './page/format.ts';
import type { ActiveAlarm, RefusedView } from './source.ts';

export interface SummaryPoint {
  /** which part of the page has the details */
  readonly area: 'alarms' | 'devices' | 'cameras' | 'uplink' | 'clock' | 'problems';
  readonly text: string;
}

export interface Summary {
  readonly level: 'well' | 'attention' | 'alarm';
  readonly headline: string;
  readonly points: readonly SummaryPoint[];
}

/** More names than this in a sentence are a number. */
const namesInSentence = 3;

/** What was refused longer ago is history: it stands in the list of refusals alone. */
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
    ...(status.clock === 'synced'
      ? []
      : [{ area: 'clock', text: 'The clock is not confirmed by a time server' } as const]),
    ...status.problems.map((text) => ({ area: 'problems', text: capitalised(text) }) as const),
  ];
  if (urgent.length > 0) {
    const headline = urgent.length === 1 ? 'An alarm needs you' : `${urgent.length} alarms need you`;
    return { level: 'alarm', headline, points };
  }
  if (points.length === 0) return { level: 'well', headline: 'All is well', points };
  const headline = points.length === 1 ? 'One thing to look at' : `${points.length} things to look at`;
  return { level: 'attention', headline, points };
}

function isActiveTrial({ active, acknowledged, test, severity }: ActiveAlarm): boolean {
  return active && test && !acknowledged && severity !== 'info';
}

function alarmPoints(active: readonly ActiveAlarm[], urgent: readonly ActiveAlarm[]): SummaryPoint[] {
  if (urgent.length > 0)
    return urgent.slice(0, namesInSentence).map(({ active: goesOn, message, summary, duration_ms: lasted = 0 }) => ({
      area: 'alarms',
      text: goesOn ? message : `${summary ?? message} (over after ${duration(lasted)})`,
    }));
  if (active.length === 0) return [];
  return [{ area: 'alarms', text: active.length === 1 ? 'One alarm is active' : `${active.length} alarms are active` }];
}

function devicePoints(devices: readonly DeviceStatus[], refused: readonly RefusedView[]): SummaryPoint[] {
  const wrongPassword = new Set(refused.flatMap(({ kind, principal }) => (kind === 'password' ? [principal] : [])));
  const away = devices.filter(({ connected }) => !connected);
  // who knocks and is not let in is not silent
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
    ...say('devices', never, 'has never connected', 'have never connected'),
    ...say('devices', knocking, 'logs in with a wrong password', 'log in with a wrong password'),
    ...say('devices', silent, 'is not connected', 'are not connected'),
    ...say(
      'devices',
      unread,
      'sends messages that nobody can read: check its decoder',
      'send messages that nobody can read: check their decoder',
    ),
    ...say('devices', lockedOut(devices, refused), 'logs in with a wrong password', 'log in with a wrong password'),
    ...forbiddenPoints(refused),
  ];
}

/** Consumers: nobody knows of them whether they should be there, so a wrong password is all that tells. */
function lockedOut(devices: readonly DeviceStatus[], refused: readonly RefusedView[]): readonly { name: string }[] {
  const ids = new Set<string | null>([null, ...devices.map(({ id }) => id)]);
  const out = refused.filter(({ kind, principal }) => kind === 'password' && !ids.has(principal));
  return [...new Set(out.map(({ name }) => name ?? ''))].map((name) => ({ name }));
}

/** Who is let in and asks for topics that it may not have. */
function forbiddenPoints(refused: readonly RefusedView[]): SummaryPoint[] {
  const forbidden = refused.filter(({ kind }) => kind === 'publish' || kind === 'will' || kind === 'subscribe');
  const names = new Map(forbidden.map(({ principal, name }) => [principal, { name: name ?? '' }]));
  return say(
    'devices',
    [...names.values()],
    'asks for topics that it may not have: see Refused',
    'ask for topics that they may not have: see Refused',
  );
}

function cameraPoints(cameras: readonly CameraStatus[]): SummaryPoint[] {
  return cameras
    .filter((camera) => camera.state !== 'live' && camera.state !== 'off')
    .map((camera) => ({
      area: 'cameras',
      text: `${camera.name}: ${camera.reason === '' ? 'connecting' : camera.reason}`,
    }));
}

function uplinkPoints(uplinks: readonly UplinkStatus[]): SummaryPoint[] {
  return uplinks.flatMap(({ state, silentSince }): SummaryPoint[] => {
    if (state === 'offline' || state === 'probing')
      return [{ area: 'uplink', text: 'The centre cannot be reached; all events are kept here until it can' }];
    if (silentSince === undefined) return [];
    return [{ area: 'uplink', text: 'The gateway is connected, but the centre does not answer' }];
  });
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function say(
  area: SummaryPoint['area'],
  things: readonly { readonly name: string }[],
  one: string,
  many: string,
): SummaryPoint[] {
  if (things.length === 0) return [];
  if (things.length > namesInSentence) return [{ area, text: `${things.length} ${area} ${many}` }];
  const names = things.map(({ name }) => name);
  const last = names.pop() ?? '';
  return [
    {
      area,
      text: `${names.length === 0 ? last : `${names.join(', ')} and ${last}`} ${names.length === 0 ? one : many}`,
    },
  ];
}

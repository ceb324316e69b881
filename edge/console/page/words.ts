/** States in an installer's words. Pure. */
import type { AlertData } from '@forpost/shared/event/event.ts';
import type { CameraState, CameraStatus, DeviceStatus, UplinkStatus } from '@forpost/shared/event/status.ts';
import type { OutboxRoom } from '../../outbox/outbox.ts';
import type { RefusedView } from '../view.ts';
import { bytes, clockTime, count, duration, plural } from './format.ts';
import { table } from './table.ts';

/** How something is: fine, worth a look, wrong, or of no account. */
export type Tone = 'good' | 'look' | 'bad' | 'plain';

export interface Told {
  readonly tone: Tone;
  /** one or two words, for a badge */
  readonly label: string;
  /** the rest, as sentences; may be empty */
  readonly text: string;
}

export const severityWords = { info: 'Info', warning: 'Warning', critical: 'Critical' } as const;

/** A vision process of another version may know more states. */
const cameraLabels = table<readonly [Tone, string]>({
  live: ['good', 'Live'],
  connecting: ['look', 'Connecting'],
  stalled: ['bad', 'No picture'],
  refused: ['bad', 'Refused'],
  unreachable: ['bad', 'Not reached'],
  off: ['plain', 'Off'],
} satisfies Record<CameraState, readonly [Tone, string]>);

export function tellCamera(camera: CameraStatus): Told {
  const [usual, label] = cameraLabels[camera.state] ?? ['look', camera.state];
  const tone = camera.state === 'live' && camera.reason !== '' ? 'look' : usual;
  return { tone, label, text: camera.reason === '' ? '' : `${sentence(camera.reason)}.` };
}

/** `refused`: what it was refused, the newest first */
/** A device that was understood before may send an odd message, or two. */
const oddInARow = 3;

export function tellDevice(device: DeviceStatus, nowMs: number, refused: readonly RefusedView[] = []): Told {
  if (device.connected) {
    const ago = device.lastSeen === null ? undefined : nowMs - Date.parse(device.lastSeen);
    const text = ago === undefined ? 'nothing received yet' : ago < 2000 ? 'just now' : `${duration(ago)} ago`;
    const { unread, muteRules = [] } = device;
    if (unread?.nothingUnderstood)
      return {
        tone: 'bad',
        label: 'Not understood',
        text: `understood nothing of ${plural(unread.messages, 'message')}`,
      };
    if (unread !== undefined && unread.inARow >= oddInARow)
      return {
        tone: 'look',
        label: 'Not understood',
        text: `understood nothing of its newest ${plural(unread.inARow, 'message')}`,
      };
    if (muteRules.length > 0)
      return { tone: 'look', label: 'Connected', text: `${text} · ${plural(muteRules.length, 'rule')} cannot fire` };
    return { tone: 'good', label: 'Connected', text };
  }
  const wrong = refused.find(({ kind, over }) => kind === 'password' && !over);
  // a guesser in the name of a device that is away is told too: nobody can tell them apart
  if (wrong !== undefined && Date.parse(wrong.last) >= Date.parse(device.lastConnected ?? wrong.last))
    return {
      tone: 'bad',
      label: 'Refused',
      text: `logs in with a wrong password: ${plural(wrong.count, 'time')}, last at ${clockTime(wrong.last, nowMs)}`,
    };
  if (device.lastSeen === null)
    return device.lastConnected === undefined
      ? { tone: 'bad', label: 'Never connected', text: 'never seen' }
      : {
          tone: 'bad',
          label: 'Not connected',
          text: `connected last at ${clockTime(device.lastConnected, nowMs)}, and nothing was received`,
        };
  return { tone: 'bad', label: 'Silent', text: `silent since ${clockTime(device.lastSeen, nowMs)}` };
}

export function tellUplink(uplink: UplinkStatus, nowMs: number): Told {
  const { state, events } = uplink;
  const waiting = `${plural(events, 'event')}, ${bytes(uplink.bytes)}`;
  const since = clockTime(uplink.since, nowMs);
  const why = uplink.reason === '' ? '' : ` ${sentence(uplink.reason)}.`;
  if (uplink.silentSince !== undefined && (state === 'live' || state === 'draining'))
    return {
      tone: 'plain',
      label: 'No answer',
      text: `No answer since ${clockTime(uplink.silentSince, nowMs)}: what has arrived since then is not known. ${waiting} waiting.${why}`,
    };
  switch (state) {
    case 'live':
      return {
        tone: 'good',
        label: 'Live',
        text:
          events === 0
            ? `Live since ${since}. Everything has been handed ${takenBy(uplink)}.`
            : `Live since ${since}. ${plural(events, 'event')} on the way.`,
      };
    case 'draining':
      return { tone: 'look', label: 'Catching up', text: `${waiting} to go${drain(uplink, nowMs)}.${why}` };
    case 'probing':
      return {
        tone: 'look',
        label: 'Trying',
        text: `Not reached since ${since}, trying again. ${waiting} waiting.${why}`,
      };
    case 'offline':
      return { tone: 'bad', label: 'Offline', text: `Offline since ${since}. ${waiting} waiting.${why}` };
    case 'off':
      return { tone: 'plain', label: 'Off', text: 'This site stays on its own: no centre is configured.' };
  }
}

/** The sink that acknowledged the events. The gateway does not know whether the centre has read them from there. */
function takenBy({ kind }: UplinkStatus): string {
  return kind === 'kafka' ? 'to Kafka' : kind === undefined ? 'over' : 'to the centre’s receiver';
}

/** How the rest goes out; nothing where nothing does. */
function drain({ events, eventsPerSecond, plan }: UplinkStatus, nowMs: number): string {
  const rate = plan?.eventsPerSecond ?? eventsPerSecond;
  if (rate <= 0) return '';
  const at = `, at ${count(Math.max(1, Math.round(rate)))} events a second`;
  if (plan === undefined) return `${at}, about ${duration((events / rate) * 1000)} left`;
  if (plan.outlook === 'growing')
    return `${at}, and ${count(Math.round(plan.arrivingPerSecond))} a second come in: it never ends at this rate`;
  if (plan.secondsLeft === null || plan.endsAt === null) return at;
  return `${at}, done in about ${duration(plan.secondsLeft * 1000)} (${clockTime(plan.endsAt, nowMs)})`;
}

/** What of a metered link's budget is used. */
export function tellBudget({ budget }: UplinkStatus): string {
  return budget === undefined ? '' : `${bytes(budget.used)} of ${bytes(budget.limit)} for today used`;
}

/** What a motion mask does, by the name of the camera's detector: `process/analysis.ts` looks again every 5 s. */
export function motionMaskMeans(detector: string): string {
  return detector === 'motion'
    ? 'Movement here is not looked at. The built-in motion detector sees nothing here; a model (yolox-nano, say) would still recognise people and cars. The picture stays as it is.'
    : 'Movement here is not looked at: it wakes nothing. Who or what is here is still recognised, up to 5 s later where nothing else moves. The picture stays as it is.';
}

/** "Acknowledged by anna at 12:04, at the centre". A version before this one was not told by whom. */
export function acknowledgedWords(
  {
    acknowledged_by: by,
    acknowledged_at: at,
    acknowledged_where: where,
  }: Pick<AlertData, 'acknowledged_by' | 'acknowledged_at' | 'acknowledged_where'>,
  nowMs: number,
): string {
  if (by === undefined) return 'Acknowledged';
  const when = at === undefined ? '' : ` at ${clockTime(at, nowMs)}`;
  return `Acknowledged by ${by}${when}${where === 'centre' ? ', at the centre' : ''}`;
}

export function sentence(text: string): string {
  const trimmed = text.trim().replace(/\.$/, '');
  return trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
}

/** How long the store lasts without the centre: ", room for 12 days"; empty while it is not known. */
export function tellRoom({ daysLeft }: Pick<OutboxRoom, 'daysLeft'>): string {
  if (daysLeft === null) return '';
  if (daysLeft > 999) return ', room for years';
  const days = Math.floor(daysLeft);
  return days >= 2 ? `, room for ${days} days` : `, room for ${plural(Math.floor(daysLeft * 24), 'hour')}`;
}

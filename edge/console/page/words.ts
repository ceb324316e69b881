/** States in an installer's words. Pure. */
import type { AlertData } from '@forpost/shared/event/event.ts';
import type {
  CameraState,
  CameraStatus,
  DeviceStatus,
  GatewayStatus,
  UplinkStatus,
} from '@forpost/shared/event/status.ts';
import { classMessage } from '@forpost/shared/texts/class-names.ts';
import type { OutboxSpace } from '../../outbox/outbox.ts';
import type { RefusedView } from '../view.ts';
import { bytes, clockTime, duration } from './format.ts';
import { table } from './table.ts';
import { say, t } from './texts.ts';

/** The tone of a state: good, worth a look, bad, or neutral. */
export type Tone = 'good' | 'look' | 'bad' | 'plain';

export interface StateWords {
  readonly tone: Tone;
  /** one or two words, for a badge */
  readonly label: string;
  /** the rest, as sentences; may be empty */
  readonly text: string;
}

export const severityWords = {
  info: t('common/severity.info'),
  warning: t('common/severity.warning'),
  critical: t('common/severity.critical'),
} as const;

/** A vision process of another version may know more states. */
const cameraLabels = table<readonly [Tone, string]>({
  live: ['good', t('gateway-page/camera.live')],
  connecting: ['look', t('gateway-page/camera.connecting')],
  stalled: ['bad', t('gateway-page/camera.stalled')],
  refused: ['bad', t('gateway-page/camera.refused')],
  unreachable: ['bad', t('gateway-page/camera.unreachable')],
  off: ['plain', t('gateway-page/camera.off')],
} satisfies Record<CameraState, readonly [Tone, string]>);

export function cameraStateWords(camera: CameraStatus): StateWords {
  const [usual, label] = cameraLabels[camera.state] ?? ['look', camera.state];
  const tone = camera.state === 'live' && camera.reason !== '' ? 'look' : usual;
  return { tone, label, text: camera.reason === '' ? '' : `${sentence(say(camera.reasonI18n, camera.reason))}.` };
}

/** Unreadable messages in a row before a device that was understood earlier is worth a look: one or two are normal. */
const oddInARow = 3;

/** `refused`: refusals of this device, newest first */
export function deviceStateWords(
  device: DeviceStatus,
  nowMs: number,
  refused: readonly RefusedView[] = [],
): StateWords {
  if (device.connected) {
    const ago = device.lastSeen === null ? undefined : nowMs - Date.parse(device.lastSeen);
    const text = agoWords(ago);
    const { unread, muteRules = [] } = device;
    const connected = t('gateway-page/device.connected');
    if (unread?.nothingUnderstood)
      return {
        tone: 'bad',
        label: t('gateway-page/devices.not-understood'),
        text: t('gateway-page/device.understood-nothing', { count: unread.messages }),
      };
    if (unread !== undefined && unread.inARow >= oddInARow)
      return {
        tone: 'look',
        label: t('gateway-page/devices.not-understood'),
        text: t('gateway-page/device.understood-nothing-newest', { count: unread.inARow }),
      };
    if (muteRules.length > 0)
      return {
        tone: 'look',
        label: connected,
        text: t('gateway-page/device.rules-mute', { ago: text, count: muteRules.length }),
      };
    return { tone: 'good', label: connected, text };
  }
  const wrong = refused.find(({ kind, over }) => kind === 'password' && !over);
  // a stranger who guesses the password of a disconnected device is shown too: the gateway cannot tell them apart
  if (wrong !== undefined && Date.parse(wrong.last) >= Date.parse(device.lastConnected ?? wrong.last))
    return {
      tone: 'bad',
      label: t('gateway-page/device.refused'),
      text: t('gateway-page/device.wrong-password', { count: wrong.count, time: clockTime(wrong.last, nowMs) }),
    };
  if (device.lastSeen === null)
    return device.lastConnected === undefined
      ? { tone: 'bad', label: t('gateway-page/device.never-connected'), text: t('gateway-page/device.never-seen') }
      : {
          tone: 'bad',
          label: t('gateway-page/device.not-connected'),
          text: t('gateway-page/device.connected-last', { time: clockTime(device.lastConnected, nowMs) }),
        };
  return {
    tone: 'bad',
    label: t('gateway-page/device.silent'),
    text: t('gateway-page/device.silent-since', { time: clockTime(device.lastSeen, nowMs) }),
  };
}

function agoWords(ago: number | undefined): string {
  if (ago === undefined) return t('gateway-page/device.nothing-received');
  return ago < 2000 ? t('gateway-page/device.just-now') : t('gateway-page/device.ago', { duration: duration(ago) });
}

export function uplinkStateWords(uplink: UplinkStatus, nowMs: number): StateWords {
  const { tone, label, text } = uplinkWords(uplink, nowMs);
  const why =
    uplink.reason === '' || uplink.state === 'live' ? '' : ` ${sentence(say(uplink.reasonI18n, uplink.reason))}.`;
  return { tone, label, text: uplink.state === 'off' ? text : `${text}${why}` };
}

function uplinkWords(uplink: UplinkStatus, nowMs: number): StateWords {
  const { state, events } = uplink;
  const waiting = t('gateway-page/uplink.waiting', { count: events, size: bytes(uplink.bytes) });
  const time = clockTime(uplink.since, nowMs);
  if (uplink.silentSince !== undefined && (state === 'live' || state === 'draining'))
    return {
      tone: 'plain',
      label: t('gateway-page/uplink.label.no-answer'),
      text: t('gateway-page/uplink.no-answer', { time: clockTime(uplink.silentSince, nowMs), waiting }),
    };
  switch (state) {
    case 'live':
      return {
        tone: 'good',
        label: t('gateway-page/uplink.label.live'),
        text:
          events === 0 ? handedOver(uplink, time) : t('gateway-page/uplink.live-on-the-way', { time, count: events }),
      };
    case 'draining':
      return { tone: 'look', label: t('gateway-page/uplink.label.draining'), text: drain(uplink, waiting, nowMs) };
    case 'probing':
      return {
        tone: 'look',
        label: t('gateway-page/uplink.label.probing'),
        text: t('gateway-page/uplink.probing', { time, waiting }),
      };
    case 'offline':
      return {
        tone: 'bad',
        label: t('gateway-page/uplink.label.offline'),
        text: t('gateway-page/uplink.offline', { time, waiting }),
      };
    case 'off':
      return { tone: 'plain', label: t('gateway-page/uplink.label.off'), text: t('gateway-page/uplink.off') };
  }
}

/** The sink that acknowledged the events. The gateway does not know whether the centre has read them from there. */
function handedOver({ kind }: UplinkStatus, time: string): string {
  // an older gateway, or a kind without a text of its own: the text does not name the sink
  if (kind === 'kafka') return t('gateway-page/uplink.live-kafka', { time });
  return kind === 'http'
    ? t('gateway-page/uplink.live-receiver', { time })
    : t('gateway-page/uplink.live-over', { time });
}

/** Rate and remaining time of sending the backlog. */
function drain({ events, eventsPerSecond, plan }: UplinkStatus, waiting: string, nowMs: number): string {
  const exact = plan?.eventsPerSecond ?? eventsPerSecond;
  if (exact <= 0) return t('gateway-page/uplink.to-go', { waiting });
  const going = { waiting, rate: Math.max(1, Math.round(exact)) };
  if (plan === undefined)
    return t('gateway-page/uplink.to-go-left', { ...going, left: duration((events / exact) * 1000) });
  if (plan.outlook === 'growing')
    return t('gateway-page/uplink.to-go-growing', { ...going, arriving: Math.round(plan.arrivingPerSecond) });
  if (plan.secondsLeft === null || plan.endsAt === null) return t('gateway-page/uplink.to-go-rate', going);
  const done = { left: duration(plan.secondsLeft * 1000), time: clockTime(plan.endsAt, nowMs) };
  return t('gateway-page/uplink.to-go-done', { ...going, ...done });
}

/** The used part of a metered link's budget. */
export function budgetWords({ budget }: UplinkStatus): string {
  if (budget === undefined) return '';
  return t('gateway-page/uplink.budget', { used: bytes(budget.used), limit: bytes(budget.limit) });
}

/** The effect of a motion mask, by the camera's detector: frames without motion are analysed every 5 s (`process/analysis.ts`). */
export function motionMaskMeans(detector: string): string {
  return detector === 'motion'
    ? t('gateway-page/editor.motion-means-motion')
    : t('gateway-page/editor.motion-means-model');
}

/** "Acknowledged by anna at 12:04, at the centre". An alarm of an older version may have no name. */
export function acknowledgedWords(
  {
    acknowledged_by: by,
    acknowledged_at: at,
    acknowledged_where: where,
  }: Pick<AlertData, 'acknowledged_by' | 'acknowledged_at' | 'acknowledged_where'>,
  nowMs: number,
): string {
  if (by === undefined) return t('gateway-page/alarms.acknowledged');
  const acknowledged =
    at === undefined
      ? t('gateway-page/alarms.acknowledged-by', { name: by })
      : t('gateway-page/alarms.acknowledged-by-at', { name: by, time: clockTime(at, nowMs) });
  return where === 'centre' ? t('gateway-page/alarms.at-centre', { acknowledged }) : acknowledged;
}

/** An alarm's message, in the reader's language where the gateway's version sends it with a key. */
export function alarmMessage({ message, message_i18n: text }: Pick<AlertData, 'message' | 'message_i18n'>): string {
  return say(text, message);
}

/** An alarm's summary, valid also after its end. */
export function alarmSummary(alarm: Pick<AlertData, 'message' | 'message_i18n' | 'summary' | 'summary_i18n'>): string {
  return alarm.summary === undefined ? alarmMessage(alarm) : say(alarm.summary_i18n, alarm.summary);
}

/** Why the alarm has no clip. */
export function evidenceProblem({
  evidence_problem: problem = '',
  evidence_problem_i18n: text,
}: Pick<AlertData, 'evidence_problem' | 'evidence_problem_i18n'>): string {
  return `${sentence(say(text, problem))}.`;
}

/** The gateway's problems, as sentences. */
export function problemSentences({
  problems,
  problemsI18n: messages = [],
}: Pick<GatewayStatus, 'problems' | 'problemsI18n'>): readonly string[] {
  return problems.map((problem, index) => `${sentence(say(messages[index] ?? undefined, problem))}.`);
}

/** The name of a class of things, in the page's language for common classes, else as the model names it. */
export function className(kind: string): string {
  return say(classMessage(kind), kind);
}

export function sentence(text: string): string {
  const trimmed = text.trim().replace(/\.$/, '');
  return trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
}

/** The size of the store, and how long its space lasts without the centre: "1 MB, room for 12 days" once that is known. */
export function storeWords(fileBytes: number, { daysLeft }: Pick<OutboxSpace, 'daysLeft'>): string {
  const size = bytes(fileBytes);
  if (daysLeft === null) return size;
  if (daysLeft > 999) return t('gateway-page/room.years', { size });
  const days = Math.floor(daysLeft);
  return days >= 2
    ? t('gateway-page/room.days', { size, count: days })
    : t('gateway-page/room.hours', { size, count: Math.floor(daysLeft * 24) });
}
